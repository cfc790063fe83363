/// Why a GGUF file could not be read or written.
///
/// `description` is one line that names the file, the key or tensor, the offset, the limit and what to
/// do. Text from the file is escaped in it, so that it may be printed to a terminal.
public enum GGUFError: Error, Equatable, Sendable {
    /// The system refused to open, examine or map the file; `code` is its `errno`.
    case cannotOpen(path: String, operation: String, code: Int32)
    /// The path leads to a directory, a FIFO, a socket or a device.
    case notRegularFile(path: String, kind: String)
    /// The file does not begin as GGUF; `found` says what it looks like.
    case notGGUF(path: String, found: String)
    /// The file was written for big-endian machines.
    case bigEndian(path: String)
    /// The file has a version of the format other than 2 and 3.
    case unsupportedVersion(path: String, version: UInt32)
    /// `item` at `offset` ends at byte `end`, past the file's `fileBytes` bytes.
    case truncated(path: String, item: String, offset: Int, end: UInt64, fileBytes: Int)
    /// `what` of `item` at `offset` is `value`, more than `limit`.
    case limitExceeded(path: String, item: String, offset: Int, what: String, value: UInt64, limit: Int)
    /// `item` at `offset` breaks a rule of the format.
    case invalid(path: String, item: String, offset: Int, reason: String)
    /// `item` at `offset` occurs a second time.
    case duplicate(path: String, item: String, offset: Int)
    /// The model is split into `count` files and the one at `missing` cannot be found.
    case missingShard(path: String, missing: String, count: Int)
    /// The files of a split model do not fit each other.
    case inconsistentShards(path: String, reason: String)
    /// The model lacks a key that is needed.
    case missingKey(path: String, key: String)
    /// A key's value, at `offset` when it comes from a file, has another type, count or range than is
    /// needed.
    case wrongType(path: String, key: String, offset: Int?, expected: String, found: String)
    /// A file could not be written.
    case cannotWrite(path: String, item: String, reason: String)
}
