import ArgumentParser
import Swinfer

/// What tries tokens ahead. Names follow llama.cpp, old and new.
struct SpeculationArguments: ParsableArguments {
    @Flag(
        help:
            "Try tokens ahead where the text has come to the same words before: the same text, maybe sooner (also: --spec-type ngram-simple)."
    )
    var lookup = false

    @Option(
        name: [
            .customLong("md", withSingleDash: true), .customLong("model-draft"),
            .customLong("spec-draft-model"),
        ],
        help: ArgumentHelp(
            "Try the tokens that a smaller model with the same vocabulary writes.", valueName: "file"),
        completion: .file())
    var modelDraft: String?

    @Option(
        help: ArgumentHelp(
            "What tries tokens: none, ngram-simple (--lookup), draft-simple (with -md), draft-mtp (the prediction layer in the model's file). Several by commas: lookup comes first.",
            valueName: "types"))
    var specType = SpeculationTypes([])

    @Option(
        name: [
            .customLong("draft-max"), .customLong("draft"), .customLong("draft-n"),
            .customLong("spec-draft-n-max"),
        ],
        help: ArgumentHelp(
            "Tokens that are tried ahead at most, 1 to 7 (default: 7 for lookup, 3 for models).",
            valueName: "n"))
    var draftMax: Int?

    @Option(
        name: [.customLong("draft-min"), .customLong("draft-n-min"), .customLong("spec-draft-n-min")],
        help: ArgumentHelp("Drafts of a model that are shorter are not tried.", valueName: "n"))
    var draftMin = 0

    @Option(
        name: [.customLong("draft-p-min"), .customLong("spec-draft-p-min")],
        help: ArgumentHelp("A model's draft ends before a token less likely than this.", valueName: "p"))
    var draftPMin: Float = 0

    func validate() throws {
        if let draftMax, !(1...7).contains(draftMax) {
            throw ValidationError("--draft-max \(draftMax) is outside 1...7")
        }
        if !(0...7).contains(draftMin) { throw ValidationError("--draft-min \(draftMin) is outside 0...7") }
        if !(0...1).contains(draftPMin) {
            throw ValidationError("--draft-p-min \(draftPMin) is outside 0...1")
        }
        if specType.has(.draftSimple), modelDraft == nil {
            throw ValidationError("--spec-type draft-simple needs a draft model: -md FILE")
        }
        if specType.has(.draftMTP), modelDraft != nil {
            throw ValidationError("-md and --spec-type draft-mtp exclude each other")
        }
        if specType.has(.none), specType.kinds.count > 1 || lookup || modelDraft != nil {
            throw ValidationError("--spec-type none excludes all other speculation")
        }
    }

    /// What is loaded beside the model.
    var draft: ModelOptions.Draft? {
        if let modelDraft { return .model(path: modelDraft) }
        return specType.has(.draftMTP) ? .predictionLayer : nil
    }

    func apply(to options: inout GenerationOptions) {
        if lookup || specType.has(.lookup) { options.lookupDraft = draftMax ?? 7 }
        if draft != nil { options.draftTokens = draftMax ?? 3 }
        options.draftMinimum = draftMin
        options.draftProbability = draftPMin
    }
}

/// Kinds of speculation, by llama.cpp's names.
struct SpeculationTypes: ExpressibleByArgument {
    enum Kind: String, CaseIterable {
        case none
        case lookup = "ngram-simple"
        case draftSimple = "draft-simple"
        case draftMTP = "draft-mtp"
    }

    let kinds: [Kind]

    init(_ kinds: [Kind]) { self.kinds = kinds }

    init?(argument: String) {
        kinds = argument.split(separator: ",").compactMap { Kind(rawValue: String($0)) }
        if kinds.isEmpty
            || kinds.count != argument.split(separator: ",", omittingEmptySubsequences: false).count
        {
            return nil
        }
    }

    func has(_ kind: Kind) -> Bool { kinds.contains(kind) }

    var defaultValueDescription: String {
        kinds.isEmpty ? "none" : kinds.map(\.rawValue).joined(separator: ",")
    }
}
