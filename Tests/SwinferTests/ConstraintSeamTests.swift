import Swinfer
import TestSupport
import Testing

/// Allows some tokens, and counts how often it is asked.
private final class Allowed: TokenConstraint {
    let allowed: Set<Int32>
    var asked = 0
    var masks = 0
    var accepted: [Int32] = []
    var endsAfter = Int.max
    /// Says of no single token that it may come.
    var admitsNothing = false

    init(_ allowed: Set<Int32>) { self.allowed = allowed }

    func allows(_ token: Int32, remaining: Int) -> Bool {
        asked += 1
        return !admitsNothing && allowed.contains(token)
    }

    func insertAllowed(into mask: inout TokenMask, at place: Int32?, remaining: Int) {
        masks += 1
        for token in allowed { mask.insert(token) }
    }

    func place(after token: Int32, at place: Int32?, remaining: Int) -> Int32? {
        allowed.contains(token) ? 0 : nil
    }

    func accept(_ token: Int32) { accepted.append(token) }
    var isComplete: Bool { accepted.count >= endsAfter }
}

@Suite struct ConstraintSeamTests {
    private let logits: [Float] = (0..<200).map { Float($0 % 50) / 10 + ($0 == 123 ? 20 : 0) }

    private func choose(
        _ constraint: Allowed, seed: UInt64 = 1, _ change: (inout GenerationOptions) -> Void
    ) -> Int32? {
        var options = GenerationOptions()
        change(&options)
        var sampler = Sampler(options, seed: seed, history: [1, 2, 3])
        return logits.withUnsafeBufferPointer { sampler.choose($0, constraint, remaining: 10) }
    }

    @Test func whatTheModelGetsRightNeedsNoMask() {
        let greedy = Allowed([5, 123])
        #expect(choose(greedy) { $0.temperature = 0 } == 123)
        #expect(greedy.asked == 1 && greedy.masks == 0)
        // The 40 likeliest tokens are asked about, and those that take the places of refused ones.
        let even = Allowed(Set(stride(from: 1, to: 200, by: 2)).union([6, 8]))
        #expect(choose(even) { $0.temperature = 1 } == 123)
        #expect(even.masks == 1)
        let most = Allowed(Set(0..<200).subtracting([49, 99, 17]))
        #expect(choose(most) { $0.temperature = 1 } == 123)
        #expect(most.asked <= 68 && most.masks == 0)
    }

    private static let chains: [@Sendable (inout GenerationOptions) -> Void] = [
        { $0.temperature = 0 },
        { _ in },
        { $0.temperature = 3 },
        { $0.repeatPenalty = 1.2 },
        { $0.topK = 3 },
        { $0.topK = 500 },
        {
            $0.topK = 0
            $0.topP = 0.7
        },
        { $0.mirostat = .first },
        { $0.mirostat = .second },
        {
            $0.temperature = 0
            $0.logitBias = [99: 1, 7: 30]
            $0.presencePenalty = 1
        },
        {
            $0.temperature = 2
            $0.typicalP = 0.9
            $0.xtcProbability = 0.5
            $0.xtcThreshold = 0.02
        },
        {
            $0.temperature = 0
            $0.typicalP = 0.5
        },
        {
            $0.samplers = [.minP, .topK, .temperature]
            $0.minP = 0.001
        },
        { $0.topNSigma = 1 },
    ]

    /// Whatever the samplers and whatever is allowed, asking about some tokens chooses what the mask does.
    @Test func theChoiceIsThatOfTheAllowedAlone() throws {
        var random = SplitMix(state: 1)
        func unit() -> Float { Float(random.next() >> 40) / Float(1 << 24) }
        var asked = 0
        for (number, change) in Self.chains.enumerated() {
            for seed in 0..<60 {
                let logits = (0..<300).map { _ in 8 * unit() - 4 }
                let share: Float = [0.03, 0.3, 0.97][seed % 3]
                let allowed = Set((0..<Int32(300)).filter { _ in unit() < share }).union([Int32(seed)])
                var options = GenerationOptions()
                change(&options)
                var sampler = Sampler(options, seed: UInt64(seed), history: [1, 2, 3])
                var masking = Sampler(options, seed: UInt64(seed), history: [1, 2, 3])
                for _ in 0..<4 {
                    let constraint = Allowed(allowed)
                    let silent = Allowed(allowed)
                    silent.admitsNothing = true
                    logits.withUnsafeBufferPointer {
                        let found = sampler.choose($0, constraint, remaining: 10)
                        let expected = masking.choose($0, silent, remaining: 10)
                        #expect(found == expected, "chain \(number), seed \(seed)")
                    }
                    #expect(silent.masks == 1)
                    if constraint.masks == 0 { asked += 1 }
                }
            }
        }
        #expect(asked > 500)
    }

    @Test func chosenAgainByProbability() {
        let constraint = Allowed([10, 11])
        var options = GenerationOptions()
        options.temperature = 1
        var sampler = Sampler(options, seed: 3)
        let two: [Float] = (0..<100).map { $0 == 10 ? 1 : $0 == 11 ? 0 : 9 }
        var first = 0
        for _ in 0..<4000 {
            if two.withUnsafeBufferPointer({ sampler.choose($0, constraint, remaining: 1) }) == 10 {
                first += 1
            }
        }
        #expect(abs(Double(first) / 4000 - 0.731) < 0.03)
    }

    @Test func nothingAllowed() {
        #expect(choose(Allowed([])) { _ in } == nil)
        #expect(choose(Allowed([])) { $0.temperature = 0 } == nil)
    }

    @Test func generationsFollowIt() async throws {
        let model = try tinyModel()
        var options = GenerationOptions.greedy
        options.maxTokens = 20
        let told = try await Told(
            model.makeSession().generate(
                tokens: model.tokenize("hello"), options: options, constraint: Allowed([65, 66, 67])))
        #expect(told.ids.count == 20 && told.ids.allSatisfy { (65...67).contains($0) })
        let ending = Allowed([65])
        ending.endsAfter = 3
        let short = try await Told(
            model.makeSession().generate(
                tokens: model.tokenize("hello"), options: options, constraint: ending))
        #expect(short.ids == [65, 65, 65] && short.reason == .endOfText)
        await #expect(throws: SwinferError.self) {
            try await Told(
                model.makeSession().generate(
                    tokens: model.tokenize("hello"), options: options, constraint: Allowed([])))
        }
    }
}
