import Experts
import Foundation
import Testing

/// Budgets from files as the kernel writes them, below a folder of our own.
@Suite struct BudgetTests {
    private func detect(_ files: [String: String]) throws -> MemoryBudget {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let url = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return MemoryBudget.detect(root: root.path)
    }

    private let meminfo = "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:   10000000 kB\n"

    @Test func machineAlone() throws {
        let budget = try detect(["proc/meminfo": meminfo])
        #expect(budget == MemoryBudget(bytes: 10_240_000_000 - 1_024_000_000, source: .machine))
    }

    @Test func secondVersionCountsReclaimableCacheAsFree() throws {
        let group = "sys/fs/cgroup/user/job"
        let budget = try detect([
            "proc/meminfo": meminfo, "proc/self/cgroup": "0::/user/job\n",
            "\(group)/memory.max": "1600000000\n", "\(group)/memory.current": "1000000000\n",
            "\(group)/memory.stat":
                "anon 100000000\nfile 900000000\ninactive_file 600000000\nactive_file 200000000\n",
            "sys/fs/cgroup/user/memory.max": "max\n", "sys/fs/cgroup/user/memory.current": "2000000000\n",
        ])
        // 1.6 GB less 0.2 GB that stay, less a sixteenth.
        #expect(budget.bytes == 1_300_000_000)
        #expect(budget.source == .controlGroup("/sys/fs/cgroup/user/job"))
    }

    @Test func parentsAndSoftLimitsCount() throws {
        let budget = try detect([
            "proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "0\n",
            "sys/fs/cgroup/a/memory.max": "3200000000\n", "sys/fs/cgroup/a/memory.high": "800000000\n",
            "sys/fs/cgroup/a/memory.current": "0\n",
        ])
        #expect(budget.bytes == 750_000_000 && budget.source == .controlGroup("/sys/fs/cgroup/a"))
    }

    @Test func firstVersion() throws {
        let group = "sys/fs/cgroup/memory/box"
        let files = [
            "proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/box\n2:cpu,cpuacct:/other\n",
            "\(group)/memory.usage_in_bytes": "500000000\n",
            "\(group)/memory.stat": "cache 1\ntotal_inactive_file 100000000\ntotal_active_file 50000000\n",
        ]
        let limited = try detect(files.merging(["\(group)/memory.limit_in_bytes": "2000000000\n"]) { $1 })
        #expect(limited.bytes == 2_000_000_000 - 350_000_000 - 125_000_000)
        let free = try detect(
            files.merging(["\(group)/memory.limit_in_bytes": "9223372036854771712\n"]) { $1 })
        #expect(free.source == .machine)
    }

    @Test func fullGroupsLeaveNothing() throws {
        let budget = try detect([
            "proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n",
            "sys/fs/cgroup/a/memory.max": "1000\n", "sys/fs/cgroup/a/memory.current": "5000\n",
        ])
        #expect(budget.bytes == 0)
    }

    @Test func roomIsBounded() {
        #expect(MemoryBudget.room(of: 1000) == 32_000_000)
        #expect(MemoryBudget.room(of: 1_600_000_000) == 100_000_000)
        #expect(MemoryBudget.room(of: 1 << 50) == 4_000_000_000)
    }
}
