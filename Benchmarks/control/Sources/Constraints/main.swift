import Foundation
import GGUF
import Grammar
import Swinfer
import Tokenizer

// usage: Constraints VOCABULARY.gguf [NAME] [-v]
// What constrained tokens cost beside free ones: texts that satisfy a grammar are followed token by token.

let arguments = CommandLine.arguments.dropFirst().filter { $0 != "-v" }
guard let path = arguments.first else {
    print("usage: Constraints VOCABULARY.gguf [NAME] [-v]")
    exit(64)
}
let wanted = arguments.dropFirst().first
let isVerbose = CommandLine.arguments.contains("-v")
let clock = ContinuousClock()
let tokenizer = try Tokenizer(metadata: GGUFFile(path: path).metadata)

func microseconds(_ duration: Duration) -> Double { duration / .microseconds(1) }
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
func cell(_ value: Double) -> String { String(format: value < 10 ? "%.1f" : "%.0f", value) }

let built = clock.now
let trie = TokenTrie(vocabulary: tokenizer.vocabulary)
print(
    "\(tokenizer.vocabulary.count) tokens; their tree takes \(cell(microseconds(clock.now - built) / 1000)) ms\n"
)

/// Logits that make the text's next token likely, and others nearly as often as not.
struct Model {
    var state: UInt64 = 1
    var logits = [Float](repeating: 0, count: tokenizer.vocabulary.count)

    init() { for index in logits.indices { logits[index] = noise() } }

    mutating func noise() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let word = state >> 33
        return Float(word & 0xFFF) / 410 - 5
    }
}

struct Row {
    var choices: [Double] = []
    var masks: [Double] = []
    var known: [Double] = []
}

func measure(_ item: Case) throws {
    let start = clock.now
    let program = try item.program()
    let compiled = microseconds(clock.now - start) / 1000
    let tokens = try tokenizer.encode(item.text, addSpecial: false, parseSpecial: false)
    var row = Row()
    // As in a generation: one choice for each token, of the default samplers.
    var model = Model()
    var options = GenerationOptions()
    options.seed = 1
    var free: [Double] = []
    for constrained in [false, true] {
        var sampler = Sampler(options, seed: 1)
        let constraint = GrammarConstraint(GrammarMatcher(program: program, trie: trie))
        for (index, token) in tokens.enumerated() {
            let noise = model.logits[Int(token)]
            model.logits[Int(token)] = index % 2 == 0 ? 30 : 7
            let start = clock.now
            let chosen = model.logits.withUnsafeBufferPointer { logits in
                constrained ? sampler.choose(logits, constraint, remaining: 4000) : sampler.choose(logits)
            }
            let time = microseconds(clock.now - start)
            if constrained { row.choices.append(time) } else { free.append(time) }
            guard chosen != nil else {
                throw GrammarError(.unsatisfiable, "\(item.name): token \(index) of its text")
            }
            model.logits[Int(token)] = noise
            constraint.accept(token)
        }
    }
    // The mask of every state that the text comes by.
    let matcher = GrammarMatcher(program: program, trie: trie)
    func timeOfMask() -> Double {
        let start = clock.now
        _ = matcher.mask(remaining: 4000)
        return microseconds(clock.now - start)
    }
    for token in tokens {
        row.masks.append(timeOfMask())
        row.known.append(timeOfMask())
        if isVerbose, row.masks.last! > 1000 {
            print(
                "  \(row.masks.last!) us before \(String(decoding: trie.bytes(of: token), as: UTF8.self).debugDescription)"
            )
        }
        matcher.accept(token)
    }
    guard matcher.canEnd else { throw GrammarError(.unsatisfiable, "\(item.name): its text does not match") }
    let more = mean(row.choices) - mean(free)
    print(
        "| \(item.name) | \(tokens.count) | \(cell(compiled)) | \(cell(mean(free))) | \(cell(mean(row.choices))) | \(cell(more)) | \(cell(row.choices.max()!)) | \(cell(mean(row.masks))) | \(cell(row.masks.max()!)) | \(cell(mean(row.known))) |"
    )
}

print(
    "| constraint | tokens | compile ms | free choice us | constrained us | more | largest | mask us | largest | known mask |"
)
print("|---|---|---|---|---|---|---|---|---|---|")
for item in cases where wanted == nil || item.name.contains(wanted!) { try measure(item) }
