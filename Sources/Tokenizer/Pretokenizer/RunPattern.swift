/// Scalars of some classes, or in some ranges.
struct ScalarSet: Sendable {
    var kinds: ScalarClass = []
    /// In rising order.
    var ranges: [ClosedRange<UInt32>] = []
    /// Whether the set has what is neither of the classes nor in the ranges.
    var isInverted = false

    func contains(_ scalar: ScannedScalar) -> Bool {
        guard !scalar.kind.isEmpty else { return false }
        if scalar.isIn(kinds) { return !isInverted }
        // Whitespace beyond ASCII is in no range, even where one spans it, as in llama.cpp.
        if scalar.value >= 0x80, scalar.isIn(.whitespace) { return isInverted }
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar.value { low = middle + 1 } else { high = middle }
        }
        let found = low < ranges.count && ranges[low].lowerBound <= scalar.value
        return found != isInverted
    }
}

/// A run of scalars of a set, perhaps after one space.
struct RunPattern: SplitPattern {
    enum Lead: Sendable {
        case nothing
        /// ` ?`
        case space
        /// `\s?`
        case whitespace
    }

    var set: ScalarSet
    var lead = Lead.nothing
    var atLeast = 1
    var atMost = Int.max

    func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let first = text.scalar(at: start, before: limit)
        var end = start
        switch lead {
        case .nothing: break
        case .space: if first.value == 0x20 { end = first.end }
        case .whitespace: if first.isIn(.whitespace) { end = first.end }
        }
        var count = 0
        while count < atMost, case let scalar = text.scalar(at: end, before: limit), set.contains(scalar) {
            end = scalar.end
            count += 1
        }
        return count >= atLeast ? end : start
    }
}
