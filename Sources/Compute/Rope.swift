import Glibc

/// Rotary position embedding: which elements turn, and how fast.
public struct Rope: Sendable, Equatable {
    /// How the elements of a head pair up.
    public enum Pairing: Int32, Sendable {
        /// (i, i + dims/2): GPT-NeoX, Qwen, Gemma.
        case halves
        /// (2i, 2i + 1): Llama files as llama.cpp's converter permutes them.
        case interleaved
    }

    public let pairing: Pairing
    /// Radians per position of each pair: dims / 2 of them.
    public let frequencies: [Float]
    /// Radians per position where a sequence may grow beyond `shortContext` (Phi's long rope).
    private var longFrequencies: [Float]?
    private var shortContext = Int.max
    /// Factor on cosines and sines (the attention factor of yarn and long rope); 1 otherwise.
    public let magnitude: Float
    public var dimensions: Int { frequencies.count * 2 }

    /// The frequencies for sequences of at most `contextLength` positions. Keys in the cache are
    /// turned already, so the choice holds for all of a sequence.
    func frequencies(contextLength: Int) -> [Float] {
        contextLength > shortContext ? longFrequencies ?? frequencies : frequencies
    }

    /// - Parameters:
    ///   - dimensions: elements of a head that turn (the first ones).
    ///   - base: wavelength base (theta).
    ///   - scale: factor on positions: 1 / factor for linear scaling.
    ///   - factors: divisors per pair (`rope_freqs.weight`: Llama 3, Phi's long rope).
    public init(
        pairing: Pairing, dimensions: Int, base: Float, scale: Float = 1, factors: Vector? = nil,
        magnitude: Float = 1
    ) {
        self.pairing = pairing
        self.magnitude = magnitude
        frequencies = (0..<dimensions / 2).map { pair in
            let plain = 1 / pow(Double(base), Double(2 * pair) / Double(dimensions))
            return Float(plain * Double(scale) / (factors.map { Double($0[pair]) } ?? 1))
        }
    }

    /// LongRoPE (Ding et al. 2024, https://arxiv.org/abs/2402.13753): one set of divisors for
    /// contexts up to the original one, another for longer ones.
    ///
    /// - Parameter magnitude: factor on cosines and sines for both.
    public init(
        long pairing: Pairing, dimensions: Int, base: Float, shortFactors: Vector, longFactors: Vector,
        originalContext: Int, magnitude: Float
    ) {
        self.init(
            pairing: pairing, dimensions: dimensions, base: base, factors: shortFactors, magnitude: magnitude)
        longFrequencies =
            Rope(pairing: pairing, dimensions: dimensions, base: base, factors: longFactors).frequencies
        shortContext = originalContext
    }

    /// YaRN (Peng et al. 2023, https://arxiv.org/abs/2309.00071): high frequencies stay, low
    /// ones are interpolated by `factor`, with a ramp between.
    ///
    /// - Parameters:
    ///   - originalContext: the context length of the original training.
    ///   - magnitude: factor on cosines and sines; nil: the paper's 0.1 ln(factor) + 1.
    ///   - attentionFactor: a further factor on cosines and sines.
    ///   - truncate: round the ramp's ends to whole pairs.
    public init(
        yarn pairing: Pairing, dimensions: Int, base: Float, factor: Float, originalContext: Int,
        betaFast: Float = 32, betaSlow: Float = 1, magnitude: Float? = nil,
        attentionFactor: Float = 1, truncate: Bool = true
    ) {
        self.pairing = pairing
        self.magnitude = attentionFactor * (magnitude ?? (factor > 1 ? 0.1 * logf(factor) + 1 : 1))
        func pair(turns: Float) -> Double {
            Double(dimensions) * log(Double(originalContext) / (Double(turns) * 2 * Double.pi))
                / (2 * log(Double(base)))
        }
        var low = pair(turns: betaFast)
        var high = pair(turns: betaSlow)
        if truncate {
            low = low.rounded(.down)
            high = high.rounded(.up)
        }
        low = max(low, 0)
        high = min(high, Double(dimensions - 1))
        let width = max(high - low, 0.001)
        frequencies = (0..<dimensions / 2).map { index in
            let plain = 1 / pow(Double(base), Double(2 * index) / Double(dimensions))
            let ramp = min(1, max(0, (Double(index) - low) / width))
            return Float(plain / Double(factor) * ramp + plain * (1 - ramp))
        }
    }
}
