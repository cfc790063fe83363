import Experts
import Logging

extension Model {
    /// Logs how the model was loaded and what is unusual about that.
    func logLoading(_ path: String, _ options: ModelOptions) {
        for note in notes { logger.warning("\(note)", metadata: ["path": "\(path)"]) }
        if let expertsUsed = options.expertsUsed {
            logger.notice(
                "fewer experts than the model was trained with", metadata: ["expertsUsed": "\(expertsUsed)"])
        }
        if chatTemplates.standard == nil, chatTemplates.named.isEmpty {
            logger.info("the file has no chat template", metadata: ["path": "\(path)"])
        }
        logger.debug("memory plan", metadata: plan.metadata)
        if plan.mode == .streamed {
            logger.info(
                "experts are streamed from disk",
                metadata: [
                    "slots": "\(plan.slots)", "experts": "\(plan.expertCount)",
                    "expectedHitRate": "\(plan.expectedHitRate)",
                    "hitRateIsTraced": "\(plan.hitRateIsTraced)",
                ])
        }
        logger.info(
            "model loaded",
            metadata: [
                "path": "\(path)", "name": "\(information.name ?? "")",
                "architecture": "\(information.architecture)",
                "parameters": "\(information.parameterCount)", "fileBytes": "\(information.fileBytes)",
                "mode": "\(plan.mode)", "contextLength": "\(information.contextLength)",
                "threads": "\(information.threads)", "seconds": "\(information.loadSeconds)",
            ])
    }
}

extension Logger {
    /// Drops everything.
    static var silent: Logger { Logger(label: "swinfer") { _ in SwiftLogNoOpLogHandler() } }
}

extension MemoryPlan {
    /// The plan in numbers, sizes in bytes.
    fileprivate var metadata: Logger.Metadata {
        [
            "mode": "\(mode)", "budget": "\(budget.bytes)", "dense": "\(denseBytes)",
            "cache": "\(cacheBytes)", "scratch": "\(scratchBytes)", "pool": "\(poolBytes)",
            "slots": "\(slots)", "experts": "\(expertCount)", "expectedHitRate": "\(expectedHitRate)",
            "bytesPerToken": "\(bytesPerToken)", "diskBytesPerToken": "\(diskBytesPerToken)",
        ]
    }
}
