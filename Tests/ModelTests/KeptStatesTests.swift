import Compute
import Models
import Testing

/// Sequences with recurrent layers go back to each token of a piece that kept their states.
@Suite struct KeptStatesTests {
    private let fixture: Fixture
    private let executor: Executor
    private let prompt = 20

    init() throws {
        fixture = try Fixture("qwen3next")
        executor = try Executor(
            Registry.load(fixture.file).program,
            options: ExecutorOptions(threads: 2, contextLength: 128, batchLength: 64))
    }

    private func run(
        _ sequence: SequenceCache, _ tokens: ArraySlice<Int32>, at position: Int? = nil, keeps: Bool = false
    ) throws -> [[Float]] {
        try executor.run(
            Batch([
                Batch.Piece(
                    sequence: sequence, position: position ?? sequence.position, tokens: tokens,
                    outputs: .all, keepsStates: keeps)
            ]))
        return tokens.indices.map { Array(executor.logits(output: $0 - tokens.startIndex)) }
    }

    /// Logits of tokens that go through one by one.
    private func alone(_ tokens: ArraySlice<Int32>) throws -> [[Float]] {
        let sequence = try executor.makeSequence()
        _ = try run(sequence, fixture.tokens[..<prompt])
        return try tokens.indices.flatMap { try run(sequence, tokens[$0...$0]) }
    }

    @Test func eachTokenGetsTheBitsThatItGetsAlone() throws {
        let tokens = fixture.tokens[prompt..<prompt + 8]
        let expected = try alone(tokens)
        let sequence = try executor.makeSequence()
        _ = try run(sequence, fixture.tokens[..<prompt])
        #expect(try run(sequence, tokens, keeps: true) == expected)
    }

    @Test func goesBackToEachToken() throws {
        let other = fixture.tokens[40..<44]
        for kept in 1...8 {
            let tokens = fixture.tokens[prompt..<prompt + kept] + other
            let expected = try alone(tokens[...]).suffix(other.count)
            let sequence = try executor.makeSequence()
            _ = try run(sequence, fixture.tokens[..<prompt])
            _ = try run(sequence, fixture.tokens[prompt..<prompt + 8], keeps: true)
            let end = prompt + kept
            #expect(sequence.canGoBack(to: end) && !sequence.canGoBack(to: prompt - 1))
            // By an explicit call, or by going on from there.
            if kept % 2 == 0 { sequence.goBack(to: end) }
            var result = try run(sequence, other.prefix(1), at: end)
            // What was kept is gone with the next piece.
            #expect(!sequence.canGoBack(to: end))
            result += try run(sequence, other.dropFirst(), keeps: true)
            #expect(result == Array(expected), "back to \(kept) of 8")
        }
    }

    @Test func snapshotsKnowTheStates() throws {
        let sequence = try executor.makeSequence()
        _ = try run(sequence, fixture.tokens[..<prompt])
        _ = try run(sequence, fixture.tokens[prompt..<prompt + 6], keeps: true)
        let snapshot = try sequence.snapshot(at: prompt + 2)
        sequence.goBack(to: prompt + 4)
        sequence.dropKeptStates()
        #expect(sequence.position == prompt + 4 && !sequence.canGoBack(to: prompt + 2))
        let expected = try alone(fixture.tokens[prompt..<prompt + 7])
        #expect(try run(sequence, fixture.tokens[prompt + 4..<prompt + 5])[0] == expected[4])
        try sequence.restore(snapshot)
        #expect(try run(sequence, fixture.tokens[prompt + 2..<prompt + 3])[0] == expected[2])
    }

    /// A text may begin with such a piece.
    @Test func startsAnew() throws {
        let sequence = try executor.makeSequence()
        _ = try run(sequence, fixture.tokens[..<prompt])
        let first = try run(sequence, fixture.tokens[..<5], at: 0, keeps: true)
        sequence.goBack(to: 3)
        let again = try run(sequence, fixture.tokens[3..<5])
        #expect(Array(first[3...]) == again)
    }
}
