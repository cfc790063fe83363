/// Order among candidates: by a falling key, and of equal keys the earlier candidate first.
///
/// A key and a place make one integer that sorts that way, so there are no ties:
///
///     63            32 31              0
///     | key, ordered  | place, inverted |
extension Candidates {
    /// Lists up to this many candidates are sorted whole; of longer ones a histogram finds the part
    /// that a cut goes through.
    static let sortLimit = 1024
    static let buckets = 4096

    @inline(__always)
    static func ordered(_ key: Float, _ place: Int) -> UInt64 {
        // Floats compare as integers do once negative ones are turned around. Adding 0 makes -0 into 0.
        let bits = (key + 0).bitPattern
        let rising = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
        return UInt64(key.isNaN ? 0 : rising) << 32 | UInt64(~UInt32(truncatingIfNeeded: place))
    }

    @inline(__always)
    static func place(_ ordered: UInt64) -> Int { Int(~UInt32(truncatingIfNeeded: ordered)) }

    /// Puts the k largest logits' places first in `order`, sorted.
    ///
    /// - Returns: how many: k, or all.
    mutating func selectLargest(_ k: Int) -> Int {
        let k = min(k, count)
        if k <= 0 { return 0 }
        let logits = unsafe logits
        let order = unsafe order
        if count <= Candidates.sortLimit {
            for index in 0..<count { unsafe order[index] = Candidates.ordered(logits[index], index) }
            unsafe sortFalling(order, count)
            return k
        }
        let found = collectLargest(k)
        unsafe partitionFalling(order, found, k)
        unsafe sortFalling(order, k)
        return k
    }

    /// Keeps the k largest logits, unsorted when they are many.
    mutating func keepLargest(_ k: Int) {
        if k >= count { return }
        if k <= Candidates.sortLimit || count <= Candidates.sortLimit {
            keep(ordered: selectLargest(k))
            return
        }
        let logits = unsafe logits
        if let bound = unsafe cut(by: logits, weights: nil, until: Float(k), inclusive: true) {
            unsafe keep(by: logits, through: bound)
        }
    }

    /// Keeps the candidates of the largest keys until their weights reach a sum.
    ///
    /// - Parameters:
    ///   - keys: one for each candidate.
    ///   - inclusive: whether reaching the sum exactly is enough.
    mutating func keepMass(_ target: Double, by keys: UnsafePointer<Float>, inclusive: Bool) {
        let bound = unsafe cut(
            by: keys, weights: UnsafePointer(weights), until: Float(target), inclusive: inclusive)
        guard let bound else { return }
        unsafe keep(by: keys, through: bound)
    }

    /// Collects places of at least the k largest logits in `order`, and not many more.
    private mutating func collectLargest(_ k: Int) -> Int {
        let logits = unsafe logits
        let order = unsafe order
        let size = LogitScan.block / 2
        let blockCount = (count + size - 1) / size
        // The k-th largest of the blocks' maxima is a bound that at least k logits reach.
        guard k <= blockCount / 4 else {
            guard
                let bound = unsafe cut(by: logits, weights: nil, until: Float(k), inclusive: true)
            else {
                for index in 0..<count { unsafe order[index] = Candidates.ordered(logits[index], index) }
                return count
            }
            var found = 0
            for index in 0..<count {
                let ordered = unsafe Candidates.ordered(logits[index], index)
                unsafe order[found] = ordered
                found += ordered >= bound ? 1 : 0
            }
            return found
        }
        for block in 0..<blockCount {
            let start = block * size
            let maximum = unsafe LogitScan.maximum(logits + start, min(size, count - start))
            unsafe keys[block] = maximum
            unsafe order[block] = Candidates.ordered(maximum, block)
        }
        unsafe partitionFalling(order, blockCount, k)
        var least = UInt64.max
        for index in 0..<k { least = min(least, unsafe order[index]) }
        let bound = unsafe keys[Candidates.place(least)]
        var found = 0
        for block in 0..<blockCount where unsafe keys[block] >= bound {
            let start = block * size
            for index in start..<min(start + size, count) where unsafe logits[index] >= bound {
                unsafe order[found] = Candidates.ordered(logits[index], index)
                found += 1
            }
        }
        if found >= k { return found }
        // Fewer than k logits are numbers: the rest are the first of the others.
        for index in 0..<count { unsafe order[index] = Candidates.ordered(logits[index], index) }
        return count
    }

