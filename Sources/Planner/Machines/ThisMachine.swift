import Compute
public import Experts
package import GGUF

/// The machine that this program runs on, as far as it tells without measuring.
public struct ThisMachine: Sendable, Equatable {
    /// "model name" of /proc/cpuinfo.
    public var processor: String
    /// Physical cores that this process may use, and the quota of its control group.
    public var cores: Int
    public var quota: Int?
    /// Level of vector instructions in use: "scalar", "avx2", "avx512", "neon".
    public var instructions: String
    /// Bytes of memory in all.
    public var memoryBytes: Int
    /// What models can use now, and who says so.
    public var budget: MemoryBudget

    public static func detect() -> ThisMachine {
        let topology = Topology.detect()
        let memory = field("MemTotal", of: "/proc/meminfo").flatMap { text in
            text.split(separator: " ").first.flatMap { Int($0) }
        }
        let budget = MemoryBudget.detect()
        return ThisMachine(
            processor: field("model name", of: "/proc/cpuinfo") ?? "unknown processor",
            cores: topology.threadCount, quota: topology.quota, instructions: InstructionSet.active,
            memoryBytes: memory.map { $0 * 1024 } ?? budget.bytes, budget: budget)
    }

    /// As a machine of the catalog, with what was measured.
    ///
    /// - Parameters:
    ///   - bandwidth: bytes per second that all cores read in a plain loop.
    ///   - promptRate: int8 operations per second that reading a prompt reaches.
    ///   - stepSeconds: what each step of a token costs besides its bytes.
    ///   - disk: bytes per second.
    ///   - products: measured products by type of weights.
    package func machine(
        bandwidth: Double, promptRate: Double, stepSeconds: Double, disk: Double,
        products: [TensorType: ProductRate] = [:]
    ) -> Machine {
        // What a product reads, memory gives: products fetch ahead, the plain loop leaves that to the processor.
        let fastest = products.values.map(\.bandwidth).max() ?? 0
        return Machine(
            name: "this", title: "This machine", memoryBytes: memoryBytes, usableBytes: budget.bytes,
            cpu: Machine.Device(
                kind: .cpu, bandwidth: max(bandwidth, fastest), promptRate: promptRate,
                stepSeconds: stepSeconds, products: products),
            diskBandwidth: disk)
    }

    /// "AMD EPYC..., 2 cores, avx2, 25.2 GB of memory, 22.0 GB usable (memory available)".
    public var summary: String {
        let limit = quota.map { ", limited to \($0)" } ?? ""
        return
            "\(processor), \(cores) core\(cores == 1 ? "" : "s")\(limit), \(instructions), \(ByteSize.text(memoryBytes)) of memory, \(ByteSize.text(budget.bytes)) usable (\(budget.source.text))"
    }

    /// The value of the first line "name: value".
    private static func field(_ name: String, of path: String) -> String? {
        guard let text = SmallFile.text(path) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        guard let line, let colon = line.firstIndex(of: ":") else { return nil }
        return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
    }
}
