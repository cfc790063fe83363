import Foundation
import Swinfer
import Testing

@Suite struct SamplerTests {
    private func choose(
        _ logits: [Float], seed: UInt64 = 1, _ change: (inout GenerationOptions) -> Void = { _ in }
    ) -> Int32 {
        var options = GenerationOptions()
        change(&options)
        var sampler = Sampler(options, seed: seed)
        return logits.withUnsafeBufferPointer { sampler.choose($0) }
    }

    /// How often each token is chosen in many draws.
    private func frequencies(
        _ logits: [Float], draws: Int = 20000, _ change: (inout GenerationOptions) -> Void
    ) -> [Double] {
        var options = GenerationOptions()
        options.topK = 0
        options.topP = 1
        options.minP = 0
        options.temperature = 1
        change(&options)
        var sampler = Sampler(options, seed: 7)
        var counts = [Double](repeating: 0, count: logits.count)
        for _ in 0..<draws {
            counts[Int(logits.withUnsafeBufferPointer { sampler.choose($0) })] += 1 / Double(draws)
        }
        return counts
    }

    @Test func greedyTakesTheFirstOfTheLargest() {
        #expect(choose([1, 5, 5, 2]) { $0.temperature = 0 } == 1)
        #expect(choose([.nan, -3, -2, .nan]) { $0.temperature = 0 } == 2)
    }

    @Test func oneCandidateIsGreedy() {
        for seed in 0..<50 { #expect(choose([0, 1, 3, 2], seed: UInt64(seed)) { $0.topK = 1 } == 2) }
        for seed in 0..<50 { #expect(choose([0, 1, 9, 2], seed: UInt64(seed)) { $0.minP = 1 } == 2) }
        for seed in 0..<50 { #expect(choose([0, 1, 9, 2], seed: UInt64(seed)) { $0.topP = 0.01 } == 2) }
    }

    @Test func drawsByProbability() {
        let found = frequencies([0, 1, 2]) { _ in }
        for (value, expected) in zip(found, [0.0900, 0.2447, 0.6652]) {
            #expect(abs(value - expected) < 0.01)
        }
        let hot = frequencies([0, 1, 2]) { $0.temperature = 2 }
        for (value, expected) in zip(hot, [0.1863, 0.3072, 0.5065]) { #expect(abs(value - expected) < 0.01) }
    }

    @Test func cutsWhereItShould() {
        // Probabilities 0.64, 0.24, 0.09, 0.03.
        let logits: [Float] = [0, 1, 2, 3]
        #expect(frequencies(logits) { $0.topK = 2 }[..<2].allSatisfy { $0 == 0 })
        let nucleus = frequencies(logits) { $0.topP = 0.7 }
        #expect(nucleus[0] == 0 && nucleus[1] == 0 && nucleus[2] > 0)
        let relative = frequencies(logits) { $0.minP = 0.1 }
        #expect(relative[0] == 0 && relative[1] > 0)
    }

    /// Typical sampling may remove the most likely token and leave nearly all others; a low temperature then makes its
    /// distance from them larger than exp can tell.
    @Test func theMostLikelyMayBeRemoved() {
        var logits = [Float](repeating: 0, count: 40000)
        logits[17] = 6
        var options = GenerationOptions()
        (options.topK, options.topP, options.minP) = (0, 1, 0)
        options.typicalP = 0.9
        options.temperature = 0.05
        var sampler = Sampler(options, seed: 5)
        var chosen: Set<Int32> = []
        for _ in 0..<50 { chosen.insert(logits.withUnsafeBufferPointer { sampler.choose($0) }) }
        #expect(!chosen.contains(17) && chosen.count > 40)
    }

    /// Of nearly equal logits, many of them the same, a cut removes few and goes through the same ones.
    @Test(arguments: [900, 1500, 4001, 4104]) func cutsThatLeaveMost(count: Int) throws {
        let logits = (0..<count).map { Float($0 % 3) / 100 }
        let sum = logits.reduce(0) { $0 + exp(Double($1)) }
        func probability(_ token: Int) -> Double { exp(Double(logits[token])) / sum }
        let entropy = logits.indices.reduce(0) { $0 - probability($1) * log(probability($1)) }
        for p in [0.6009, 0.8301, 0.9509] as [Float] {
            for isTypical in [false, true] {
                /// Falling for those that stay.
                func key(_ token: Int) -> Double {
                    isTypical ? -abs(-log(probability(token)) - entropy) : probability(token)
                }
                let order = logits.indices.sorted { key($0) == key($1) ? $0 < $1 : key($0) > key($1) }
                var left = Double(p)
                var kept: Set<Int32> = []
                for token in order where left > 0 {
                    left -= probability(token)
                    kept.insert(Int32(token))
                }
                try #require(-left > 1e-5 && probability(order[0]) + left > 1e-5)
                var options = GenerationOptions()
                options.topK = 0
                options.minP = 0.001
                options.topP = isTypical ? 1 : p
                options.typicalP = isTypical ? p : 1
                var sampler = Sampler(options, seed: 3)
                let found = logits.withUnsafeBufferPointer { sampler.distribution($0) }
                #expect(Set(found.map(\.token)) == kept, "\(count), \(p), typical \(isTypical)")
                var chosen: Set<Int32> = []
                for _ in 0..<200 { chosen.insert(logits.withUnsafeBufferPointer { sampler.choose($0) }) }
                #expect(chosen.isSubset(of: kept) && chosen.count > 50)
            }
        }
    }

    @Test func ignoresWhatIsNoNumber() {
        let found = frequencies([.nan, 1, .nan, 1]) { _ in }
        #expect(found[0] == 0 && found[2] == 0 && abs(found[1] - 0.5) < 0.02)
        #expect(choose([-.infinity, -.infinity]) == 0)
        // More numbers are wanted than there are.
        let few = (0..<3000).map { $0 % 3 == 0 ? Float(0) : .nan }
        for seed in 0..<20 {
            #expect(choose(few, seed: UInt64(seed)) { $0.topK = 2000 } % 3 == 0)
            #expect(
                choose(few, seed: UInt64(seed)) {
                    $0.topK = 2900
                    $0.minP = 0
                    $0.topP = 1
                } % 3 == 0)
        }
    }

    @Test func seedsReproduce() {
        let logits = (0..<200).map { Float(($0 * 37) % 11) }
        let a = (0..<20).map { choose(logits, seed: UInt64($0)) }
        let b = (0..<20).map { choose(logits, seed: UInt64($0)) }
        #expect(a == b && Set(a).count > 1)
    }
}
