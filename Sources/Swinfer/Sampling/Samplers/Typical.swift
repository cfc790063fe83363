/// Keeps the tokens whose surprise is nearest to the entropy, the fewest whose probabilities exceed p
/// (locally typical sampling, Meister et al. 2022).
struct Typical {
    let p: Float

    func apply(_ candidates: inout Candidates) {
        guard candidates.weigh() else { return }
        let total = candidates.total()
        // Surprise - entropy = (reference + log total - logit) - entropy.
        let offset = Float(Double(candidates.weightReference) + logarithm(total) - candidates.entropy())
        let logits = unsafe candidates.logits
        let keys = unsafe candidates.keys
        let count = candidates.count
        var index = 0
        while index + 8 <= count {
            let difference = unsafe LogitScan.load(logits, index) - offset
            let nearness = difference.replacing(with: -difference, where: difference .> 0)
            unsafe UnsafeMutableRawPointer(keys + index).storeBytes(of: nearness, as: LogitScan.Lanes.self)
            index += 8
        }
        while index < count {
            unsafe keys[index] = -abs(logits[index] - offset)
            index += 1
        }
        unsafe candidates.keepMass(Double(p) * total, by: keys, inclusive: false)
        candidates.forgetMaximum()
    }
}