    /// The order value of the last candidate before which, and with which, the weights of falling
    /// keys reach a target; nil: they never do.
    ///
    /// - Parameter weights: one for each candidate; nil: each weighs 1.
    private mutating func cut(
        by keys: UnsafePointer<Float>, weights: UnsafePointer<Float>?, until target: Float, inclusive: Bool
    ) -> UInt64? {
        let order = unsafe order
        if count <= Candidates.sortLimit {
            for index in 0..<count { unsafe order[index] = Candidates.ordered(keys[index], index) }
            return unsafe reach(target, from: 0, among: count, weights, inclusive: inclusive)
        }
        let top = unsafe LogitScan.maximum(keys, count)
        guard top.isFinite else {
            for index in 0..<count { unsafe order[index] = Candidates.ordered(keys[index], index) }
            return unsafe reach(target, from: 0, among: count, weights, inclusive: inclusive)
        }
        // Even steps down from the top; the last bucket holds all that is lower, and NaN.
        let last = Float(Candidates.buckets - 1)
        let scale = unsafe last / (weights == nil ? 64 : 32)
        let histogram = unsafe histogram
        for bucket in 0..<Candidates.buckets { unsafe histogram[bucket] = 0 }
        if let weights = unsafe weights {
            for index in 0..<count {
                unsafe histogram[Candidates.bucket(keys[index], top, scale, last)] += weights[index]
            }
        } else {
            for index in 0..<count { unsafe histogram[Candidates.bucket(keys[index], top, scale, last)] += 1 }
        }
        var sum: Float = 0
        var bucket = 0
        while bucket < Candidates.buckets {
            let next = unsafe sum + histogram[bucket]
            if inclusive ? next >= target : next > target { break }
            sum = next
            bucket += 1
        }
        if bucket == Candidates.buckets { return nil }
        var found = 0
        for index in 0..<count {
            let key = unsafe keys[index]
            unsafe order[found] = Candidates.ordered(key, index)
            found += Candidates.bucket(key, top, scale, last) == bucket ? 1 : 0
        }
        // Sums of a bucket's parts round differently, so its last candidate may be needed to reach.
        let end = unsafe reach(target, from: sum, among: found, weights, inclusive: inclusive)
        return unsafe end ?? order[found - 1]
    }

    @inline(__always)
    private static func bucket(_ key: Float, _ top: Float, _ scale: Float, _ last: Float) -> Int {
        let down = (top - key) * scale
        // Adding 2^23 leaves the nearest integer in the low bits.
        return Int(((down < last ? down : last) + 8_388_608).bitPattern & 0xFFFF)
    }

    /// Sorts the first candidates of `order` and adds their weights up until a target.
    private func reach(
        _ target: Float, from start: Float, among number: Int, _ weights: UnsafePointer<Float>?,
        inclusive: Bool
    ) -> UInt64? {
        unsafe sortFalling(order, number)
        var sum = start
        for index in 0..<number {
            let next = unsafe order[index]
            sum += unsafe weights.map { unsafe $0[Candidates.place(next)] } ?? 1
            if inclusive ? sum >= target : sum > target { return next }
        }
        return nil
    }
}

/// Sorts in place by falling value: quicksort that leaves short pieces to insertion, and pieces that
/// will not get shorter to heapsort.
func sortFalling(_ values: UnsafeMutablePointer<UInt64>, _ count: Int) {
    var start = unsafe values
    var number = count
    var depth = 2 * (Int.bitWidth - count.leadingZeroBitCount)
    while number > 24 {
        if depth == 0 { return unsafe heapSortFalling(start, number) }
        depth -= 1
        let split = unsafe splitFalling(start, number)
        // The shorter part by recursion, so that the call stack stays low.
        if split < number - split {
            unsafe sortFalling(start, split)
            unsafe start += split
            number -= split
        } else {
            unsafe sortFalling(start + split, number - split)
            number = split
        }
    }
    for index in stride(from: 1, to: number, by: 1) {
        let value = unsafe start[index]
        var place = index
        while place > 0, unsafe start[place - 1] < value {
            unsafe start[place] = start[place - 1]
            place -= 1
        }
        unsafe start[place] = value
    }
}

/// Puts the k largest values first, in no order.
func partitionFalling(_ values: UnsafeMutablePointer<UInt64>, _ count: Int, _ k: Int) {
    var start = 0
    var end = count
    var depth = 4 * (Int.bitWidth - count.leadingZeroBitCount)
    while k > start, k < end, end - start > 24 {
        if depth == 0 { break }
        depth -= 1
        let split = unsafe start + splitFalling(values + start, end - start)
        if k < split { end = split } else { start = split }
    }
    if k > start, k < end { unsafe sortFalling(values + start, end - start) }
}

/// Parts values around one of middle size: those before the returned place are no smaller than those
/// from it on, and neither part is empty.
private func splitFalling(_ values: UnsafeMutablePointer<UInt64>, _ count: Int) -> Int {
    let a = unsafe values[0]
    let b = unsafe values[count / 2]
    let c = unsafe values[count - 1]
    let pivot = max(min(a, b), min(max(a, b), c))
    var low = -1
    var high = count
    while true {
        repeat { low += 1 } while unsafe values[low] > pivot
        repeat { high -= 1 } while unsafe values[high] < pivot
        if low >= high { return max(1, min(count - 1, high + 1)) }
        let value = unsafe values[low]
        unsafe values[low] = values[high]
        unsafe values[high] = value
    }
}

private func heapSortFalling(_ values: UnsafeMutablePointer<UInt64>, _ count: Int) {
    func sift(_ root: Int, _ end: Int) {
        var root = root
        while 2 * root + 1 < end {
            var child = 2 * root + 1
            if child + 1 < end, unsafe values[child + 1] < values[child] { child += 1 }
            if unsafe values[root] <= values[child] { return }
            let value = unsafe values[root]
            unsafe values[root] = values[child]
            unsafe values[child] = value
            root = child
        }
    }
    for root in stride(from: count / 2 - 1, through: 0, by: -1) { sift(root, count) }
    for end in stride(from: count - 1, to: 0, by: -1) {
        let value = unsafe values[0]
        unsafe values[0] = values[end]
        unsafe values[end] = value
        sift(0, end)
    }
}
