import GGUF

/// Log-probabilities of a base model in a file, as llama.cpp's `llama-perplexity` saves them:
///
///     "_logits_" | i32 window length | i32 vocabulary | i32 windows | i32 tokens of all windows
///     | for each window: its scored rows, compressed (Compute's LogitRow) |
struct LogitsFileReader: Sendable {
    let windows: TextWindows
    let vocabulary: Int
    private let input: InputFile
    private static let headerBytes = 20

    /// - Throws: ``ToolError`` when the file is no such file, or ends early.
    init(_ path: String, beginToken: Int32?) throws(ToolError) {
        input = try InputFile(path)
        guard input.byteCount >= Self.headerBytes,
            try input.read(at: 0, count: 8) == Array("_logits_".utf8)
        else { throw ToolError("\(path): holds no log-probabilities; write them with --kl-divergence-base") }
        let length = Int(try input.integer(at: 8, as: Int32.self))
        vocabulary = Int(try input.integer(at: 12, as: Int32.self))
        let count = Int(try input.integer(at: 16, as: Int32.self))
        guard (4...1 << 24).contains(length), (1...1 << 24).contains(vocabulary),
            (1...1 << 24).contains(count),
            count <= (input.byteCount - Self.headerBytes) / (4 * length)
        else {
            throw ToolError(
                "\(path): claims \(count) windows of \(length) tokens of a vocabulary of \(vocabulary); the file is damaged: make it again"
            )
        }
        let bytes = try input.read(at: Self.headerBytes, count: count * length * 4)
        let tokens = (0..<count * length).map { index in
            (0..<4).reduce(Int32(0)) { $0 | Int32(bytes[4 * index + $1]) << (8 * $1) }
        }
        windows = TextWindows(tokens: tokens, length: length, beginToken: beginToken)
        guard let bad = tokens.first(where: { $0 < 0 || Int($0) >= vocabulary }) else {
            let needed = Self.headerBytes + tokens.count * 4 + count * rowWords * windows.scoredPerWindow * 2
            guard input.byteCount >= needed else {
                throw ToolError(
                    "\(path): has \(input.byteCount) bytes, \(count) windows take \(needed); the run that wrote it did not end: make it again"
                )
            }
            return
        }
        throw ToolError(
            "\(path): holds token \(bad), the vocabulary has \(vocabulary); the file is damaged: make it again"
        )
    }

    var path: String { input.path }
    private var rowWords: Int { 2 * ((vocabulary + 1) / 2) + 4 }

    /// The compressed rows of a window's scored tokens.
    func rows(_ window: Int) throws(ToolError) -> [UInt16] {
        let count = rowWords * windows.scoredPerWindow
        let start = Self.headerBytes + windows.tokens.count * 4 + window * count * 2
        let bytes = try input.read(at: start, count: count * 2)
        return (0..<count).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
    }
}

/// Writes such a file aside and gives it its name when it is whole.
final class LogitsFileWriter {
    private let output: AtomicFile

    init(_ path: String, windows: TextWindows, vocabulary: Int) throws(ToolError) {
        output = try AtomicFile(path)
        var header = Array("_logits_".utf8)
        for number in [windows.length, vocabulary, windows.count] {
            header.append(contentsOf: Self.bytes(Int32(number)))
        }
        for token in windows.tokens { header.append(contentsOf: Self.bytes(token)) }
        try output.write(header)
    }

    private static func bytes(_ number: Int32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * Int32($0))) }
    }

    func write(_ words: [UInt16]) throws(ToolError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 2)
        for word in words {
            bytes.append(UInt8(truncatingIfNeeded: word))
            bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        }
        try output.write(bytes)
    }

    func finish() throws(ToolError) { try output.finish() }
}
