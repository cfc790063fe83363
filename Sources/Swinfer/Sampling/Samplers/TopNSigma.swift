/// Keeps the logits within n standard deviations of the largest (Tang et al. 2024, "Top-nσ").
struct TopNSigma {
    let n: Float

    func apply(_ candidates: inout Candidates) {
        if candidates.count <= 1 { return }
        let maximum = candidates.maximum()
        let (sum, count) = unsafe LogitScan.sum(candidates.logits, candidates.count)
        if count == 0 || !maximum.isFinite { return }
        let mean = sum / Double(count)
        let squares = unsafe LogitScan.squares(candidates.logits, candidates.count, around: Float(mean))
        let deviation = Float((squares / Double(count)).squareRoot())
        candidates.keep(atLeast: maximum - n * deviation)
    }
}
