import Compute
import GGUF
import Models
import Tokenizer

extension ModelOptions {
    /// What tries tokens ahead besides the text itself.
    public enum Draft: Sendable, Equatable {
        /// A smaller model of the same vocabulary: the path of its GGUF file.
        case model(path: String)
        /// The prediction layer in the model's own file (multi-token prediction, "nextn").
        case predictionLayer
    }
}

extension ModelOptions.Draft {
    /// Bytes that it takes in memory beside the model's file.
    func byteCount() throws -> Int {
        switch self {
        case .model(let path): try GGUFFile(path: path).fileByteCount
        case .predictionLayer: 0
        }
    }

    /// Makes it ready to run on the model's threads.
    func load(
        for placement: Placement, _ file: GGUFFile, _ tokenizer: Tokenizer, prefaults: Bool
    ) throws -> any Drafter {
        let model = placement.executor
        var options = model.options
        options.cacheLimit = model.cacheLimit
        options.cacheHoldsOne = true
        let ends = tokenizer.vocabulary.endOfGeneration
        switch self {
        case .model(let path):
            let draft = try GGUFFile(path: path)
            let draftTokenizer = try Tokenizer(metadata: draft.metadata)
            if let reason = try DraftVocabulary.mismatch(draft, draftTokenizer, file, tokenizer) {
                throw SwinferError.invalidOption(
                    name: "draft",
                    reason: "\(path) cannot draft for this model: \(reason); take one of the same family")
            }
            let loaded = try Registry.load(draft)
            if prefaults { prefault(draft, progress: nil) }
            return ModelDrafter(
                loaded, try Executor(loaded.program, options: options, store: nil, sharing: model),
                vocabularySize: model.program.vocabularySize, endOfGeneration: ends)
        case .predictionLayer:
            guard placement.plan.mode != .streamed else {
                throw SwinferError.invalidOption(
                    name: "draft",
                    reason:
                        "the prediction layer needs its experts in memory, and this model's are streamed")
            }
            let program = try Registry.loadPrediction(file)
            return LayerDrafter(
                try Executor(program, options: options, store: nil, sharing: model), file,
                endOfGeneration: ends)
        }
    }
}
