import Foundation
import Swinfer

// usage: Samplers [TOKENS] [NAME]
// What a choice among so many tokens costs, by chain (those whose names contain one) and by shape of the logits.

let arguments = CommandLine.arguments.dropFirst()
let count = arguments.first.flatMap { Int($0) } ?? 150_000
let wanted = arguments.dropFirst().first
let clock = ContinuousClock()

/// SplitMix64, so that every run sees the same logits.
struct Source: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Nearly normal logits, and with `peaks` a few likely tokens among them.
func logits(spread: Float, peaks: Bool) -> [Float] {
    var source = Source(state: 1)
    return (0..<count).map { index in
        let sum = (0..<12).reduce(Float(0)) { sum, _ in sum + Float.random(in: 0..<1, using: &source) }
        return (sum - 6) * spread + (peaks && index % 3001 == 7 ? Float(index % 13) : 0)
    }
}

func all(_ options: inout GenerationOptions) {
    options.repeatPenalty = 1.1
    options.dry.multiplier = 0.8
    options.topNSigma = 3
    options.typicalP = 0.95
    options.xtcProbability = 0.5
    options.dynamicTemperatureRange = 0.3
}

func only(_ options: inout GenerationOptions) {
    options.topK = 0
    options.topP = 1
    options.minP = 0
}

let chains: [(String, (inout GenerationOptions) -> Void)] = [
    ("greedy", { $0.temperature = 0 }),
    ("default", { _ in }),
    (
        "default with penalties",
        {
            $0.repeatPenalty = 1.1
            $0.presencePenalty = 0.1
        }
    ),
    ("every sampler, top-k 40", { all(&$0) }),
    (
        "every sampler, top-k 0",
        {
            all(&$0)
            $0.topK = 0
        }
    ),
    ("top-k 1,000", { $0.topK = 1000 }),
    ("top-k 10,000", { $0.topK = 10_000 }),
    ("top-k 40,000", { $0.topK = 40_000 }),
    (
        "top-k 50,000 alone",
        {
            only(&$0)
            $0.topK = 50_000
        }
    ),
    (
        "top-k 120,000 alone",
        {
            only(&$0)
            $0.topK = 120_000
        }
    ),
    (
        "top-p 0.95 alone",
        {
            only(&$0)
            $0.topP = 0.95
        }
    ),
    (
        "top-p 0.5 alone",
        {
            only(&$0)
            $0.topP = 0.5
        }
    ),
    (
        "typical 0.9 alone",
        {
            only(&$0)
            $0.typicalP = 0.9
        }
    ),
    (
        "min-p 0.05 alone",
        {
            only(&$0)
            $0.minP = 0.05
        }
    ),
    (
        "top-n-sigma 1 alone",
        {
            only(&$0)
            $0.topNSigma = 1
        }
    ),
    ("temperature alone", { only(&$0) }),
    ("mirostat 1", { $0.mirostat = .first }),
    ("mirostat 2", { $0.mirostat = .second }),
]

print("medians of 101 choices among \(count) logits, ms: peaked (spread 2.5), 2.5, 0.5, 0.05\n")
print("| chain | peaked | 2.5 | 0.5 | 0.05 |\n|---|---|---|---|---|")
let shapes = [(Float(2.5), true), (2.5, false), (0.5, false), (0.05, false)].map {
    logits(spread: $0, peaks: $1)
}
for (name, change) in chains where wanted == nil || name.contains(wanted!) {
    var cells: [String] = []
    for logits in shapes {
        var options = GenerationOptions()
        change(&options)
        var sampler = Sampler(options, seed: 1, history: (0..<64).map { Int32(($0 * 7) % 40) })
        var times: [Double] = []
        for _ in 0..<101 {
            let start = clock.now
            _ = logits.withUnsafeBufferPointer { sampler.choose($0) }
            times.append((clock.now - start) / .milliseconds(1))
        }
        cells.append(String(format: "%.3f", times.sorted()[50]))
    }
    print("| \(name) | \(cells.joined(separator: " | ")) |")
}
