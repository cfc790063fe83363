/// Keeps the most likely tokens, the fewest whose probabilities reach p (nucleus sampling, Holtzman et
/// al. 2019).
struct TopP {
    let p: Float

    func apply(_ candidates: inout Candidates) {
        guard candidates.weigh() else { return }
        let total = candidates.total()
        if candidates.count > Candidates.sortLimit {
            // All tokens below this weight together have less than half of 1 - p: none is needed.
            let least = 0.5 * (1 - Double(p)) * total / Double(candidates.count)
            let bound = candidates.weightReference + Float(logarithm(least))
            if candidates.isWorthCutting(below: bound) { candidates.keep(atLeast: bound) }
        }
        unsafe candidates.keepMass(Double(p) * total, by: candidates.logits, inclusive: true)
    }
}
