/// Keeps the tokens at least p times as likely as the most likely (Nguyen et al. 2024).
struct MinP {
    private let distance: Float

    init(p: Float) { distance = logarithm(p) }

    func apply(_ candidates: inout Candidates) {
        let maximum = candidates.maximum()
        if maximum.isFinite { candidates.keep(atLeast: maximum + distance) }
    }
}
