package import Compute
package import CoreMetrics
import Experts
package import Logging

/// Tells a caller's logger and metrics backend what an engine does. Touched by the engine's thread
/// only. To tell of a token allocates nothing.
package final class EngineMonitor: @unchecked Sendable {
    package let metrics: EngineMetrics?
    private let logger: Logger
    private let store: ExpertStore?
    private var last = EngineStatistics()
    private var lastExperts = ExpertStatistics()

    /// - Parameter store: where streamed experts come from; nil: nothing is streamed.
    package init(_ logger: Logger, _ factory: (any MetricsFactory)?, model: String, store: ExpertStore?) {
        self.logger = logger
        self.store = store
        metrics = factory.map { EngineMetrics($0, model: model, streamsExperts: store != nil) }
    }

    /// The engine has done something.
    package func update(_ now: EngineStatistics) {
        if now == last { return }
        metrics?.update(from: last, to: now)
        if let store, let metrics {
            let experts = ExpertStatistics(store.costs)
            metrics.update(from: lastExperts, to: experts)
            lastExperts = experts
        }
        if now.shifts > last.shifts {
            logger.info("a full context was shifted", metadata: ["shifts": "\(now.shifts)"])
        }
        if now.pauses > last.pauses {
            logger.notice(
                "the cache is full, so a generation waits",
                metadata: [
                    "running": "\(now.running)", "queued": "\(now.queued)", "cacheBytes": "\(now.cacheBytes)",
                    "cacheLimit": "\(now.cacheLimit)",
                ])
        }
        if now.drops > last.drops {
            logger.debug("the cache of an idle session was given up", metadata: ["drops": "\(now.drops)"])
        }
        last = now
    }

    /// A generation ended.
    func finished(_ reason: FinishReason, _ statistics: GenerationStatistics) {
        metrics?.ended(reason.rawValue)
        logger.debug(
            "generation finished",
            metadata: [
                "reason": "\(reason)", "promptTokens": "\(statistics.promptTokens)",
                "reusedTokens": "\(statistics.reusedTokens)", "promptSeconds": "\(statistics.promptSeconds)",
                "generatedTokens": "\(statistics.generatedTokens)",
                "generationSeconds": "\(statistics.generationSeconds)",
                "discardedTokens": "\(statistics.discardedTokens)", "seed": "\(statistics.seed)",
            ])
        if reason == .contextFull {
            logger.notice(
                "the context is full",
                metadata: ["tokens": "\(statistics.reusedTokens + statistics.promptTokens)"])
        }
        if statistics.speculationSpeedUp > 0, statistics.speculationSpeedUp < 1 {
            logger.info(
                "speculation did not pay and went off",
                metadata: [
                    "drafted": "\(statistics.draftedTokens)", "accepted": "\(statistics.acceptedTokens)",
                    "speedUp": "\(statistics.speculationSpeedUp)",
                ])
        }
    }

    /// A generation failed.
    func failed(_ error: SwinferError) {
        metrics?.ended("failed")
        logger.error("generation failed", metadata: ["error": "\(error)"])
    }
}
