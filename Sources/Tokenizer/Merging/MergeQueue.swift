/// A priority queue of places in a text: lowest priority first, of equal ones the leftmost.
///
/// Most of what is queued is known at the begin. That is sorted once, in linear time, and only what comes
/// later goes through a heap, which stays small.
struct MergeQueue {
    private var sorted: [UInt64] = []
    private var next = 0

    /// Each number has four below it: half as many levels as with two, and the four lie side by side.
    private var heap: [UInt64] = []

    static func key(_ priority: UInt32, _ position: Int) -> UInt64 {
        UInt64(priority) << 32 | UInt64(position)
    }

    static func priority(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    static func position(_ key: UInt64) -> Int { Int(key & 0xFFFF_FFFF) }

    /// - Parameter keys: in rising order of their positions.
    init(_ keys: [UInt64]) {
        sorted = keys
        if keys.count < 1024 { sorted.sort() } else { sortByPriority() }
    }

    mutating func push(_ key: UInt64) {
        heap.append(key)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 4
            if heap[parent] <= key { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = key
    }

    mutating func popLowest() -> UInt64? {
        if let lowest = heap.first, next == sorted.count || lowest <= sorted[next] {
            let last = heap.removeLast()
            if !heap.isEmpty { sink(last) }
            return lowest
        }
        guard next < sorted.count else { return nil }
        next += 1
        return sorted[next - 1]
    }

    /// Puts a key in the place of the first one.
    private mutating func sink(_ key: UInt64) {
        var index = 0
        let count = heap.count
        while true {
            let first = 4 * index + 1
            guard first < count else { break }
            var lowest = first
            for child in first + 1..<max(min(first + 4, count), first + 1) where heap[child] < heap[lowest] {
                lowest = child
            }
            if key <= heap[lowest] { break }
            heap[index] = heap[lowest]
            index = lowest
        }
        heap[index] = key
    }

    /// Radix sort; stable, so that positions stay in order.
    private mutating func sortByPriority() {
        var other = sorted
        for shift in stride(from: 32 as UInt64, to: 64, by: 11) {
            var starts = [Int](repeating: 0, count: 2048)
            for key in sorted { starts[Int(key >> shift & 2047)] += 1 }
            // All alike: nothing to do.
            if starts[Int(sorted[0] >> shift & 2047)] == sorted.count { continue }
            var sum = 0
            for digit in starts.indices {
                let count = starts[digit]
                starts[digit] = sum
                sum += count
            }
            for key in sorted {
                let digit = Int(key >> shift & 2047)
                other[starts[digit]] = key
                starts[digit] += 1
            }
            swap(&sorted, &other)
        }
    }
}
