import Compute
import Models
import Testing

/// What a sequence's recurrent state promises.
@Suite(.serialized) struct RecurrentTests {
    private let fixture: Fixture
    private let executor: Executor

    init() throws {
        fixture = try Fixture("qwen3next")
        executor = try Executor(
            Registry.load(fixture.file).program,
            options: ExecutorOptions(
                threads: 2, contextLength: 128, batchLength: 64, keyType: .f32,
                valueType: .f32))
    }

    /// The last token's logits after running `tokens` from `position` on.
    private func run(_ sequence: SequenceCache, _ position: Int, _ tokens: ArraySlice<Int32>) throws
        -> [Float]
    {
        try unsafe executor.run(
            Batch([Batch.Piece(sequence: sequence, position: position, tokens: tokens, outputs: .last)]))
        return unsafe Array(executor.logits(output: 0))
    }

    @Test func startsAnew() throws {
        let sequence = try executor.makeSequence()
        let first = try run(sequence, 0, fixture.tokens[..<20])
        _ = try run(sequence, 20, fixture.tokens[20..<30])
        #expect(try run(sequence, 0, fixture.tokens[..<20]) == first)
        // One token alone starts anew too.
        _ = try run(sequence, 0, fixture.tokens[..<1])
        let again = try run(sequence, 1, fixture.tokens[1..<20])
        #expect(normalizedError(again, first) <= 1e-11)
    }

    @Test func goesBackBySnapshot() throws {
        let sequence = try executor.makeSequence()
        _ = try run(sequence, 0, fixture.tokens[..<20])
        let snapshot = try sequence.snapshot()
        #expect(snapshot.position == 20 && snapshot.byteCount == executor.stateBytesPerSequence)
        let first = try run(sequence, 20, fixture.tokens[20..<30])
        #expect(throws: ComputeError.self) { try run(sequence, 20, fixture.tokens[20..<30]) }
        try sequence.restore(snapshot)
        #expect(try run(sequence, 20, fixture.tokens[20..<30]) == first)
        // The refused batch left everything as it was.
        #expect(throws: ComputeError.self) { try run(sequence, 31, fixture.tokens[..<1]) }
        #expect(throws: ComputeError.self) { try run(sequence, 29, fixture.tokens[..<1]) }
        _ = try run(sequence, 30, fixture.tokens[30..<31])
    }

    @Test func oneSequenceStandsOnceInABatch() throws {
        let sequence = try executor.makeSequence()
        let pieces = [0..<5, 5..<9].map {
            Batch.Piece(
                sequence: sequence, position: $0.lowerBound, tokens: fixture.tokens[$0], outputs: .last)
        }
        #expect(throws: ComputeError.self) { try executor.run(Batch(pieces)) }
    }

    @Test func stateIsWhatItNeeds() throws {
        // Three layers of: 3 x 256 inputs, 4 heads of 32 x 32.
        #expect(executor.stateBytesPerSequence == 3 * 4 * (3 * 256 + 4 * 32 * 32))
    }

    /// Longer than a chunk of the recurrence, in pieces that are cut anywhere.
    @Test(arguments: ["qwen3next", "qwen35"]) func longTextsAgree(name: String) throws {
        let fixture = try Fixture(name)
        let whole = try fixture.run(pieces: [192], batch: 192, context: 192, repeats: 4)
        for pieces in [[1], [64], [100, 1, 7, 8, 63, 13]] {
            let error = normalizedError(
                try fixture.run(pieces: pieces, batch: 192, context: 192, repeats: 4), whole)
            #expect(error <= 1e-10, "\(name) in pieces \(pieces): NMSE \(error)")
        }
    }
}
