import Experts
import Foundation
import GGUF
import ModelTools
import Planner
import Swinfer

/// Chooses types under a budget and prints the table of choices.
struct SizeFitting {
    let arguments: FitArguments
    let input: String
    let options: QuantizeOptions
    let goal: FitGoal

    /// Tokens of a window when sensitivities are measured, and how many windows.
    private static let windowLength = 256
    private static let windowCount = 8

    func choose() async throws -> SizeFit {
        let machine = try namedMachine()
        var modelOptions = ModelOptions()
        modelOptions.threads = options.threads
        modelOptions.contextLength = max(arguments.contextSize, arguments.file == nil ? 1 : Self.windowLength)
        modelOptions.prefault = false
        let model = try await Model.load(path: input, options: modelOptions)
        let need = try await MemoryNeed(model)
        let total = size(machine)
        let besides = arguments.contextSize > 0 ? need.byteCount : need.headerBytes
        let bar = ProgressBar("measuring losses")
        defer { bar.finish() }
        let table = try DamageTable(
            GGUFFile(path: input), importance: options.importance, threads: options.threads,
            allowRequantize: options.allowRequantize, isCancelled: { Task.isCancelled }
        ) { bar.update($0) }
        bar.finish()
        let probe = try await probe(table, model, modelOptions)
        let fit = try SizeFit(table, budget: total - besides) { probe?.sensitivity($0) ?? 1 }
        try print(fit, need, model, total: total)
        try await predict(fit, on: machine)
        return fit
    }

    /// The machine of the goal, where it names one.
    private func namedMachine() throws -> Machine? {
        guard case .machine(let name) = goal else { return nil }
        let machines = try PlannerFiles.machines(nil)
        if let machine = machines.machine(named: name) { return machine }
        throw CommandError(
            "--fit \(name): neither a size nor a machine; such as 12G, this, or one of \(machines.machines.map(\.name).joined(separator: ", "))"
        )
    }

    private func size(_ machine: Machine?) -> Int {
        switch goal {
        case .bytes(let bytes): bytes
        case .thisMachine: ThisMachine.detect().budget.bytes
        case .machine: machine?.usableBytes ?? 0
        }
    }

    private func probe(_ table: DamageTable, _ model: Model, _ options: ModelOptions) async throws
        -> SensitivityProbe?
    {
        if let saved = arguments.sensitivities, FileManager.default.fileExists(atPath: saved) {
            return try SensitivityProbe(path: saved, for: model.file)
        }
        guard let file = arguments.file else { return nil }
        let windows = try TextWindows(
            readText(file), model: model, length: Self.windowLength, limit: Self.windowCount)
        let bar = ProgressBar("measuring sensitivities")
        defer { bar.finish() }
        let probe = try await SensitivityProbe(
            table, base: model, windows: windows, importance: self.options.importance, modelOptions: options,
            folder: NSTemporaryDirectory()
        ) { bar.update($0) }
        if let saved = arguments.sensitivities { try probe.write(to: saved) }
        return probe
    }

    private func print(_ fit: SizeFit, _ need: MemoryNeed, _ model: Model, total: Int) throws {
        var rows = [["Tensor", "Type", "Bytes", "Loss", "Damage"]]
        for choice in fit.choices {
            rows.append([
                choice.tensor.name, choice.option.type.name, "\(choice.option.bytes)",
                String(format: "%.2e", choice.option.loss), String(format: "%.2e", choice.damage),
            ])
        }
        for line in Table(rows, rightAligned: [2, 3, 4]).lines { Terminal.note(line) }
        var sums = ["weights \(formatBytes(fit.byteCount + need.headerBytes))"]
        if arguments.contextSize > 0 {
            sums.append("KV cache of \(arguments.contextSize) tokens \(formatBytes(need.cacheBytes))")
            sums.append("scratch \(formatBytes(need.scratchBytes))")
        }
        Terminal.note("\(sums.joined(separator: " + ")) of \(formatBytes(total))")
        Terminal.note(String(format: "expected damage %.3e", fit.damage))
    }

    /// The planner's speeds for the file that would be written, on the machine it is meant for.
    private func predict(_ fit: SizeFit, on named: Machine?) async throws {
        let facts = try FitSubject.facts(of: input, context: max(arguments.contextSize, 512))
        let footprint = facts.footprint.replacing(fit.choices)
        let machine: Machine
        if let named {
            machine = named
        } else {
            machine = try await MachineMeasurement.run(
                modelFile: input, types: Set(footprint.work.keys)
            ).0
        }
        guard let device = machine.device(nil) else { return }
        let speed = Fit(
            model: facts.name, parameters: facts.parameters, activeParameters: facts.activeParameters,
            footprint: footprint, steps: facts.steps, machine: machine, device: device,
            context: facts.context)
        let place = "\(machine.title) (\(device.kind.rawValue.uppercased()))"
        guard let decode = speed.decode, let limit = speed.decodeLimit else {
            return Terminal.note("predicted on \(place): \(speed.verdict.rawValue)")
        }
        Terminal.note(
            "predicted on \(place): \(speed.verdict.rawValue), decode \(Figures.rate(decode)) tok/s (\(limit.rawValue)), prefill \(Figures.rate(speed.prefill)) tok/s"
        )
    }
}
