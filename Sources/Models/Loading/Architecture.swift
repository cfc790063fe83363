public import Compute

/// A family of models: reads its configuration and weights, then writes its forward pass down.
///
/// One file per architecture holds these in this order, and one line in `Registry.all` makes
/// it known. A model file knows nothing of threads, SIMD, caches or CPUs.
public protocol Architecture: SendableMetatype {
    /// Reads configuration and weights.
    ///
    /// - Throws: what is missing or contradictory, by name.
    init(_ source: ModelSource) throws
    /// Records the forward pass.
    func record(_ r: Recorder) throws
}

/// A family whose files may have prediction layers behind the model's own.
protocol PredictingArchitecture: Architecture {
    /// Records the first of them.
    ///
    /// - Throws: as `init`; also where the file has none.
    static func recordPrediction(_ source: ModelSource, _ r: Recorder) throws
}
