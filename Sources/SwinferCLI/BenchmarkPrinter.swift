import Experts
import Foundation
import Swinfer

/// What every row of a benchmark has in common.
struct BenchmarkFacts {
    let path: String
    let model: Model
    let arguments: ModelArguments
    let date = Date()
}

/// llama-bench's table and field names, with the shares of the machine's limits added.
struct BenchmarkPrinter {
    let format: BenchmarkFormat
    var facts: BenchmarkFacts
    /// What the machine could do around each row.
    private var limits: [BenchmarkLimits] = []

    init(format: BenchmarkFormat, facts: BenchmarkFacts) {
        self.format = format
        self.facts = facts
    }

    private static let columns = [
        "model", "size", "params", "backend", "threads", "test", "t/s", "GB/token", "of bandwidth",
        "of int8 peak",
    ]
    /// Added where experts are streamed.
    private static let streamedColumns = ["expert hits", "MB read/token", "stalled"]

    private var isStreamed: Bool { facts.model.plan.mode == .streamed }
    private var columns: [String] {
        BenchmarkPrinter.columns + (isStreamed ? BenchmarkPrinter.streamedColumns : [])
    }

    func header() -> String {
        switch format {
        case .md:
            let right = Set([
                "size", "params", "threads", "test", "t/s", "GB/token", "of bandwidth", "of int8 peak",
            ]).union(BenchmarkPrinter.streamedColumns)
            return "| " + columns.joined(separator: " | ") + " |\n| "
                + columns.map { right.contains($0) ? "---:" : "---" }.joined(
                    separator: " | ")
                + " |\n"
        case .csv: return fields(nil).map(\.name).joined(separator: ",") + "\n"
        case .json: return "[\n"
        case .jsonl: return ""
        }
    }

    /// - Parameter limits: what the machine could do at most around this measurement.
    mutating func row(_ result: BenchmarkResult, _ limits: BenchmarkLimits) -> String {
        self.limits.append(limits)
        switch format {
        case .md: return markdown(result)
        case .csv: return fields(result).map { csv($0.value) }.joined(separator: ",") + "\n"
        case .json: return (self.limits.count > 1 ? ",\n" : "") + json(result, indent: "  ")
        case .jsonl: return json(result, indent: nil) + "\n"
        }
    }

    func footer() -> String {
        switch format {
        case .md:
            let reads = range(limits.map { $0.readBandwidth / 1e9 }, digits: 1)
            let rates = range(limits.map { $0.int8Rate / 1e9 }, digits: 0)
            return "\nThis machine's limits, measured with \(facts.model.information.threads) threads around "
                + "each row: reads \(reads) GB/s" + (rates == "0" ? "" : ", \(rates) int8 GOP/s") + "\n"
        case .json: return "\n]\n"
        case .csv, .jsonl: return ""
        }
    }

    /// "29.8", or "11.2 to 29.8" where they differ.
    private func range(_ values: [Double], digits: Int) -> String {
        let low = String(format: "%.\(digits)f", values.min() ?? 0)
        let high = String(format: "%.\(digits)f", values.max() ?? 0)
        return low == high ? low : "\(low) to \(high)"
    }

    /// Those of the last row.
    private var current: BenchmarkLimits { limits.last ?? BenchmarkLimits(readBandwidth: 0, int8Rate: 0) }

    private func shareOfBandwidth(_ result: BenchmarkResult) -> Double {
        result.bytesPerToken * result.medianRate / current.readBandwidth
    }

    private func shareOfPeak(_ result: BenchmarkResult) -> Double? {
        guard current.int8Rate > 0, result.int8Operations > 0 else { return nil }
        return result.int8Operations / Double(result.test.tokens) * result.medianRate / current.int8Rate
    }

