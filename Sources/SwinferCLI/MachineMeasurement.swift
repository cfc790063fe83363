import Experts
import Foundation
import GGUF
import Planner
import Swinfer

/// Measures this machine for `swinfer fit`: a few seconds.
enum MachineMeasurement {
    /// The share of the int8 peak that reading a prompt reaches with weights of a type that is not measured.
    private static let promptShare = 0.6
    /// The share of the products' own rate that a whole prompt reaches: attention, norms and barriers take the
    /// rest (docs/fit.md).
    private static let panelShare = 0.85

    /// - Parameters:
    ///   - modelFile: its disk is measured; without it the cache folder's.
    ///   - types: the types of weights whose products are measured.
    /// - Returns: the machine, and lines about it for people.
    static func run(modelFile: String?, types: Set<TensorType>) async throws -> (Machine, [String]) {
        let facts = ThisMachine.detect()
        let model = try await Model.load(path: BuiltInModel.path())
        // In turns, as another process may have the machine's memory or a core for a second.
        let before = try await model.measureLimits()
        let kernels = try await model.measureKernels(types: Set(types.map(\.name)), rounds: 3)
        let limits = before.mean(with: try await model.measureLimits())
        let step = try await stepSeconds(model, limits)
        var products: [TensorType: ProductRate] = [:]
        for speed in kernels {
            guard let type = TensorType(name: speed.type) else { continue }
            products[type] = ProductRate(
                bandwidth: speed.bandwidthOfLongRows, rowSeconds: speed.rowSeconds,
                operations: speed.panelRate * panelShare)
        }
        let disk = diskBandwidth(modelFile)
        let machine = facts.machine(
            bandwidth: limits.readBandwidth, promptRate: limits.int8Rate * promptShare, stepSeconds: step,
            disk: disk ?? 0, products: products)
        let figures = [
            "reads \(Figures.fixed(limits.readBandwidth / 1e9, 1)) GB/s",
            limits.int8Rate > 0
                ? "\(Figures.fixed(limits.int8Rate / 1e9, 0)) int8 GOP/s" : "int8 rate unknown",
            "\(Figures.fixed(step * 1e6, 0)) us a step",
            disk.map { "disk \(Figures.fixed($0 / 1e9, 2)) GB/s" } ?? "disk unknown",
        ]
        var lines = ["this machine: \(facts.summary)", "measured: \(figures.joined(separator: ", "))"]
        // Types that memory does not bound.
        let slow = products.filter { $0.value.bandwidth < 0.9 * limits.readBandwidth }
        if !slow.isEmpty {
            let list = slow.sorted { $0.key.name < $1.key.name }.map {
                "\($0.key.name) \(Figures.fixed($0.value.bandwidth / 1e9, 1))"
            }
            lines.append(
                "products of one token that the cores bound, in GB/s: \(list.joined(separator: ", "))")
        }
        return (machine, lines)
    }

    /// What a token of the built-in model takes beyond its bytes, for each of its layers.
    private static func stepSeconds(_ model: Model, _ limits: BenchmarkLimits) async throws -> Double {
        let result = try await model.benchmark(
            BenchmarkTest(promptTokens: 0, generatedTokens: 64, depth: 0), repetitions: 5, warmUp: true)
        guard result.medianRate > 0 else { return 0 }
        let rest = 1 / result.medianRate - result.bytesPerToken / limits.readBandwidth
        return max(0, rest) / Double(max(1, model.information.layerCount))
    }

    private static func diskBandwidth(_ modelFile: String?) -> Double? {
        if let modelFile, let rate = DiskProbe.measure(file: modelFile) { return rate }
        let folder = PlannerFiles.cacheFolder
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return DiskProbe.measure(folder: folder)
    }
}
