import GGUF
import Glibc

/// Reads a model's pages into memory piece by piece, telling how far it is.
///
/// A file larger than the memory that is available is left alone: reading it whole would only
/// push its first part out again.
func prefault(_ file: GGUFFile, progress: ((Double) -> Void)?) {
    let total = file.fileByteCount
    guard total < availableMemory() else { return }
    // The kernel reads ahead within a piece; larger pieces only make the progress coarse.
    let piece = 64 << 20
    // MADV_POPULATE_READ (Linux 5.14): maps pages that are in the page cache at once.
    let populateRead: Int32 = 22
    var done = 0
    for shard in file.shards.indices {
        let bytes = unsafe file.bytes(ofShard: shard)
        guard let base = bytes.baseAddress else { continue }
        var offset = 0
        while offset < bytes.count {
            let length = min(piece, bytes.count - offset)
            let address = unsafe UnsafeMutableRawPointer(mutating: base + offset)
            if unsafe madvise(address, length, populateRead) != 0 {
                unsafe madvise(address, length, MADV_WILLNEED)
            }
            offset += length
            done += length
            progress?(Double(done) / Double(total))
        }
    }
}

/// Bytes that can be used without swapping, from /proc/meminfo.
func availableMemory() -> Int { statusBytes("/proc/meminfo", "MemAvailable") ?? .max }

/// The largest resident size that this process has had.
package func peakMemory() -> Int { statusBytes("/proc/self/status", "VmHWM") ?? 0 }

/// A "Name:  123 kB" line of a /proc file, in bytes.
private func statusBytes(_ path: String, _ name: String) -> Int? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&buffer, Int32(buffer.count), file) != nil {
        let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard line.hasPrefix("\(name):") else { continue }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map {
            $0 * 1024
        }
    }
    return nil
}
