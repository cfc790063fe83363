public import Compute
public import GGUF

/// Every architecture, by the name that `general.architecture` gives.
public enum Registry {
    static let all: [String: any Architecture.Type] = [
        "deepseek2": DeepSeek2.self,
        "gemma2": Gemma2.self,
        "gemma3": Gemma3.self,
        "gemma4": Gemma4.self,
        "glm-dsa": GlmDsa.self,
        "glm4moe": Glm4MoE.self,
        "gpt-oss": GptOss.self,
        "llama": Llama.self,
        "llama4": Llama4.self,
        "minimax-m2": MiniMaxM2.self,
        "olmoe": Olmoe.self,
        "phi3": Phi3.self,
        "qwen2": Qwen2.self,
        "qwen2moe": Qwen2MoE.self,
        "qwen3": Qwen3.self,
        "qwen35": Qwen3Next.self,
        "qwen35moe": Qwen3Next.self,
        "qwen3moe": Qwen3.self,
        "qwen3next": Qwen3Next.self,
        "smollm3": SmolLM3.self,
    ]

    /// Names of the supported architectures, sorted.
    public static var supported: [String] { all.keys.sorted() }

    /// Reads a model's configuration and weights and records its program.
    ///
    /// Nothing of the weights is read from the file yet beyond what loading needs, unless they are
    /// to be in memory of their own.
    ///
    /// - Parameter memory: where weights other than routed experts go; nil: they stay in the mapping.
    /// - Parameter expertsUsed: fewer experts per token than the file says, which changes results.
    public static func load(
        _ file: GGUFFile, memory: WeightMemory? = nil, expertsUsed: Int? = nil
    ) throws(ModelError) -> LoadedModel {
        let path = file.shardPaths.first ?? ""
        do {
            let name = try file.metadata.requireString("general.architecture")
            guard let architecture = all[name] else {
                throw ModelError.unsupportedArchitecture(name: name, supported: supported, file: path)
            }
            let source = ModelSource(file, architecture: name, memory: memory, expertsUsed: expertsUsed)
            let recorder = Recorder()
            try architecture.init(source).record(recorder)
            return LoadedModel(
                file: file, architecture: name, program: Program(recorder, source: source.weights),
                contextLength: try source.int("context_length") ?? 4096,
                layerCount: try Shape.layerCount(source),
                embeddingLength: try source.int("embedding_length") ?? 0)
        } catch {
            throw ModelError(error, file: path)
        }
    }

    /// Records the file's prediction layer ("nextn"): from a token and the hidden state of the
    /// position before it, as the model's output matrix takes it, to logits of the token after.
    ///
    /// - Throws: also where the file has none, or its family's are not known.
    public static func loadPrediction(_ file: GGUFFile) throws(ModelError) -> Program {
        let path = file.shardPaths.first ?? ""
        do {
            let name = try file.metadata.requireString("general.architecture")
            let source = ModelSource(file, architecture: name, memory: nil, expertsUsed: nil)
            guard let architecture = all[name] as? any PredictingArchitecture.Type else {
                throw source.invalid(
                    "nextn_predict_layers", "models of this architecture have no prediction layer")
            }
            let recorder = Recorder()
            try architecture.recordPrediction(source, recorder)
            return Program(recorder, source: source.weights)
        } catch {
            throw ModelError(error, file: path)
        }
    }
}

/// A model ready to run: the mapped file and the recorded program.
public struct LoadedModel: Sendable {
    public let file: GGUFFile
    public let architecture: String
    public let program: Program
    /// Tokens the model was trained to look back on.
    public let contextLength: Int
    /// Layers that are run: those for prediction ("nextn") do not count.
    public let layerCount: Int
    public let embeddingLength: Int
}
