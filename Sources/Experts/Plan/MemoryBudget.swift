import Compute

/// How much memory a model may take, and who says so.
public struct MemoryBudget: Sendable, Equatable {
    /// Where a budget comes from.
    public enum Source: Sendable, Equatable {
        /// The user gave the size.
        case explicit
        /// MemAvailable of /proc/meminfo.
        case machine
        /// A limit of the control group with this folder.
        case controlGroup(String)
    }

    /// Bytes for weights, caches and working memory together.
    public var bytes: Int
    /// Where that number comes from.
    public var source: Source

    package init(bytes: Int, source: Source = .explicit) {
        self.bytes = bytes
        self.source = source
    }

    /// What can be used now without swapping or being killed: the least of MemAvailable and what
    /// the control groups (v1 and v2, every parent) leave, less some room for others and for what
    /// no plan counts. Page cache that the kernel would give up counts as free.
    public static func detect() -> MemoryBudget { detect(root: "") }

    /// The budget told by the files below `root`.
    package static func detect(root: String) -> MemoryBudget {
        var best = MemoryBudget(bytes: .max, source: .machine)
        func consider(_ free: Int, of total: Int, _ source: Source) {
            let usable = max(0, free - room(of: total))
            if usable < best.bytes { best = MemoryBudget(bytes: usable, source: source) }
        }
        if let text = readSmallFile("\(root)/proc/meminfo") {
            let fields = Self.fields(text)
            if let available = fields["MemAvailable"] {
                consider(available * 1024, of: (fields["MemTotal"] ?? available) * 1024, .machine)
            }
        }
        for group in controlGroupPaths(root: root) {
            for (limit, free) in limits(of: group) {
                consider(free, of: limit, .controlGroup(String(group.dropFirst(root.count))))
            }
        }
        return best
    }

    /// Bytes left alone of a limit: a sixteenth, but neither less than 32 MB nor more than 4 GB.
    package static func room(of total: Int) -> Int { min(max(total / 16, 32_000_000), 4_000_000_000) }

    /// The limits that a group sets and the bytes that are left below each.
    private static func limits(of group: String) -> [(limit: Int, free: Int)] {
        func number(_ name: String) -> Int? {
            readSmallFile("\(group)/\(name)").flatMap { text in
                text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
            }
        }
        let statistics = fields(readSmallFile("\(group)/memory.stat") ?? "")
        var result: [(limit: Int, free: Int)] = []
        // Version 2; "max" is no number.
        if let used = number("memory.current") {
            let cached = (statistics["inactive_file"] ?? 0) + (statistics["active_file"] ?? 0)
            for limit in [number("memory.max"), number("memory.high")].compactMap(\.self) {
                result.append((limit, limit - max(0, used - cached)))
            }
        }
        // Version 1 says "no limit" by a number near the largest.
        if let limit = number("memory.limit_in_bytes"), limit < 1 << 60,
            let used = number("memory.usage_in_bytes")
        {
            let inactive = statistics["total_inactive_file"] ?? statistics["inactive_file"] ?? 0
            let active = statistics["total_active_file"] ?? statistics["active_file"] ?? 0
            result.append((limit, limit - max(0, used - inactive - active)))
        }
        return result
    }

    /// "name 123" or "Name: 123 kB" lines.
    private static func fields(_ text: String) -> [String: Int] {
        var result: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0.isWhitespace })
            if parts.count >= 2, let value = Int(parts[1]) { result[String(parts[0])] = value }
        }
        return result
    }
}
