import Compute
import Experts
import Foundation
import GGUF
import Models
import Planner

/// What `swinfer fit` is asked about: a shape of the catalog, or a file.
enum FitSubject {
    case shape(ModelShape, Mix?, context: Int)
    case file(FileFacts)

    /// What a file's program takes, as the loader counts it.
    struct FileFacts {
        let path: String
        let name: String
        let footprint: ModelFootprint
        let steps: Int
        let parameters: Int
        let activeParameters: Int
        let context: Int
    }

    var path: String? {
        if case .file(let facts) = self { facts.path } else { nil }
    }

    /// Types of the weights that its tokens multiply with.
    var types: Set<TensorType> {
        switch self {
        case .file(let facts): return Set(facts.footprint.work.keys)
        case .shape(let shape, let mix, _):
            let mixes = mix.map { [$0] } ?? shape.usualMixes
            return mixes.reduce(into: []) { types, mix in
                types.formUnion(shape.tensors(in: mix).lazy.filter(\.tensor.isQuantized).map(\.type))
            }
        }
    }

    /// The subjects of the command line; all of the catalog when it names none.
    static func all(
        _ arguments: [String], _ catalog: ModelCatalog, _ mix: Mix?, context: Int
    ) throws -> [FitSubject] {
        if arguments.isEmpty { return catalog.models.map { .shape($0, mix, context: context) } }
        return try arguments.map { argument in
            if argument.hasSuffix(".gguf") || argument.contains("/")
                || FileManager.default.fileExists(atPath: argument)
            {
                return .file(try facts(of: argument, context: context))
            }
            let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
            guard let name = parts.first, let shape = catalog.model(named: name) else {
                let near = catalog.names(like: parts.first ?? "")
                let hint =
                    near.isEmpty ? "the names: swinfer fit" : "did you mean \(near.joined(separator: ", "))?"
                throw CommandError("no file and no model of models.txt is called '\(argument)'; \(hint)")
            }
            guard parts.count > 1 else { return .shape(shape, mix, context: context) }
            guard let own = Mix(name: parts[1]) else {
                throw CommandError("'\(parts[1])' is no known quantization of \(name); such as Q4_K_M")
            }
            return .shape(shape, own, context: context)
        }
    }

    static func facts(of path: String, context: Int) throws -> FileFacts {
        let file = try GGUFFile(path: path)
        let loaded = try Registry.load(file)
        let positions = min(context, loaded.contextLength)
        let footprint = try ModelFootprint(
            loaded.program, options: ExecutorOptions(contextLength: positions))
        let summary = GGUFSummary(file)
        let recurrent = file.tensors.count { $0.name.hasSuffix("ssm_conv1d.weight") }
        var unused = 0.0
        for layer in summary.expertLayers {
            let elements = layer.tensors.reduce(0) { $0 + $1.elementCount }
            let used = summary.expertsUsed ?? layer.experts
            unused += Double(elements) * (1 - Double(used) / Double(layer.experts))
        }
        return FileFacts(
            path: path, name: URL(fileURLWithPath: path).lastPathComponent, footprint: footprint,
            steps: loaded.layerCount + footprint.expertLayers.count + recurrent,
            parameters: summary.parameters, activeParameters: summary.parameters - Int(unused),
            context: positions)
    }

    func fit(_ machine: Machine, _ device: Machine.Device) -> Fit {
        switch self {
        case .shape(let shape, let mix, let context):
            let settings = RunSettings(context: min(context, shape.context))
            // A model always comes in some mix.
            return Fit.best(shape, settings, machine: machine, device: device, mixes: mix.map { [$0] })
                ?? Fit(shape, .q4_K_M, settings, machine: machine, device: device)
        case .file(let facts):
            return Fit(
                model: facts.name, parameters: facts.parameters, activeParameters: facts.activeParameters,
                footprint: facts.footprint, steps: facts.steps, machine: machine, device: device,
                context: facts.context)
        }
    }
}
