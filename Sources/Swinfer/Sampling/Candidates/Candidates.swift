import Glibc

/// The tokens that may be chosen, with their logits and probabilities, while samplers work on them.
///
/// It begins as the whole vocabulary, read where the model left its logits: candidate i is token i.
/// A sampler that changes logits makes it a copy of them, one that removes tokens a list. No sampler
/// needs an order, only a cut by some key, so nothing long is ever sorted.
///
///     whole:  tokens  -                      list:  tokens  [17, 4, 911, ...]
///             logits  [vocabulary]                  logits  [17's, 4's, 911's, ...]
///             weights [vocabulary]                  weights
///
/// weights[i] = exp(logits[i] - reference); a probability is a weight over the sum of all. They are
/// computed when first needed, and stay right while candidates are removed.
///
/// Memory is taken once for the vocabulary's size and reused for every token.
@safe
package struct Candidates: ~Copyable {
    package private(set) var count = 0
    /// How many there were at first.
    private(set) var vocabularySize = 0
    /// Whether candidate i is token i.
    private(set) var isWhole = true

    /// Where the logits are: the model's own, or `ownLogits`.
    private(set) var logits: UnsafePointer<Float>
    private var capacity = 0
    private var ownLogits: UnsafeMutablePointer<Float>
    private(set) var tokens: UnsafeMutablePointer<Int32>
    private(set) var weights: UnsafeMutablePointer<Float>
    /// A sum of weights, or a largest value, of each block of candidates.
    private(set) var blocks: UnsafeMutablePointer<Float>
    /// A sampler's keys to cut by.
    private(set) var keys: UnsafeMutablePointer<Float>
    /// Keys with places, as `Candidates+Order` sorts them.
    private(set) var order: UnsafeMutablePointer<UInt64>
    private(set) var histogram: UnsafeMutablePointer<Float>

    /// The largest logit, once it is known.
    private var knownMaximum: Float?
    /// The logit whose weight is 1; nil: there are no weights.
    private var reference: Float?
    /// The sum of all weights, once it is known.
    private var knownTotal: Double?
    /// What the candidates that are left next are for.
    var use = Use.probabilities

    enum Use {
        /// Their weights are asked for.
        case probabilities
        /// Their logits are; weights are computed anew when needed, with the same results.
        case logits
        /// One of them is drawn, after logits were divided or unlikely ones removed: those that are removed may
        /// stay with a logit of -infinity.
        case drawing
    }

    package init() {
        unsafe ownLogits = .allocate(capacity: 1)
        unsafe tokens = .allocate(capacity: 1)
        unsafe weights = .allocate(capacity: 1)
        unsafe blocks = .allocate(capacity: 1)
        unsafe keys = .allocate(capacity: 1)
        unsafe order = .allocate(capacity: 1)
        unsafe histogram = .allocate(capacity: 2 * Candidates.buckets)
        unsafe logits = UnsafePointer(ownLogits)
    }

    deinit {
        release()
        unsafe histogram.deallocate()
    }

    private func release() {
        unsafe ownLogits.deallocate()
        unsafe tokens.deallocate()
        unsafe weights.deallocate()
        unsafe blocks.deallocate()
        unsafe keys.deallocate()
        unsafe order.deallocate()
    }

    /// Begins with all tokens. The logits must stay as they are until the last use.
    package mutating func load(_ logits: UnsafeBufferPointer<Float>) {
        precondition(logits.count > 0, "no logits to choose from")
        if logits.count > capacity {
            release()
            capacity = logits.count
            unsafe ownLogits = .allocate(capacity: capacity)
            unsafe tokens = .allocate(capacity: capacity)
            unsafe weights = .allocate(capacity: capacity)
            unsafe blocks = .allocate(capacity: capacity / LogitScan.block + 1)
            unsafe keys = .allocate(capacity: capacity)
            unsafe order = .allocate(capacity: capacity)
        }
        unsafe self.logits = logits.baseAddress!
        count = logits.count
        vocabularySize = count
        isWhole = true
        use = .probabilities
        forgetLogits()
    }

    package func token(_ index: Int) -> Int32 { isWhole ? Int32(index) : unsafe tokens[index] }
    package func logit(_ index: Int) -> Float { unsafe logits[index] }

    // MARK: Probabilities

    /// The largest logit; -infinity when none is possible.
    mutating func maximum() -> Float {
        if let knownMaximum { return knownMaximum }
        let maximum = unsafe LogitScan.maximum(logits, count)
        knownMaximum = maximum
        return maximum
    }

    /// Computes the weights; false: no logit is finite, and there is no distribution.
    mutating func weigh() -> Bool {
        if reference == nil {
            let maximum = maximum()
            if !maximum.isFinite { return false }
            knownTotal = unsafe LogitScan.exponentials(
                logits, count, reference: maximum, into: weights, blockSums: blocks)
            reference = maximum
        }
        return total() > 0
    }

    /// The sum of the weights; `blocks` are its parts.
    mutating func total() -> Double {
        if let knownTotal { return knownTotal }
        let total = unsafe LogitScan.blockSums(weights, count, into: blocks)
        knownTotal = total
        return total
    }

    /// The logit whose weight is 1, after `weigh`.
    var weightReference: Float { reference ?? 0 }

    /// The entropy in nats, after `weigh`.
    mutating func entropy() -> Double {
        let total = total()
        let sum = unsafe LogitScan.weightedSum(weights, logits, count, reference: weightReference)
        return log(total) - sum / total
    }

    /// A candidate's share of the probability, after `weigh`.
    package mutating func probability(_ index: Int) -> Float {
        Float(Double(unsafe weights[index]) / total())
    }

    // MARK: Changing logits

    /// Changes the logits of all candidates; none is to become larger than one that was larger before.
    mutating func changeAll(_ change: (LogitScan.Lanes) -> LogitScan.Lanes) {
        makeOwn(copying: false)
        let source = unsafe logits
        let target = unsafe ownLogits
        var index = 0
        while index + 8 <= count {
            unsafe UnsafeMutableRawPointer(target + index).storeBytes(
                of: change(LogitScan.load(source, index)), as: LogitScan.Lanes.self)
            index += 8
        }
        if index < count {
            var last = LogitScan.Lanes()
            for lane in 0..<count - index { last[lane] = unsafe source[index + lane] }
            last = change(last)
            for lane in 0..<count - index { unsafe target[index + lane] = last[lane] }
        }
        unsafe logits = UnsafePointer(target)
        let maximum = knownMaximum.map { change(LogitScan.Lanes(repeating: $0))[0] }
        forgetLogits()
        knownMaximum = maximum
    }

    /// Changes the logits of some tokens.
    ///
    /// - Parameters:
    ///   - some: the tokens, each once, in any order.
    ///   - change: called with a token and its logit; in a list, with every candidate.
    mutating func change(_ some: some Sequence<Int32>, _ change: (Int32, Float) -> Float) {
        makeOwn(copying: true)
        if isWhole {
            for token in some where token >= 0 && Int(token) < count {
                unsafe ownLogits[Int(token)] = change(token, ownLogits[Int(token)])
            }
        } else {
            for index in 0..<count { unsafe ownLogits[index] = change(tokens[index], ownLogits[index]) }
        }
        forgetLogits()
    }

    private mutating func makeOwn(copying: Bool) {
        if unsafe logits == UnsafePointer(ownLogits) { return }
        if copying {
            unsafe ownLogits.update(from: logits, count: count)
            unsafe logits = UnsafePointer(ownLogits)
        }
    }

    private mutating func forgetLogits() {
        knownMaximum = nil
        reference = nil
        knownTotal = nil
    }

    // MARK: Removing candidates

    /// Keeps the candidates whose place passes a test.
    @inline(__always)
    mutating func keep(_ wanted: (Int) -> Bool) {
        let source = unsafe logits
        let target = unsafe ownLogits
        dropWeights()
        let weighted = reference != nil
        var next = 0
        for index in 0..<count {
            // Written always and counted if wanted: no branch to mispredict. `next` <= `index`.
            let keep = wanted(index)
            let token = token(index)
            let logit = unsafe source[index]
            unsafe tokens[next] = token
            unsafe target[next] = logit
            if weighted { unsafe weights[next] = weights[index] }
            next += keep ? 1 : 0
        }
        becomeList(count: next)
    }

    /// Keeps the candidates whose logit is at least a bound.
    mutating func keep(atLeast bound: Float) {
        if unsafe LogitScan.count(logits, count, atLeast: bound) == count { return }
        dropWeights()
        var next = 0
        unsafe copy(0..<count, by: logits, atLeast: bound, to: &next)
        becomeList(count: next)
    }

    /// Keeps the candidates that come no later than a given one in the order by falling keys.
    mutating func keep(by keys: UnsafePointer<Float>, through last: UInt64) {
        let place = Candidates.place(last)
        // What is no number is last in the order, and never kept.
        let bound = unsafe keys[place].isNaN ? -.infinity : keys[place]
        dropWeights()
        if use == .drawing, unsafe areMostly(keys, atLeast: bound) {
            return unsafe silence(by: keys, below: bound, through: place)
        }
        var next = 0
        unsafe copy(0..<place + 1, by: keys, atLeast: bound, to: &next)
        unsafe copy(place + 1..<count, by: keys, atLeast: bound.nextUp, to: &next)
        becomeList(count: next)
    }

    /// Makes logits -infinity whose keys are below a bound, or equal to it behind a place.
    private mutating func silence(by keys: UnsafePointer<Float>, below bound: Float, through place: Int) {
        let (source, target) = unsafe (logits, ownLogits)
        let bounds = LogitScan.Lanes(repeating: bound)
        let after = LogitScan.Lanes(repeating: bound.nextUp)
        let none = LogitScan.Lanes(repeating: -.infinity)
        var index = 0
        while index &+ 8 <= count {
            let wanted = unsafe LogitScan.load(keys, index) .>= (index <= place ? bounds : after)
            unsafe store(none.replacing(with: LogitScan.load(source, index), where: wanted), target + index)
            index &+= 8
        }
        for rest in index..<count {
            let isWanted = unsafe keys[rest] >= (rest <= place ? bound : bound.nextUp)
            unsafe target[rest] = isWanted ? source[rest] : -.infinity
        }
        // Eight were compared as their first.
        let end = max(place + 1, min(place / 8 * 8 + 8, index))
        for rest in place + 1..<end where unsafe keys[rest] == bound {
            unsafe target[rest] = -.infinity
        }
        // By other keys the largest logit may have gone.
        if unsafe keys != source { knownMaximum = nil }
        unsafe logits = UnsafePointer(target)
        knownTotal = nil
    }

    /// Moves candidates whose key is at least a bound to the list that is being made.
    private mutating func copy(
        _ range: Range<Int>, by keys: UnsafePointer<Float>, atLeast bound: Float, to next: inout Int
    ) {
        switch (isWhole, reference != nil) {
        case (true, true):
            unsafe copy(range, by: keys, atLeast: bound, to: &next, whole: true, weighted: true)
        case (true, false):
            unsafe copy(range, by: keys, atLeast: bound, to: &next, whole: true, weighted: false)
        case (false, true):
            unsafe copy(range, by: keys, atLeast: bound, to: &next, whole: false, weighted: true)
        case (false, false):
            unsafe copy(range, by: keys, atLeast: bound, to: &next, whole: false, weighted: false)
        }
    }

    /// Inlined for each kind of list, so that its loop does not ask what kind that is.
    @inline(__always)
    private mutating func copy(
        _ range: Range<Int>, by keys: UnsafePointer<Float>, atLeast bound: Float, to next: inout Int,
        whole: Bool, weighted: Bool
    ) {
        let (source, target) = unsafe (logits, ownLogits)
        let (tokens, weights) = unsafe (tokens, weights)
        let bounds = LogitScan.Lanes(repeating: bound)
        var place = next
        /// Written always, and kept by counting it: no branch to mispredict. `place` <= `index`.
        func write(_ index: Int) {
            let logit = unsafe source[index]
            unsafe tokens[place] = whole ? Int32(truncatingIfNeeded: index) : tokens[index]
            unsafe target[place] = logit
            if weighted { unsafe weights[place] = weights[index] }
        }
        var start = range.lowerBound
        while start &+ 8 <= range.upperBound {
            defer { start &+= 8 }
            let wanted = unsafe LogitScan.load(keys, start) .>= bounds
            // Most of a vocabulary is not likely, or everything is nearly alike.
            guard LogitScan.any(wanted) else { continue }
            guard LogitScan.all(wanted) else {
                // -1 where it holds: what the compiler knows to be a truth it would branch on.
                let counts = unsafe unsafeBitCast(wanted, to: SIMD8<Int32>.self)
                for lane in 0..<8 {
                    write(start &+ lane)
                    place &-= Int(counts[lane])
                }
                continue
            }
            // Read before anything is written: the lists may be the same.
            let eight = unsafe LogitScan.load(source, start)
            if whole {
                let first = SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: start))
                unsafe store(first &+ SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7), tokens + place)
            } else {
                unsafe store(
                    UnsafeRawPointer(tokens + start).loadUnaligned(as: SIMD8<Int32>.self), tokens + place)
            }
            if weighted { unsafe store(LogitScan.load(weights, start), weights + place) }
            unsafe store(eight, target + place)
            place &+= 8
        }
        for index in start..<range.upperBound {
            write(index)
            if unsafe keys[index] >= bound { place &+= 1 }
        }
        next = place
    }

    @inline(__always)
    private func store<Eight>(_ eight: Eight, _ target: UnsafeMutableRawPointer) {
        unsafe target.storeBytes(of: eight, as: Eight.self)
    }

    private mutating func dropWeights() { if use != .probabilities { reference = nil } }

    /// Keeps the candidates at the first places of `order`, in that order.
    mutating func keep(ordered kept: Int) {
        let source = unsafe logits
        let whole = isWhole
        // Places may lie before ones still to be read, so logits go through the keys' memory.
        for index in 0..<kept {
            let place = Candidates.place(unsafe order[index])
            unsafe keys[index] = source[place]
            unsafe order[index] = UInt64(UInt32(bitPattern: whole ? Int32(place) : tokens[place]))
        }
        for index in 0..<kept {
            unsafe ownLogits[index] = keys[index]
            unsafe tokens[index] = Int32(truncatingIfNeeded: order[index])
        }
        reference = nil
        becomeList(count: kept)
    }

    /// Keeps tokens of a mask.
    package mutating func keep(_ mask: borrowing TokenMask) {
        guard isWhole else {
            let tokens = unsafe tokens
            return keep { mask.contains(unsafe tokens[$0]) }
        }
        let source = unsafe logits
        let (tokens, target) = unsafe (tokens, ownLogits)
        var next = 0
        for (index, word) in mask.words.enumerated() where word != 0 {
            let first = index << 6
            if word == .max, first + 64 <= count {
                // Most words of a mask are full or empty.
                for offset in 0..<64 {
                    unsafe tokens[next + offset] = Int32(truncatingIfNeeded: first + offset)
                    unsafe target[next + offset] = source[first + offset]
                }
                next += 64
                continue
            }
            var left = word
            while left != 0 {
                let token = first + left.trailingZeroBitCount
                left &= left - 1
                if token >= count { break }
                unsafe tokens[next] = Int32(truncatingIfNeeded: token)
                unsafe target[next] = source[token]
                next += 1
            }
        }
        reference = nil
        knownMaximum = nil
        becomeList(count: next)
    }

    private mutating func becomeList(count: Int) {
        self.count = count
        isWhole = false
        unsafe logits = UnsafePointer(ownLogits)
        knownTotal = nil
    }

    /// A removed candidate was the largest.
    mutating func forgetMaximum() { knownMaximum = nil }
}
