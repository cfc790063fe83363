package import GGUF
import Glibc

/// How often each expert of a model was chosen, over all its runs: [expert layer][expert].
///
/// Kept in the user's cache folder, under the identity of the model's files. A file that is
/// damaged or of another model counts for nothing.
public struct ExpertCounts: Sendable, Equatable {
    /// [expert layer][expert]: how often it was chosen.
    public var counts: [[Int64]]

    package init(_ counts: [[Int64]]) { self.counts = counts }

    /// All choices together.
    public var total: Int64 { counts.joined().reduce(0, &+) }

    /// More than this, and old choices lose half of their weight.
    private static let limit: Int64 = 1 << 24

    /// These and newer ones together.
    package func adding(_ newer: [[Int64]]) -> ExpertCounts {
        guard counts.map(\.count) == newer.map(\.count) else { return ExpertCounts(newer) }
        let halve = total > ExpertCounts.limit
        return ExpertCounts(
            zip(counts, newer).map { old, new in zip(old, new).map { (halve ? $0 / 2 : $0) &+ $1 } })
    }

    /// (layer, expert), the most popular in its layer first.
    public var hottest: [(layer: Int, expert: Int)] {
        let shares = counts.enumerated().flatMap { layer, counts in
            let total = Double(max(1, counts.reduce(0, &+)))
            return counts.enumerated().filter { $0.element > 0 }.map {
                (share: Double($0.element) / total, layer: layer, expert: $0.offset)
            }
        }
        return shares.sorted { ($0.share, $1.layer, $1.expert) > ($1.share, $0.layer, $0.expert) }.map {
            ($0.layer, $0.expert)
        }
    }

    // MARK: Files

    private static let header = "swinfer-experts 1"

    /// The text of the file.
    package var text: String {
        ([ExpertCounts.header, "\(counts.count)"]
            + counts.map { $0.map(String.init).joined(separator: " ") } + ["end", ""])
            .joined(separator: "\n")
    }

    /// nil when the text is not whole.
    package init?(text: String) {
        let lines = text.split(separator: "\n")
        guard lines.count >= 3, lines[0] == ExpertCounts.header, lines.last == "end",
            let layers = Int(lines[1]), layers == lines.count - 3
        else { return nil }
        var counts: [[Int64]] = []
        for line in lines[2..<lines.count - 1] {
            let parts = line.split(separator: " ")
            let numbers = parts.compactMap { Int64($0) }
            guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 && $0 < 1 << 48 }) else {
                return nil
            }
            counts.append(numbers)
        }
        self.counts = counts
    }

    /// Where the counts of a model are kept: `$XDG_CACHE_HOME/swinfer/experts` or
    /// `~/.cache/swinfer/experts`, by name, sizes and times of the model's files. nil without a
    /// home folder.
    package static func path(for file: GGUFFile) -> String? {
        let folder: String
        if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") {
            folder = cache
        } else if let home = environment("HOME"), home.hasPrefix("/") {
            folder = home + "/.cache"
        } else {
            return nil
        }
        // FNV-1a.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for shard in file.shards {
            let name = shard.path.split(separator: "/").last ?? ""
            let identity =
                "\(name)|\(shard.byteCount)|\(shard.modificationSeconds)|\(shard.modificationNanoseconds);"
            for byte in identity.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        let digits = String(hash, radix: 16)
        return "\(folder)/swinfer/experts/"
            + String(repeating: "0", count: 16 - digits.count) + digits + ".counts"
    }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// What reading a file gave.
    package enum Reading: Sendable, Equatable {
        case none
        case damaged
        case counts(ExpertCounts)
    }

    /// Reads a file; `shape` is how many experts each layer has.
    package static func read(_ path: String, shape: [Int]) -> Reading {
        guard let file = unsafe fopen(path, "r") else { return .none }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 64 << 20 {
            let got = unsafe fread(&buffer, 1, buffer.count, file)
            if got == 0 { break }
            bytes += buffer[..<got]
        }
        guard let counts = ExpertCounts(text: String(decoding: bytes, as: UTF8.self)),
            counts.counts.map(\.count) == shape
        else { return .damaged }
        return .counts(counts)
    }

    /// Writes the file, whole or not at all: aside first, and then renamed.
    ///
    /// - Returns: whether it was written; a cache that cannot be written is no failure.
    @discardableResult
    package func write(_ path: String) -> Bool {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            unsafe mkdir(folder, 0o755)
        }
        let partial = "\(path).\(getpid()).partial"
        guard let file = unsafe fopen(partial, "w") else { return false }
        var text = text
        let written = text.withUTF8 { unsafe fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
        let closed = unsafe fclose(file) == 0
        if written, closed, unsafe rename(partial, path) == 0 { return true }
        unsafe unlink(partial)
        return false
    }
}
