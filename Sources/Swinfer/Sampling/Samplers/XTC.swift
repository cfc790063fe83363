/// Removes, by chance, all of the tokens at least as likely as a threshold but the least likely of them
/// ("exclude top choices", p-e-w 2024).
struct XTC {
    let probability: Float
    let threshold: Float

    func apply(_ candidates: inout Candidates, _ random: inout RandomSource) {
        if threshold > 0.5 || candidates.count < 2 { return }
        if random.nextUnit() > probability { return }
        guard candidates.weigh() else { return }
        let least = Float(Double(threshold) * candidates.total())
        let weights = unsafe candidates.weights
        // The last, in falling order, of those that reach the threshold.
        var kept = UInt64.max
        for index in 0..<candidates.count where unsafe weights[index] >= least {
            kept = min(kept, unsafe Candidates.ordered(weights[index], index))
        }
        if kept == .max { return }
        candidates.keep { unsafe Candidates.ordered(weights[$0], $0) <= kept }
        candidates.forgetMaximum()
    }
}
