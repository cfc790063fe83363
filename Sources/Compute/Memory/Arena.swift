import Glibc

/// Anonymous memory that the engine owns: zeroed, page-aligned, committed when first touched.
@safe
public final class Arena: @unchecked Sendable {
    /// Start of the memory; a multiple of 2 MB where the size allows huge pages.
    let base: UnsafeMutableRawPointer
    public let byteCount: Int
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int

    private static let hugePage = 2 << 20

    /// - Parameters:
    ///   - byteCount: bytes wanted; only those that are touched count against the machine.
    ///   - hugePages: ask for 2 MB pages (for memory that is used whole).
    /// - Throws: `ComputeError.outOfMemory` when the kernel refuses the reservation.
    public init(byteCount: Int, hugePages: Bool = false) throws(ComputeError) {
        let wanted = max(byteCount, 1)
        let padded = wanted >= Arena.hugePage ? wanted + Arena.hugePage : wanted
        let result = mmap(
            nil, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let result, result != MAP_FAILED else {
            throw ComputeError.outOfMemory(bytes: wanted, reason: String(cString: strerror(errno)))
        }
        mapping = result
        mappedBytes = padded
        self.byteCount = wanted
        if wanted >= Arena.hugePage {
            let address = (UInt(bitPattern: result) + UInt(Arena.hugePage) - 1) & ~UInt(Arena.hugePage - 1)
            base = result + Int(address - UInt(bitPattern: result))
            if hugePages { madvise(base, wanted, MADV_HUGEPAGE) }
        } else {
            base = result
        }
    }

    deinit { munmap(mapping, mappedBytes) }

    /// Gives the pages of a range back to the system; they read as zero afterwards.
    func discard(_ range: Range<Int>) {
        let page = 4096
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        if start < end { madvise(base + start, end - start, MADV_DONTNEED) }
    }
}

/// Lays out sections in one block of memory, each on a 64-byte boundary.
struct SectionPlanner {
    private(set) var byteCount = 0

    /// The offset of a new section.
    mutating func add(bytes: Int) -> Int {
        let offset = byteCount
        byteCount = (byteCount + bytes + 63) & ~63
        return offset
    }

    mutating func add(floats: Int) -> Int { add(bytes: floats * 4) }
}
