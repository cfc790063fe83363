import Dispatch
import Glibc
import Synchronization

/// Measures how fast large parallel reads come from a disk, past the page cache.
public enum DiskProbe {
    /// Bytes of one read, and reads under way at once: as experts are streamed.
    private static let piece = 4 << 20
    private static let lanes = 4

    /// O_DIRECT, which Glibc's module leaves out and whose value differs between processors.
    #if arch(arm64)
    private static let directFlag: Int32 = 0o200000
    #else
    private static let directFlag: Int32 = 0o40000
    #endif

    /// Bytes per second of reading up to 512 MB of a file, for a second at most.
    ///
    /// - Returns: nil when the file is too small, cannot be read, or its file system knows no direct reads.
    public static func measure(file path: String) -> Double? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | directFlag)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let pieces = min(size, 512 << 20) / piece
        guard pieces >= lanes else { return nil }
        let next = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        let start = ContinuousClock.now
        let file = descriptor
        DispatchQueue.concurrentPerform(iterations: lanes) { _ in
            var memory: UnsafeMutableRawPointer? = nil
            guard unsafe posix_memalign(&memory, 4096, piece) == 0, let buffer = unsafe memory else { return }
            defer { unsafe free(buffer) }
            while start.duration(to: .now) < .seconds(1) {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < pieces else { break }
                let got = unsafe pread(file, buffer, piece, off_t(index * piece))
                guard got == piece else { break }
                done.wrappingAdd(got, ordering: .relaxed)
            }
        }
        let (seconds, atto) = start.duration(to: .now).components
        let elapsed = Double(seconds) + Double(atto) * 1e-18
        let bytes = done.load(ordering: .relaxed)
        return bytes >= lanes * piece && elapsed > 0 ? Double(bytes) / elapsed : nil
    }

    /// The same with a file that is written for it in a folder, and removed again.
    public static func measure(folder: String) -> Double? {
        let path = folder + "/swinfer-disk-probe.\(getpid())"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { unsafe unlink(path) }
        // Pseudo-random words: file systems that compress would tell of a faster disk.
        var words = [UInt64](repeating: 0, count: piece / 8)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in words.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            words[index] = state
        }
        var written = true
        for _ in 0..<(256 << 20) / piece where written {
            written = unsafe words.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress, $0.count) == $0.count
            }
        }
        written = fsync(descriptor) == 0 && written
        close(descriptor)
        return written ? measure(file: path) : nil
    }
}
