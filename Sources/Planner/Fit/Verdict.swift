/// Whether a model runs on a machine.
public enum Verdict: String, Sendable, Equatable, CaseIterable, Comparable {
    /// In memory, with a tenth of it to spare.
    case fits
    /// In memory, with less to spare.
    case tight
    /// What does not fit is read for every token: experts from disk, or layers from the host's memory.
    case streamed
    /// Not at all.
    case no

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    /// The better one is less.
    public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
}

/// What bounds a speed.
public enum Resource: String, Sendable, Equatable {
    case memoryBandwidth = "memory bandwidth"
    case compute
    case hostMemory = "host memory"
    case disk
    /// Fixed costs of a token's steps.
    case steps
}