    private func markdown(_ result: BenchmarkResult) -> String {
        let information = facts.model.information
        let cells =
            [
                information.name ?? information.architecture,
                String(format: "%.2f GiB", Double(information.fileBytes) / 1_073_741_824),
                String(format: "%.2f B", Double(information.parameterCount) / 1e9), "CPU",
                "\(information.threads)",
                result.test.name, String(format: "%.2f ± %.2f", result.meanRate, result.deviation),
                String(format: "%.4f", result.bytesPerToken / 1e9),
                String(format: "%.0f %%", shareOfBandwidth(result) * 100),
                shareOfPeak(result).map { String(format: "%.0f %%", $0 * 100) } ?? "-",
            ] + (isStreamed ? streamedCells(result) : [])
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    private func streamedCells(_ result: BenchmarkResult) -> [String] {
        let seconds = result.samples.reduce(0, +)
        return [
            String(format: "%.1f %%", (result.experts?.hitRate ?? 1) * 100),
            String(format: "%.1f", diskBytesPerToken(result) / 1e6),
            String(format: "%.0f %%", (result.experts?.stallSeconds ?? 0) / max(1e-9, seconds) * 100),
        ]
    }

    private func diskBytesPerToken(_ result: BenchmarkResult) -> Double {
        let tokens = result.test.tokens * result.samples.count
        return Double(result.experts?.bytesRead ?? 0) / Double(max(1, tokens))
    }

    private enum Field {
        case text(String)
        case integer(Int)
        case number(Double)
        case numbers([Double])
        case integers([Int])
    }

    /// llama-bench's fields where they have a meaning here, and our own after them.
    private func fields(_ result: BenchmarkResult?) -> [(name: String, value: Field)] {
        let information = facts.model.information
        let test = result?.test ?? BenchmarkTest(promptTokens: 0, generatedTokens: 0, depth: 0)
        let samples = result?.samples ?? []
        let nanoseconds = samples.map { Int($0 * 1e9) }
        let mean = samples.reduce(0, +) / Double(max(1, samples.count))
        let spread =
            samples.count > 1
            ? (samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples.count - 1)).squareRoot()
            : 0
        return [
            ("build_number", .integer(0)), ("backends", .text("CPU")), ("cpu_info", .text(cpuName())),
            ("model_filename", .text(facts.path)),
            ("model_type", .text(information.name ?? information.architecture)),
            ("model_size", .integer(information.fileBytes)),
            ("model_n_params", .integer(information.parameterCount)),
            ("n_batch", .integer(facts.arguments.batchSize)),
            ("n_ubatch", .integer(facts.arguments.options.batchLength)),
            ("n_threads", .integer(information.threads)),
            ("type_k", .text(facts.arguments.keyCacheType.rawValue)),
            ("type_v", .text(facts.arguments.valueCacheType.rawValue)), ("n_gpu_layers", .integer(0)),
            ("use_mmap", .text("true")), ("n_prompt", .integer(test.promptTokens)),
            ("n_gen", .integer(test.generatedTokens)), ("n_depth", .integer(test.depth)),
            ("n_sequences", .integer(test.sequences)),
            ("test_time", .text(ISO8601DateFormatter().string(from: facts.date))),
            ("avg_ns", .integer(Int(mean * 1e9))),
            ("stddev_ns", .integer(Int(spread * 1e9))), ("avg_ts", .number(result?.meanRate ?? 0)),
            ("stddev_ts", .number(result?.deviation ?? 0)), ("samples_ns", .integers(nanoseconds)),
            ("samples_ts", .numbers(result?.rates ?? [])), ("engine", .text("swinfer")),
            ("bytes_per_token", .number(result?.bytesPerToken ?? 0)),
            ("read_bandwidth", .number(current.readBandwidth)),
            ("int8_rate", .number(current.int8Rate)),
            ("bandwidth_share", .number(result.map(shareOfBandwidth) ?? 0)),
            ("load_mode", .text(facts.model.plan.mode.rawValue)),
            ("expert_slots", .integer(facts.model.plan.slots)),
            ("expert_hit_rate", .number(result?.experts?.hitRate ?? 1)),
            ("disk_bytes_per_token", .number(result.map(diskBytesPerToken) ?? 0)),
            ("stall_seconds", .number(result?.experts?.stallSeconds ?? 0)),
            ("int8_share", .number(result.flatMap(shareOfPeak) ?? 0)),
        ]
    }

    private func json(_ result: BenchmarkResult, indent: String?) -> String {
        let parts = fields(result).map { "\(quoted($0.name)): \(text($0.value))" }
        guard let indent else { return "{" + parts.joined(separator: ", ") + "}" }
        return "\(indent){\n" + parts.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)}"
    }

    private func text(_ field: Field) -> String {
        switch field {
        case .text(let value): quoted(value)
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "0"
        case .numbers(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
        case .integers(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
        }
    }

    private func csv(_ field: Field) -> String {
        if case .text(let value) = field {
            return "\"\(value.replacingOccurrences(of: "\"", with: "\"\""))\""
        }
        return "\"\(text(field))\""
    }

    private func quoted(_ value: String) -> String {
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    /// "model name" of /proc/cpuinfo.
    private func cpuName() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }
}
