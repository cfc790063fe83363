package import Compute

/// What streaming a model's experts has cost.
public struct ExpertStatistics: Sendable, Equatable {
    /// Experts that a batch needed in a layer and found in memory.
    public var hits = 0
    /// Experts that a batch needed in a layer and had to read from disk.
    public var misses = 0
    /// Bytes read from disk.
    public var bytesRead = 0
    /// Seconds that compute threads waited for the disk, on average over the threads.
    public var stallSeconds = 0.0

    /// Nothing yet.
    public init() {}

    package init(_ costs: StreamingCosts) {
        hits = costs.hits
        misses = costs.misses
        bytesRead = costs.bytesRead
        stallSeconds = costs.stallSeconds
    }

    /// Share of experts found in memory; 1 before any were needed.
    public var hitRate: Double { hits + misses > 0 ? Double(hits) / Double(hits + misses) : 1 }

    /// What both cost together.
    public static func + (a: ExpertStatistics, b: ExpertStatistics) -> ExpertStatistics {
        var result = a
        result.hits += b.hits
        result.misses += b.misses
        result.bytesRead += b.bytesRead
        result.stallSeconds += b.stallSeconds
        return result
    }

    /// What was added since an earlier reading.
    public static func - (a: ExpertStatistics, b: ExpertStatistics) -> ExpertStatistics {
        var result = a
        result.hits -= b.hits
        result.misses -= b.misses
        result.bytesRead -= b.bytesRead
        result.stallSeconds -= b.stallSeconds
        return result
    }
}
