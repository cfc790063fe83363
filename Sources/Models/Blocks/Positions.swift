import Compute

extension ModelSource {
    /// The rotary embedding that the metadata describes.
    ///
    /// - Parameters:
    ///   - headSize: elements of a query or key head; also how many turn where the file does not say.
    ///   - dimensionsKey: where the number of elements that turn stands.
    ///   - baseKey: where the wavelength base stands.
    ///   - scaled: whether the file's scaling applies (not to local layers of windowed models).
    ///   - yarnTruncates: whether YaRN's ramp begins and ends on whole pairs.
    ///   - yarnMagnitude: YaRN's factor on cosines and sines; nil: the paper's.
    func rope(
        _ pairing: Rope.Pairing, headSize: Int, dimensionsKey: String = "rope.dimension_count",
        baseKey: String = "rope.freq_base", defaultBase: Float = 10000, scaled: Bool = true,
        yarnTruncates: Bool = true, yarnMagnitude: Float? = nil
    ) throws -> Rope {
        let dimensions = try optionalSize(dimensionsKey, limit: 1024) ?? headSize
        guard dimensions % 2 == 0, dimensions <= headSize else {
            throw invalid(dimensionsKey, "\(dimensions) in heads of \(headSize)")
        }
        let base = try float(baseKey) ?? defaultBase
        guard base > 1, base.isFinite else { throw invalid(baseKey, "\(base) is no wavelength base") }
        guard scaled else { return Rope(pairing: pairing, dimensions: dimensions, base: base) }

        let magnitude = try positive("rope.scaling.attn_factor") ?? 1
        if contains("rope_factors_long") || contains("rope_factors_short") {
            return Rope(
                long: pairing, dimensions: dimensions, base: base,
                shortFactors: try vector("rope_factors_short", dimensions / 2),
                longFactors: try vector("rope_factors_long", dimensions / 2),
                originalContext: try size("rope.scaling.original_context_length"), magnitude: magnitude)
        }
        let factors = try optionalVector("rope_freqs", dimensions / 2)
        let factor = try positive("rope.scaling.factor") ?? positive("rope.scale_linear") ?? 1
        switch try string("rope.scaling.type") ?? "linear" {
        case "none":
            return Rope(
                pairing: pairing, dimensions: dimensions, base: base, factors: factors, magnitude: magnitude)
        case "linear":
            return Rope(
                pairing: pairing, dimensions: dimensions, base: base, scale: 1 / factor, factors: factors,
                magnitude: magnitude)
        case "yarn":
            return Rope(
                yarn: pairing, dimensions: dimensions, base: base, factor: factor,
                originalContext: try optionalSize("rope.scaling.original_context_length")
                    ?? size("context_length"),
                betaFast: try positive("rope.scaling.yarn_beta_fast") ?? 32,
                betaSlow: try positive("rope.scaling.yarn_beta_slow") ?? 1, magnitude: yarnMagnitude,
                attentionFactor: magnitude, truncate: yarnTruncates)
        case let kind:
            throw invalid(
                "rope.scaling.type",
                "'\(kind)' is not supported; supported are none, linear, yarn and longrope with its factors")
        }
    }

    func positive(_ key: String) throws -> Float? {
        guard let value = try float(key) else { return nil }
        guard value > 0, value.isFinite else { throw invalid(key, "\(value) is not positive") }
        return value
    }
}
