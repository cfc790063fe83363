import Glibc
import Kernels

/// What one row of logits says of the token that followed, against another model's row.
public struct RowDivergence: Sendable, Equatable {
    /// Negative log-probability of the token, here and in the base.
    public var surprise: Double
    public var baseSurprise: Double
    /// Kullback-Leibler divergence from the base's distribution to this one, in nats.
    public var divergence: Double
    /// Whether both find the same token the likeliest.
    public var sameTop: Bool
    /// Probability of the token here less that in the base.
    public var probabilityChange: Double {
        Double(Float(exp(-surprise)) - Float(exp(-baseSurprise)))
    }
}

/// A row of logits, and llama.cpp's form of it in files: log-probabilities in 16 bits.
///
///     | scale: f32 | least: f32 | codes: u16 x vocabulary, padded to an even number |
///
/// log p = scale x code + least; what is 16 below the largest logit or less has code 0.
struct LogitRow {
    let values: UnsafePointer<Float>
    let count: Int

    /// 16-bit words of a row in its compressed form.
    static func words(_ count: Int) -> Int { 2 * ((count + 1) / 2) + 4 }

    private func largest() -> Float { sw_kernels_active().pointee.max(values, count) }

    /// Log of the sum of exponentials, less `largest`. `scratch` takes a copy of the row.
    private func logSum(_ largest: Float, _ scratch: UnsafeMutablePointer<Float>) -> Double {
        scratch.update(from: values, count: count)
        return log(Double(sw_kernels_active().pointee.exp_sum(scratch, largest, count)))
    }

    /// Negative log-probability of a token.
    func surprise(_ token: Int, _ scratch: UnsafeMutablePointer<Float>) -> Double {
        let largest = largest()
        return Double(largest) + logSum(largest, scratch) - Double(values[token])
    }

    func compress(into words: UnsafeMutablePointer<UInt16>, _ scratch: UnsafeMutablePointer<Float>) {
        let largest = largest()
        var least = values[0]
        for index in 1..<count where values[index] < least { least = values[index] }
        least = max(least, largest - 16)
        let sum = Float(logSum(largest, scratch))
        let scale = (largest - least) / 65535
        let raw = UnsafeMutableRawPointer(words)
        raw.storeBytes(of: scale, as: Float.self)
        raw.storeBytes(of: least - largest - sum, toByteOffset: 4, as: Float.self)
        let codes = words + 4
        for index in count..<Self.words(count) - 4 { codes[index] = 0 }
        let inverse = scale > 0 ? 1 / scale : 0
        for index in 0..<count {
            let above = (values[index] - least) * inverse
            codes[index] = above > 0 ? UInt16(min(65535, above.rounded(.toNearestOrEven))) : 0
        }
    }

    func diverge(
        from words: UnsafePointer<UInt16>, token: Int, _ scratch: UnsafeMutablePointer<Float>
    ) -> RowDivergence {
        let largest = largest()
        let total = Double(largest) + logSum(largest, scratch)
        let raw = UnsafeRawPointer(words)
        let scale = raw.loadUnaligned(as: Float.self)
        let least = raw.loadUnaligned(fromByteOffset: 4, as: Float.self)
        let codes = words + 4
        var top = 0
        var baseTop = 0
        var sum = 0.0
        for index in 0..<count {
            if values[index] > values[top] { top = index }
            if codes[index] > codes[baseTop] { baseTop = index }
            let base = scale * Float(codes[index]) + least
            if base > -16 { sum += Double(expf(base)) * (Double(base) - Double(values[index]) + total) }
        }
        return RowDivergence(
            surprise: total - Double(values[token]),
            baseSurprise: -Double(scale * Float(codes[token]) + least),
            divergence: sum, sameTop: top == baseTop)
    }
}
