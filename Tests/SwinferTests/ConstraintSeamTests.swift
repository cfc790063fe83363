import Swinfer
import Testing

/// Allows some tokens, and counts how often it is asked.
private final class Allowed: TokenConstraint {
    let allowed: Set<Int32>
    var asked = 0
    var masks = 0
    var accepted: [Int32] = []
    var endsAfter = Int.max

    init(_ allowed: Set<Int32>) { self.allowed = allowed }

    func allows(_ token: Int32, remaining: Int) -> Bool {
        asked += 1
        return allowed.contains(token)
    }

    func insertAllowed(into mask: inout TokenMask, remaining: Int) {
        masks += 1
        for token in allowed { mask.insert(token) }
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

    @Test func aTokenThatIsAllowedNeedsNoMask() {
        for change: (inout GenerationOptions) -> Void in [{ $0.temperature = 0 }, { $0.temperature = 1 }] {
            let constraint = Allowed([5, 123])
            #expect(choose(constraint, change) == 123)
            #expect(constraint.asked == 1 && constraint.masks == 0)
        }
    }

    @Test func arefusedTokenIsChosenAgainAmongTheAllowed() {
        let changes: [(inout GenerationOptions) -> Void] = [
            { $0.temperature = 0 }, { $0.temperature = 1 }, { $0.repeatPenalty = 1.2 },
            { $0.mirostat = .second },
            {
                $0.temperature = 0
                $0.logitBias = [99: 1]
            },
            {
                $0.topK = 0
                $0.typicalP = 0.9
                $0.xtcProbability = 1
            },
        ]
        for (number, change) in changes.enumerated() {
            let constraint = Allowed([10, 49, 99, 170])
            let token = choose(constraint, change)
            #expect(token.map { constraint.allowed.contains($0) } == true, "\(number)")
            #expect(constraint.asked == 1 && constraint.masks == 1)
        }
        // 49 and 99 have the largest logits of these; of equal ones the first.
        #expect(choose(Allowed([10, 49, 99, 170])) { $0.temperature = 0 } == 49)
        #expect(choose(Allowed([99])) { _ in } == 99)
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
