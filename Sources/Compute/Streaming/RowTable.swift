import GGUF
import Glibc
import Synchronization

/// A table of which each token takes one row, read from the file for every batch instead of
/// being held in memory: token embeddings.
@safe
final class RowTable {
    /// As threads see it: where each row of the batch is.
    struct Rows: BitwiseCopyable {
        var table: UnsafeRawPointer
        var rows: UnsafeMutablePointer<UnsafeRawPointer>
    }

    let rows: Rows
    private let reader: FileReader
    private let shard: Int
    private let offset: Int
    private let rowBytes: Int
    private let room: Int
    private let memory: Arena
    private let completion: UnsafeMutablePointer<FileReader.Completion>
    private var requests: [FileReader.Request] = []

    /// - Parameter table: in the mapping of the reader's file.
    /// - Throws: `ComputeError.outsideFile` where it is not, `.outOfMemory`.
    init(_ table: Weight, reader: FileReader, batchLength: Int) throws(ComputeError) {
        self.reader = reader
        (shard, offset) = try ExpertLayout.position(
            of: table.base, count: table.byteCount, reader.file)
        rowBytes = table.rowBytes
        room = FileReader.room(table.rowBytes)
        memory = try Arena(byteCount: room * batchLength)
        rows = Rows(table: table.base, rows: .allocate(capacity: batchLength))
        completion = .allocate(capacity: 1)
        completion.initialize(to: FileReader.Completion())
        requests.reserveCapacity(batchLength)
    }

    deinit {
        rows.rows.deallocate()
        completion.deinitialize(count: 1)
        completion.deallocate()
    }

    /// Reads the rows of a batch's tokens.
    func read(_ tokens: UnsafePointer<Int32>, count: Int) throws(ComputeError) {
        requests.removeAll(keepingCapacity: true)
        for row in 0..<count {
            let start = offset + Int(tokens[row]) * rowBytes
            let target = memory.base + row * room + start % FileReader.page
            rows.rows[row] = UnsafeRawPointer(target)
            requests.append(
                FileReader.Request(
                    shard: shard, offset: start, count: rowBytes, target: target, completion: completion))
        }
        completion.pointee.failure.store(0, ordering: .relaxed)
        completion.pointee.pending.store(count, ordering: .releasing)
        requests.withUnsafeBufferPointer { reader.submit($0) }
        reader.wait { completion.pointee.pending.load(ordering: .sequentiallyConsistent) == 0 }
        let failure = completion.pointee.failure.load(ordering: .relaxed)
        if failure != 0 { throw reader.error(failure, shard: shard) }
    }
}
