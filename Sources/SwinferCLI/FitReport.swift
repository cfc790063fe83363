import Experts
import Planner

/// What `swinfer fit` prints: a row for each model, a fit for each machine.
struct FitReport {
    let rows: [[Fit]]

    init(_ rows: [[Fit]]) { self.rows = rows }

    var text: String {
        guard let first = rows.first else { return "" }
        // Many models and many machines: one cell each.
        let lines = rows.count > 1 && first.count > 1 ? matrix : table
        return lines.joined(separator: "\n") + "\n"
    }

    private var table: [String] {
        let manyMachines = (rows.first?.count ?? 0) > 1
        var header = [
            "Model", "Params", "Active", "Quant", "GB", "Verdict", "Memory", "Dense", "Experts", "Streamed",
            "KV",
            "Scratch", "Prefill", "Decode", "Limited by",
        ]
        if manyMachines { header.insert("Machine", at: 1) }
        let cells = rows.joined().map { fit in
            var row = [
                fit.model, Figures.billions(fit.parameters) + " B",
                Figures.billions(fit.activeParameters) + " B",
                fit.mix?.rawValue ?? "file", Figures.gigabytes(fit.weightBytes), fit.verdict.rawValue,
                Figures.gigabytes(fit.memoryBytes),
            ]
            if let plan = fit.plan {
                row += [
                    Figures.gigabytes(plan.denseBytes), Figures.gigabytes(fit.residentExpertBytes),
                    Figures.gigabytes(fit.streamedExpertBytes), Figures.gigabytes(plan.cacheBytes),
                    Figures.gigabytes(plan.scratchBytes), Figures.rate(fit.prefill), Figures.rate(fit.decode),
                    fit.decodeLimit?.rawValue ?? "-",
                ]
            } else {
                row +=
                    [String](repeating: "-", count: 7) + [
                        "memory: \(Figures.gigabytes(fit.machine.usableBytes)) GB usable"
                    ]
            }
            if manyMachines { row.insert(fit.machine.title, at: 1) }
            return row
        }
        let last = header.count - 1
        let text: Set<Int> = manyMachines ? [0, 1, 4, 6, last] : [0, 3, 5, last]
        var lines = Table([header] + cells, rightAligned: Set(0..<last).subtracting(text)).lines
        lines.append("")
        lines.append(
            "Sizes in GB (10^9 bytes), speeds in tokens per second; prefill: a prompt of \(Fit.promptTokens). Context \(contexts)."
        )
        return lines + notes
    }

    private var matrix: [String] {
        let machines = rows[0].map(\.machine.name)
        let cells = rows.map { row in
            [row[0].model]
                + row.map { fit in
                    guard fit.verdict != .no else { return "-" }
                    let mark = fit.verdict == .tight ? "!" : fit.verdict == .streamed ? "~" : ""
                    return "\(mark)\(fit.mix?.rawValue ?? "file") \(Figures.rate(fit.decode))"
                }
        }
        var lines = Table([["Model"] + machines] + cells).lines
        lines.append("")
        lines.append(
            "Best quantization and decode tok/s; ! tight, ~ streamed, - does not run. Context \(contexts).")
        return lines + notes
    }

    private var contexts: String {
        let all = Set(rows.joined().map(\.context)).sorted()
        return all.count == 1 ? "\(all[0])" : "up to \(all.last ?? 0)"
    }

    private var notes: [String] {
        rows.joined().contains { $0.device.kind == .gpu }
            ? [
                "Speeds of graphics processors are what their memory allows; swinfer computes on the CPU today (--device cpu)."
            ]
            : []
    }

    private static func fields(_ fit: Fit) -> [(String, JSONText)] {
        [
            ("model", .string(fit.model)), ("machine", .string(fit.machine.name)),
            ("device", .string(fit.device.kind.rawValue)), ("quant", JSONText(fit.mix?.rawValue)),
            ("context", .integer(fit.context)), ("verdict", .string(fit.verdict.rawValue)),
            ("parameters", .integer(fit.parameters)), ("active_parameters", .integer(fit.activeParameters)),
            ("weight_bytes", .integer(fit.weightBytes)), ("memory_bytes", .integer(fit.memoryBytes)),
            ("usable_bytes", .integer(fit.machine.usableBytes)),
            ("dense_bytes", JSONText(fit.plan?.denseBytes)),
            ("resident_expert_bytes", .integer(fit.residentExpertBytes)),
            ("streamed_expert_bytes", .integer(fit.streamedExpertBytes)),
            ("cache_bytes", JSONText(fit.plan?.cacheBytes)),
            ("scratch_bytes", JSONText(fit.plan?.scratchBytes)),
            ("bytes_per_token", JSONText(fit.plan?.bytesPerToken)),
            ("prefill_ts", JSONText(fit.prefill)),
            ("prefill_limit", JSONText(fit.prefillLimit?.rawValue)),
            ("decode_ts", JSONText(fit.decode)),
            ("decode_limit", JSONText(fit.decodeLimit?.rawValue)),
        ]
    }

    var json: String { JSONText.array(rows.joined().map { .object(Self.fields($0)) }).pretty + "\n" }

    var csv: String { CSVText.table(rows.joined().map(Self.fields)) }
}
