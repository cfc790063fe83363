/// Keeps the k most likely tokens.
struct TopK {
    let k: Int

    func apply(_ candidates: inout Candidates) { candidates.keepLargest(k) }
}
