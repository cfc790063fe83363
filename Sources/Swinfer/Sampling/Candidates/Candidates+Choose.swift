extension Candidates {
    /// The place of a candidate drawn by its probability.
    ///
    /// - Parameter unit: uniform in 0..<1.
    mutating func draw(_ unit: Float) -> Int {
        // Nothing is possible, or one token is certain: there is no distribution to draw from.
        guard weigh() else { return largest() }
        var left = Double(unit) * total()
        var lastPossible = 0
        var start = 0
        while start < count {
            let end = min(start + LogitScan.block, count)
            defer { start = end }
            let sum = unsafe Double(blocks[start / LogitScan.block])
            if sum <= left {
                left -= sum
                if sum > 0 { lastPossible = start }
                continue
            }
            for index in start..<end {
                let weight = unsafe weights[index]
                left -= Double(weight)
                if left < 0 { return index }
                if weight > 0 { lastPossible = index }
            }
        }
        return lastPossible
    }

    /// The place of the first of the largest logits.
    mutating func largest() -> Int {
        unsafe Int(Sampler.largest(UnsafeBufferPointer(start: logits, count: count)))
    }
}

extension Sampler {
    /// The place of the first of the largest logits; 0 when none is a number above -infinity.
    static func largest(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        guard let base = logits.baseAddress else { return 0 }
        var best = -Float.infinity
        var bestStart = 0
        for start in stride(from: 0, to: logits.count, by: LogitScan.block) {
            let size = min(LogitScan.block, logits.count - start)
            let maximum = unsafe LogitScan.maximum(base + start, size)
            if maximum > best {
                best = maximum
                bestStart = start
            }
        }
        if best == -.infinity { return 0 }
        var index = bestStart
        while unsafe base[index] != best { index += 1 }
        return Int32(index)
    }
}
