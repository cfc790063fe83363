import Compute
import GGUF
import Glibc

/// A session in a file:
///
///     magic      8 bytes  "SWSESS\r\n"
///     version    UInt32   1
///     header     UInt32   its bytes, then:
///       fingerprint of the model's tensors and of its vocabulary   UInt64 each
///       architecture, settings of the cache                        UInt32 length, UTF-8
///       tokens, evaluated tokens, bytes of cache                   UInt64 each
///     tokens     Int32 each
///     cache      what `SequenceCache.Snapshot.write` hands over
///     checksum   UInt64 over everything before
///
/// All numbers are little-endian.
struct SessionHeader: Equatable {
    static let magic = Array("SWSESS\r\n".utf8)
    static let version: UInt32 = 1
    /// Bytes before the header.
    static let startBytes = 16
    static let longestHeader = 1 << 16

    var fingerprint: ModelFingerprint
    var settings: String
    var tokens: Int
    var evaluated: Int
    var cacheBytes: Int

    var bytes: [UInt8] {
        var header = ByteWriter()
        header.add(fingerprint.tensors)
        header.add(fingerprint.vocabulary)
        header.add(fingerprint.architecture)
        header.add(settings)
        for number in [tokens, evaluated, cacheBytes] { header.add(UInt64(number)) }
        var start = ByteWriter(bytes: SessionHeader.magic)
        start.add(SessionHeader.version)
        start.add(UInt32(header.bytes.count))
        return start.bytes + header.bytes
    }

    /// Bytes of the whole file.
    var fileBytes: Int { bytes.count + tokens * 4 + cacheBytes + 8 }

    init(fingerprint: ModelFingerprint, settings: String, tokens: Int, evaluated: Int, cacheBytes: Int) {
        self.fingerprint = fingerprint
        self.settings = settings
        self.tokens = tokens
        self.evaluated = evaluated
        self.cacheBytes = cacheBytes
    }

    /// nil: damaged.
    init?(header: [UInt8]) {
        var reader = ByteReader(header)
        guard let tensors = reader.number(UInt64.self), let vocabulary = reader.number(UInt64.self),
            let architecture = reader.text(), let settings = reader.text(),
            let tokens = reader.number(UInt64.self), let evaluated = reader.number(UInt64.self),
            let cacheBytes = reader.number(UInt64.self), reader.isAtEnd, tokens <= 1 << 32,
            evaluated <= tokens, cacheBytes <= 1 << 48
        else { return nil }
        fingerprint = ModelFingerprint(architecture: architecture, tensors: tensors, vocabulary: vocabulary)
        self.settings = settings
        self.tokens = Int(tokens)
        self.evaluated = Int(evaluated)
        self.cacheBytes = Int(cacheBytes)
    }
}

/// What tells one model from another, without reading all of its weights.
struct ModelFingerprint: Equatable {
    var architecture: String
    /// Of the names, shapes and types of all tensors and a few bytes of each.
    var tensors: UInt64
    /// Of the texts of all tokens.
    var vocabulary: UInt64
}

extension ModelFingerprint {
    init(_ file: GGUFFile) {
        architecture = file.architecture ?? ""
        var sum = Checksum()
        for tensor in file.tensors {
            sum.add(tensor.name)
            sum.add("\(tensor.type)")
            for dimension in tensor.dimensions { sum.add(dimension) }
            let bytes = unsafe file.bytes(of: tensor)
            let middle = bytes.count / 2
            unsafe sum.add(UnsafeRawBufferPointer(rebasing: bytes[middle..<min(bytes.count, middle + 64)]))
        }
        tensors = sum.value
        var words = Checksum()
        if let tokens = try? file.metadata.strings("tokenizer.ggml.tokens") {
            for token in tokens { words.add(token) }
        }
        vocabulary = words.value
    }
}

/// Reads a file from front to back, summing what it reads.
final class SummedInput {
    private let descriptor: Int32
    private var sum = Checksum()
    let byteCount: Int

    /// nil: it cannot be opened; errno tells why.
    init?(_ path: String) {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if opened < 0 { return nil }
        var facts = stat()
        guard unsafe fstat(opened, &facts) == 0 else {
            close(opened)
            return nil
        }
        descriptor = opened
        byteCount = Int(facts.st_size)
    }

    deinit { close(descriptor) }

    /// Fills the memory; false: the file ended or could not be read.
    func read(_ target: UnsafeMutableRawBufferPointer) -> Bool {
        var place = 0
        while place < target.count {
            let part = min(1 << 30, target.count - place)
            let count = unsafe Glibc.read(descriptor, target.baseAddress! + place, part)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return false }
            place += count
        }
        unsafe sum.add(UnsafeRawBufferPointer(target))
        return true
    }

    func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let whole = unsafe bytes.withUnsafeMutableBytes { unsafe read($0) }
        return whole ? bytes : nil
    }

    var checksum: UInt64 { sum.value }

    /// Sums the file's first bytes anew and goes on behind them.
    func rewind(to place: Int) -> Bool {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { return false }
        sum = Checksum()
        var left = place
        while left > 0 {
            guard let bytes = read(min(left, 1 << 20)) else { return false }
            left -= bytes.count
        }
        return true
    }
}
