import ArgumentParser
import Experts
import Foundation
import Swinfer

struct ExpertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experts",
        abstract: "Shows which experts of a model are popular, and what a pool of them would hit.",
        discussion: """
            The counts are those that swinfer keeps of every run of the model, in the user's cache \
            folder. With --simulate it replays a trace that --record-experts wrote.

            Examples:
              swinfer experts model.gguf
              swinfer experts model.gguf --svg experts.svg
              swinfer run model.gguf -p "Once upon a time" --record-experts routing.trace
              swinfer experts --simulate routing.trace
            """)

    @Argument(help: "GGUF file (any shard of a split one). Without it: the built-in story model.")
    var modelPath: String?

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("GGUF file, the same as the argument.", valueName: "file"))
    var modelOption: String?

    @Option(help: ArgumentHelp("Write the heat map as an SVG.", valueName: "file"))
    var svg: String?

    @Option(help: ArgumentHelp("Write the counts as JSON; -: to standard output.", valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp("Replay a recorded trace against eviction policies.", valueName: "trace"))
    var simulate: String?

    @Option(
        help: ArgumentHelp(
            "Shares of all experts that the simulated pools hold, in percent.", valueName: "n,..."))
    var pools = IntegerList([10, 20, 30, 40, 50, 70, 90])

    func validate() throws {
        if modelPath != nil, modelOption != nil {
            throw ValidationError("give the model once: as argument or with -m")
        }
        if simulate != nil, modelPath != nil || modelOption != nil || svg != nil {
            throw ValidationError("--simulate takes a trace, and no model or --svg")
        }
        if !pools.values.allSatisfy({ (1...100).contains($0) }) {
            throw ValidationError("--pools takes shares of 1 to 100 percent")
        }
    }

    func run() async throws {
        if let simulate {
            let table = try SimulationTable(RoutingTrace(path: simulate), shares: pools.values)
            try emit(json: table.json)
            if json != "-" { try Terminal.write(table.markdown) }
            return
        }
        let path = try modelOption ?? modelPath ?? BuiltInModel.path()
        let popularity = try ExpertPopularity(path: path)
        let map = HeatMap(popularity)
        try emit(json: map.json)
        if let svg { try write(map.svg, to: svg) }
        if json != "-" { try Terminal.write(map.text(colors: isatty(STDOUT_FILENO) == 1)) }
    }

    private func emit(json value: JSONText) throws {
        guard let json else { return }
        if json == "-" {
            try Terminal.write(value.pretty + "\n")
        } else {
            try write(value.pretty + "\n", to: json)
        }
    }

    private func write(_ text: String, to path: String) throws {
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw CommandError("\(path): cannot be written: \(error.localizedDescription)")
        }
    }
}
