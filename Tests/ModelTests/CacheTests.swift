import Compute
import GGUF
import Models
import Testing

/// What sequences' memory promises, for every kind of layer.
@Suite(.serialized) final class CacheTests {
    static let kinds = ["qwen3next", "gemma3", "gpt-oss", "deepseek2", "llama", "llama4", "glm-dsa-sparse"]

    /// Programs point into them.
    private var files: [GGUFFile] = []

    private func executor(_ name: String, limit: Int? = nil) throws -> Executor {
        let file = try Fixture(name).file
        files.append(file)
        return try Executor(
            Registry.load(file).program,
            options: ExecutorOptions(
                threads: 2, contextLength: 1024, batchLength: 128, keyType: .f32, valueType: .f32,
                cacheLimit: limit))
    }

    private func tokens(_ count: Int, seed: Int = 1) -> [Int32] {
        (0..<count).map { Int32(3 + ($0 * 31 + $0 * $0 * 7 + seed * 13) % 200) }
    }

    /// Reads tokens from where the sequence stands; the last one's logits.
    private func read(_ executor: Executor, _ sequence: SequenceCache, _ tokens: [Int32], from: Int? = nil)
        throws -> [Float]
    {
        var position = from ?? sequence.position
        var done = 0
        while done < tokens.count {
            let count = min(100, tokens.count - done)
            try executor.run(
                Batch([
                    Batch.Piece(
                        sequence: sequence, position: position, tokens: tokens[done..<done + count],
                        outputs: .last)
                ]))
            done += count
            position += count
        }
        return Array(executor.logits(output: 0))
    }

    /// A snapshot stays what it was while the sequence goes on, and serves many.
    @Test(arguments: kinds) func snapshotsLast(name: String) throws {
        let executor = try executor(name)
        let sequence = try executor.makeSequence()
        _ = try read(executor, sequence, tokens(300))
        let snapshot = try sequence.snapshot()
        let first = try read(executor, sequence, tokens(40, seed: 2))
        _ = try read(executor, sequence, tokens(500, seed: 3))
        let other = try executor.makeSequence()
        try other.restore(snapshot)
        let third = try executor.makeSequence()
        try third.restore(snapshot)
        // Each writes on, one beside the other.
        let different = try read(executor, third, tokens(40, seed: 5))
        #expect(try read(executor, other, tokens(40, seed: 2)) == first, "\(name)")
        #expect(different != first)
        try sequence.restore(snapshot)
        #expect(try read(executor, sequence, tokens(40, seed: 2)) == first, "\(name)")
        #expect(try read(executor, third, tokens(1)) != read(executor, other, tokens(1)))
    }

    /// Going back without a snapshot, where everything is kept.
    @Test(arguments: ["llama", "deepseek2"]) func sequencesGoBack(name: String) throws {
        let executor = try executor(name)
        let sequence = try executor.makeSequence()
        _ = try read(executor, sequence, tokens(300))
        let first = try read(executor, sequence, tokens(40, seed: 2))
        _ = try read(executor, sequence, tokens(300, seed: 6))
        #expect(try read(executor, sequence, tokens(40, seed: 2), from: 300) == first)
        #expect(sequence.position == 340)
        // What is shared is copied before it is written anew.
        let snapshot = try sequence.snapshot()
        _ = try read(executor, sequence, tokens(50, seed: 7), from: 270)
        try sequence.restore(snapshot)
        let again = try read(executor, sequence, tokens(5))
        let fresh = try executor.makeSequence()
        _ = try read(executor, fresh, tokens(300))
        _ = try read(executor, fresh, tokens(40, seed: 2))
        #expect(try read(executor, fresh, tokens(5)) == again)
    }

    @Test func windowsLetGo() throws {
        let executor = try executor("gemma3")
        let sequence = try executor.makeSequence()
        _ = try read(executor, sequence, tokens(1000))
        #expect(sequence.byteCount < executor.cacheBytes(tokens: 1000) * 3 / 2)
        #expect(!sequence.canGoBack(to: 300) && sequence.canGoBack(to: 990) && sequence.canGoBack(to: 0))
        #expect(throws: ComputeError.self) { try read(executor, sequence, [5], from: 300) }
        #expect(throws: ComputeError.self) { try sequence.snapshot(at: 300) }
        _ = try read(executor, sequence, [5], from: 990)
    }

    @Test(arguments: kinds) func bytesMakeTheSame(name: String) throws {
        let executor = try executor(name)
        let sequence = try executor.makeSequence()
        _ = try read(executor, sequence, tokens(700))
        var bytes: [UInt8] = []
        try sequence.snapshot().write { bytes.append(contentsOf: $0) }
        #expect(bytes.count == sequence.savedBytes(position: 700))
        let first = try read(executor, sequence, tokens(40, seed: 2))
        let other = try executor.makeSequence()
        var place = 0
        try other.read(position: 700) { target in
            bytes.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<place + target.count]))
            }
            place += target.count
        }
        #expect(place == bytes.count)
        #expect(try read(executor, other, tokens(40, seed: 2)) == first, "\(name)")
        // A body that fails leaves nothing.
        struct Broken: Error {}
        #expect(throws: Broken.self) { try other.read(position: 700) { _ in throw Broken() } }
        #expect(other.position == 0)
    }

    @Test(arguments: ["llama", "deepseek2"]) func memoryIsBounded(name: String) throws {
        let free = try executor(name)
        let limit = free.cacheBytes(tokens: 512)
        let executor = try executor(name, limit: limit)
        var sequence: SequenceCache? = try executor.makeSequence()
        _ = try read(executor, sequence!, tokens(300))
        let other = try executor.makeSequence()
        let error = #expect(throws: ComputeError.self) { try read(executor, other, tokens(300)) }
        #expect(error?.description.contains("--cache-limit") == true)
        #expect(executor.cacheBytesInUse <= limit)
        sequence = nil
        #expect(executor.cacheBytesInUse == other.byteCount)
        other.clear()
        #expect(executor.cacheBytesInUse == 0)
        let again = try read(executor, other, tokens(300))
        #expect(again == (try read(free, free.makeSequence(), tokens(300))))
    }

    /// Positions behind a gap see the same after a shift as if the gap had never been: with one
    /// attention layer's keys, which see no other layer's past.
    @Test(arguments: ["llama", "qwen3", "gemma3", "gpt-oss", "phi3"]) func shiftedKeysTurnBack(name: String)
        throws
    {
        let executor = try executor(name)
        try #require(executor.shiftRefusal == nil)
        let whole = tokens(600)
        // The same tokens everywhere, so that what a token saw before it was moved says nothing.
        let same = [Int32](repeating: 7, count: 600)
        let sequence = try executor.makeSequence()
        _ = try read(executor, sequence, same)
        try executor.shift(sequence, keep: 10, discard: 200)
        #expect(sequence.position == 400)
        let moved = try read(executor, sequence, [9])
        let fresh = try executor.makeSequence()
        _ = try read(executor, fresh, Array(same.prefix(400)))
        #expect(normalizedError(moved, try read(executor, fresh, [9])) < 1e-6, "\(name)")
        #expect(throws: ComputeError.self) { try executor.shift(sequence, keep: 300, discard: 200) }
        // A snapshot is not touched by it.
        let shared = try executor.makeSequence()
        _ = try read(executor, shared, whole)
        let snapshot = try shared.snapshot()
        let next = try read(executor, shared, [9])
        try shared.restore(snapshot)
        try executor.shift(shared, keep: 10, discard: 256)
        try shared.restore(snapshot)
        #expect(try read(executor, shared, [9]) == next)
    }
}
