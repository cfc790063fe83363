extension MemoryPlan {
    /// The plan as lines for people.
    public var lines: [String] {
        var result = [
            "memory plan: \(mode.rawValue), budget \(ByteSize.text(budget.bytes)) (\(budget.source.text))"
        ]
        let parts: [(String, Int)] = [
            ("dense weights", denseBytes), ("cache", cacheBytes), ("working memory", scratchBytes),
            (mode == .streamed ? "expert pool" : "experts", poolBytes),
        ]
        result.append(
            "  " + parts.filter { $0.1 > 0 }.map { "\($0.0) \(ByteSize.text($0.1))" }.joined(separator: ", ")
                + ", together \(ByteSize.text(totalBytes))")
        if mode != .resident, expertCount > 0 {
            result.append(
                "  room for \(slots) of \(expertCount) experts, expected hit rate \(percent(expectedHitRate)) (\(hitRateIsTraced ? "from the saved trace" : "if routing is even")), \(ByteSize.text(diskBytesPerToken)) from disk per token"
            )
        }
        if let expectedRate {
            let tenths = Int((expectedRate * 10).rounded())
            result.append(
                "  at most \(tenths / 10).\(tenths % 10) tok/s, bounded by \(limitText) (\(ByteSize.text(bytesPerToken)) read per token)"
            )
        }
        if let smallestBudget, mode == .streamed {
            result.append("  smallest budget that works: \(ByteSize.text(smallestBudget))")
        }
        return result
    }

    private var limitText: String {
        switch limit {
        case .disk: "the disk"
        case .compute: "the cores"
        case .memoryBandwidth, nil: "memory bandwidth"
        }
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

extension MemoryBudget.Source {
    /// Where a budget comes from, in words.
    public var text: String {
        switch self {
        case .explicit: "as asked"
        case .machine: "memory available"
        case .controlGroup(let path): "control group \(path)"
        }
    }
}
