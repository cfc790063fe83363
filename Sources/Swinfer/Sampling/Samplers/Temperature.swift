/// Divides logits by a temperature, which may follow the entropy: low where the model is sure, high
/// where it is not (EDT, Zhang et al. 2024).
struct Temperature {
    let temperature: Float
    /// How far the temperature goes to both sides; 0: it stays.
    let range: Float
    let exponent: Float

    func apply(_ candidates: inout Candidates) {
        var value = temperature
        if range > 0 {
            guard candidates.count > 1, candidates.weigh() else { return }
            let low = max(0, temperature - range)
            let share = max(0, Float(candidates.entropy() / logarithm(Double(candidates.count))))
            value = low + (temperature + range - low) * power(share, exponent)
        }
        if value <= 0 { return candidates.keepLargest(1) }
        if value == 1 { return }
        candidates.changeAll { $0 / value }
    }
}
