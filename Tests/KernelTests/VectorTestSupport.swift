import Foundation
import Kernels

/// Memory whose end is a page that cannot be touched: a kernel that reads or writes past its row
/// faults.
@safe final class FencedMemory {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    init(bytes: Int) {
        capacity = (bytes + Self.page - 1) / Self.page * Self.page
        unsafe base = mmap(
            nil, capacity + Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        unsafe precondition(base != MAP_FAILED && mprotect(base + capacity, Self.page, PROT_NONE) == 0)
    }

    deinit { unsafe munmap(base, capacity + Self.page) }

    /// The last `count` bytes before the fence.
    func last(bytes count: Int) -> UnsafeMutableRawPointer { unsafe base + (capacity - count) }

    /// The last `count` floats before the fence, holding `values` if given.
    func floats(_ count: Int, _ values: [Float] = []) -> UnsafeMutablePointer<Float> {
        let p = unsafe last(bytes: count * 4).bindMemory(to: Float.self, capacity: count)
        for (i, value) in values.prefix(count).enumerated() { unsafe p[i] = value }
        return unsafe p
    }
}

/// The levels that this machine runs.
let vectorLevels = (["scalar", "avx2", "avx512", "neon"] as [String]).filter { level in
    unsafe sw_kernels_named(level) != nil
}

func vectorTable(_ level: String) -> sw_kernels { unsafe sw_kernels_named(level)!.pointee }
