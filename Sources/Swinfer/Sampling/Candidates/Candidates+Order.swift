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
    static let buckets = 2048

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

    /// Keeps the k largest logits whose tokens pass a test, sorted; false, and unchanged, when
    /// fewer than that pass it among the `most` largest.
    mutating func keepLargest(_ k: Int, among most: Int, where isWanted: (Int32) -> Bool) -> Bool {
        let found = selectLargest(most)
        let order = unsafe order
        var kept = 0
        for index in 0..<found where kept < k {
            let next = unsafe order[index]
            if isWanted(token(Candidates.place(next))) {
                unsafe order[kept] = next
                kept += 1
            }
        }
        guard kept == k else { return false }
        keep(ordered: kept)
        return true
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
            let bound = unsafe cut(by: logits, weights: nil, until: Float(k), inclusive: true)
            let least = bound.map { unsafe logits[Candidates.place($0)] } ?? .nan
            return least.isNaN
                ? collectAll() : collect(atLeast: least, in: 0..<blockCount, size) { _ in true }
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
        let keys = unsafe keys
        let found = collect(atLeast: bound, in: 0..<blockCount, size) { unsafe keys[$0] >= bound }
        if found >= k { return found }
        // Fewer than k logits are numbers: the rest are the first of the others.
        return collectAll()
    }

    private func collectAll() -> Int {
        for index in 0..<count { unsafe order[index] = Candidates.ordered(logits[index], index) }
        return count
    }

    /// Writes the logits that are at least a bound to `order`; returns how many.
    private func collect(
        atLeast bound: Float, in blocks: Range<Int>, _ size: Int, _ isWanted: (Int) -> Bool
    ) -> Int {
        let (logits, order) = unsafe (logits, order)
        var found = 0
        for block in blocks where isWanted(block) {
            let end = min((block + 1) * size, count)
            for start in stride(from: block * size, to: end, by: 8) {
                if start + 8 <= end, !LogitScan.any(unsafe LogitScan.load(logits, start) .>= bound) {
                    continue
                }
                for index in start..<min(start + 8, end) where unsafe logits[index] >= bound {
                    unsafe order[found] = Candidates.ordered(logits[index], index)
                    found += 1
                }
            }
        }
        return found
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
        let steps = unsafe Steps(top: top, bottom: sampledMinimum(keys))
        unsafe fillHistogram(keys, weights, steps)
        var sum: Float = 0
        var bucket = 0
        while bucket < Candidates.buckets {
            let next = unsafe sum + histogram[bucket] + histogram[Candidates.buckets + bucket]
            if inclusive ? next >= target : next > target { break }
            sum = next
            bucket += 1
        }
        if bucket == Candidates.buckets { return nil }
        let found = unsafe collect(keys, steps, bucket)
        // Sums of a bucket's parts round differently, so its last candidate may be needed to reach.
        let end = unsafe reach(target, from: sum, among: found, weights, inclusive: inclusive)
        return unsafe end ?? order[found - 1]
    }

    /// Even steps down from the largest key; the last bucket holds all that is lower, and NaN.
    private struct Steps {
        let top: Float
        let scale: Float

        init(top: Float, bottom: Float) {
            self.top = top
            let range = top - bottom
            scale = Steps.last / (range > 0 ? min(range, 64) : 1)
        }

        private static let last = Float(Candidates.buckets - 1)

        @inline(__always)
        func buckets(_ keys: LogitScan.Lanes) -> SIMD8<Int32> {
            let down = (top - keys) * scale
            let bounded = LogitScan.Lanes(repeating: Steps.last).replacing(
                with: down, where: down .< Steps.last)
            // Adding 2^23 leaves the nearest integer in the low bits.
            return unsafe unsafeBitCast(bounded + 8_388_608, to: SIMD8<Int32>.self) & 0xFFFF
        }
    }

    /// About the share of keys that are at least a bound.
    private func share(_ keys: UnsafePointer<Float>, atLeast bound: Float) -> Float {
        var (found, looked) = (0, 0)
        for index in stride(from: 0, to: count, by: max(1, count / 1024)) {
            found += unsafe keys[index] >= bound ? 1 : 0
            looked += 1
        }
        return Float(found) / Float(looked)
    }

    /// Whether a list without the logits below a bound would be much shorter.
    func isWorthCutting(below bound: Float) -> Bool { unsafe share(logits, atLeast: bound) < 0.5 }

    /// Whether a list of the keys that are at least a bound would be hardly shorter.
    func areMostly(_ keys: UnsafePointer<Float>, atLeast bound: Float) -> Bool {
        unsafe share(keys, atLeast: bound) > 0.75
    }

    /// About the smallest key: which bucket a key falls into is no question of what is right.
    private func sampledMinimum(_ keys: UnsafePointer<Float>) -> Float {
        var least = Float.infinity
        for index in stride(from: 0, to: count, by: max(1, count / 1024)) {
            let key = unsafe keys[index]
            if key < least, key > -.infinity { least = key }
        }
        return least
    }

    /// Eight keys; what is past the last is the lowest there is.
    @inline(__always)
    private func lanes(_ keys: UnsafePointer<Float>, _ index: Int) -> LogitScan.Lanes {
        if index + 8 <= count { return unsafe LogitScan.load(keys, index) }
        var lanes = LogitScan.Lanes(repeating: -.infinity)
        for lane in 0..<count - index { lanes[lane] = unsafe keys[index + lane] }
        return lanes
    }

    /// Two histograms behind each other, so that neighbours with the same bucket need not wait.
    private func fillHistogram(_ keys: UnsafePointer<Float>, _ weights: UnsafePointer<Float>?, _ steps: Steps)
    {
        let histogram = unsafe histogram
        for bucket in 0..<2 * Candidates.buckets { unsafe histogram[bucket] = 0 }
        // A block's buckets, which `order` has room for. Were they made and used in one loop, the compiler would
        // not make eight at a time.
        let buckets = unsafe UnsafeMutableRawPointer(order)
        for start in stride(from: 0, to: count, by: LogitScan.block) {
            let size = min(LogitScan.block, count - start)
            unsafe writeBuckets(keys, start, size, steps, to: buckets)
            if let weights = unsafe weights {
                unsafe add(size, in: buckets) { unsafe weights[start &+ $0] }
            } else {
                unsafe add(size, in: buckets) { _ in 1 }
            }
        }
    }

    @inline(never)
    private func writeBuckets(
        _ keys: UnsafePointer<Float>, _ start: Int, _ size: Int, _ steps: Steps,
        to buckets: UnsafeMutableRawPointer
    ) {
        for index in stride(from: 0, to: size, by: 8) {
            let eight = unsafe steps.buckets(lanes(keys, start + index))
            unsafe buckets.storeBytes(of: eight, toByteOffset: 4 * index, as: SIMD8<Int32>.self)
        }
    }

    @inline(__always)
    private func add(_ size: Int, in buckets: UnsafeMutableRawPointer, _ weight: (Int) -> Float) {
        let first = unsafe histogram
        let second = unsafe first + Candidates.buckets
        var index = 0
        while index < size {
            let bucket = unsafe Int(buckets.load(fromByteOffset: index &* 4, as: Int32.self))
            unsafe first[bucket] += weight(index)
            index &+= 1
            if index == size { return }
            let next = unsafe Int(buckets.load(fromByteOffset: index &* 4, as: Int32.self))
            unsafe second[next] += weight(index)
            index &+= 1
        }
    }

    /// Writes the candidates of a bucket to `order`; returns how many.
    private func collect(_ keys: UnsafePointer<Float>, _ steps: Steps, _ bucket: Int) -> Int {
        let order = unsafe order
        // Eight of it: to compare lanes with one number, the standard library goes from lane to lane.
        let wanted = SIMD8<Int32>(repeating: Int32(bucket))
        var found = 0
        for index in stride(from: 0, to: count, by: 8) {
            let eight = unsafe lanes(keys, index)
            let isHere = steps.buckets(eight) .== wanted
            // Most have none.
            guard LogitScan.any(isHere) else { continue }
            for lane in 0..<min(8, count - index) where isHere[lane] {
                unsafe order[found] = Candidates.ordered(eight[lane], index + lane)
                found += 1
            }
        }
        return found
    }

    /// The last of the first candidates of `order`, by falling value, that is needed to bring their weights up
    /// to a target. Of many, only the part that it is found in gets sorted.
    private func reach(
        _ target: Float, from start: Float, among number: Int, _ weights: UnsafePointer<Float>?,
        inclusive: Bool
    ) -> UInt64? {
        let order = unsafe order
        func weight(_ index: Int) -> Float {
            unsafe weights.map { unsafe $0[Candidates.place(order[index])] } ?? 1
        }
        func reaches(_ sum: Float) -> Bool { inclusive ? sum >= target : sum > target }
        var sum = start
        var part = 0..<number
        var depth = 2 * (Int.bitWidth - number.leadingZeroBitCount)
        while part.count > Candidates.sortLimit, depth > 0 {
            let split = unsafe part.lowerBound + splitFalling(order + part.lowerBound, part.count)
            let next = (part.lowerBound..<split).reduce(sum) { $0 + weight($1) }
            if reaches(next) {
                part = part.lowerBound..<split
            } else {
                sum = next
                part = split..<part.upperBound
            }
            depth -= 1
        }
        unsafe sortFalling(order + part.lowerBound, part.count)
        for index in part {
            sum += weight(index)
            if reaches(sum) { return unsafe order[index] }
        }
        // Added in another order, the sum had reached it.
        return unsafe part.upperBound < number ? order[part.upperBound - 1] : nil
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
