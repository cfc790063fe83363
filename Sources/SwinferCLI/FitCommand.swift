import ArgumentParser
import Foundation
import GGUF
import Planner

struct FitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Tells what runs on which machine, in which quantization and how fast.",
        discussion: """
            A MODEL is a GGUF file or a name of models.txt, optionally with a quantization: \
            qwen3-30b-a3b, deepseek-r1:Q2_K. Without one, all models are shown. Speeds are predicted by \
            the loader's own memory plan. This machine is measured first (for some seconds).

            Examples:
              swinfer fit
              swinfer fit model.gguf -c 32768
              swinfer fit gpt-oss-120b --machine all
              swinfer fit --machine all --svg fit.svg
            """)

    @Argument(help: "GGUF files, or names of models.txt.")
    var models: [String] = []

    @Option(
        help: ArgumentHelp(
            "Machine to ask about: this, all, or a name of --list-machines.", valueName: "name"))
    var machine = "this"

    @Option(help: "Device to compute on: cpu or gpu. Default: gpu where the machine has one, else cpu.")
    var device: DeviceArgument?

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp("Tokens of context to leave room for.", valueName: "n"))
    var context = 8192

    @Option(
        help: ArgumentHelp("Quantization, such as Q4_K_M. Default: the best that fits.", valueName: "mix"))
    var quant: String?

    @Option(
        name: .customLong("models"),
        help: ArgumentHelp("More models, in the form of models.txt.", valueName: "file"))
    var modelsFile: String?

    @Option(
        name: .customLong("machines"),
        help: ArgumentHelp("More machines, in the form of machines.txt.", valueName: "file"))
    var machinesFile: String?

    @Flag(help: "List the known machines.") var listMachines = false
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print CSV.") var csv = false

    @Option(
        help: ArgumentHelp(
            "Draw the matrix as a heat map, and speed against size, into a file.", valueName: "file"))
    var svg: String?

    func validate() throws {
        if json, csv { throw ValidationError("choose one of --json and --csv") }
        if !(1...(1 << 24)).contains(context) {
            throw ValidationError("--ctx-size \(context) is outside 1...\(1 << 24)")
        }
        if let quant, Mix(name: quant) == nil {
            throw ValidationError(
                "--quant \(quant) is unknown; known: \(Mix.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() async throws {
        let catalog = try PlannerFiles.models(modelsFile)
        let machines = try PlannerFiles.machines(machinesFile)
        if listMachines {
            let report = MachineReport(machines.machines)
            return try Terminal.write(json ? report.json : csv ? report.csv : report.text)
        }
        let subjects = try FitSubject.all(models, catalog, quant.flatMap(Mix.init(name:)), context: context)
        var chosen: [Machine] = []
        switch machine.lowercased() {
        case "this": chosen = [try await measured(subjects)]
        case "all": chosen = machines.machines
        default:
            guard let named = machines.machine(named: machine) else {
                throw CommandError(
                    "no machine '\(machine)'; known: this, all, \(machines.machines.map(\.name).joined(separator: ", "))"
                )
            }
            chosen = [named]
        }
        let rows = try subjects.map { subject in
            try chosen.map { machine in
                guard let device = machine.device(device?.kind) else {
                    throw CommandError(
                        "\(machine.title) has no \(self.device?.rawValue ?? "device") on record")
                }
                return subject.fit(machine, device)
            }
        }
        let report = FitReport(rows)
        try Terminal.write(json ? report.json : csv ? report.csv : report.text)
        if let svg {
            do {
                try Data(SpeedChart.page(rows).utf8).write(to: URL(fileURLWithPath: svg), options: .atomic)
            } catch {
                throw CommandError("\(svg): cannot write the drawing: \(error.localizedDescription)")
            }
        }
    }

    private func measured(_ subjects: [FitSubject]) async throws -> Machine {
        let (machine, lines) = try await MachineMeasurement.run(
            modelFile: subjects.compactMap(\.path).first,
            types: subjects.reduce(into: []) { $0.formUnion($1.types) })
        for line in lines { Terminal.note(line) }
        return machine
    }
}

enum DeviceArgument: String, ExpressibleByArgument, CaseIterable {
    case cpu, gpu
    var kind: Machine.Device.Kind { self == .cpu ? .cpu : .gpu }
}
