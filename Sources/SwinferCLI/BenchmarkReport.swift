import ArgumentParser
import Experts
import Foundation
import Planner
import Swinfer

/// What a benchmark found, for a page or an issue.
struct BenchmarkReport {
    /// One test with the settings it ran under.
    struct Row {
        let result: BenchmarkResult
        let threads: Int
        let keyType: String
        let valueType: String
        let limits: BenchmarkLimits
        /// Share of a token's experts that were in memory; nil where all are.
        let hitRate: Double?
    }

    let model: String
    let file: String
    let fileBytes: Int
    let parameters: Int
    /// The machine and the program, as pairs of name and value.
    let machine: [(String, String)]
    let date: Date
    private(set) var rows: [Row] = []

    /// - Parameter this: found before a model was loaded, whose threads are pinned to cores.
    init(path: String, _ information: Model.Information, on this: ThisMachine) {
        model = information.name ?? information.architecture
        file = URL(fileURLWithPath: path).lastPathComponent
        fileBytes = information.fileBytes
        parameters = information.parameterCount
        machine = [
            ("Processor", this.processor),
            ("Cores", "\(this.cores)\(this.quota.map { ", limited to \($0)" } ?? "")"),
            ("Instructions", this.instructions), ("Memory", Quantity.bytes(this.memoryBytes)),
            ("Usable", "\(Quantity.bytes(this.budget.bytes)) (\(this.budget.source.text))"),
            ("Engine", "swinfer \(SwinferCommand.configuration.version)"),
        ]
        date = Date()
    }

    mutating func add(_ row: Row) { rows.append(row) }

    /// The page or the text, by the file's ending.
    func write(to path: String) throws {
        let text = path.lowercased().hasSuffix(".md") ? markdown : html
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw CommandError("\(path): cannot write the report: \(error.localizedDescription)")
        }
    }

    private static let header = [
        "Test", "Threads", "Cache", "tok/s", "±", "GB/token", "GB/s", "of bandwidth", "of int8 peak",
        "Expert hits",
    ]

    private var cells: [[String]] {
        rows.map { row in
            let result = row.result
            let bandwidth = result.bytesPerToken * result.medianRate
            let operations = Self.operationRate(result)
            func percent(_ share: Double) -> String { Figures.fixed(share * 100, 0) + " %" }
            return [
                result.test.name, "\(row.threads)",
                row.keyType == row.valueType ? row.keyType : "\(row.keyType)/\(row.valueType)",
                Figures.fixed(result.meanRate, 2), Figures.fixed(result.deviation, 2),
                Figures.fixed(result.bytesPerToken / 1e9, 4), Figures.fixed(bandwidth / 1e9, 1),
                percent(bandwidth / row.limits.readBandwidth),
                row.limits.int8Rate > 0 && operations > 0 ? percent(operations / row.limits.int8Rate) : "-",
                row.hitRate.map(percent) ?? "-",
            ]
        }
    }

    /// Columns with something to tell.
    private var table: (header: [String], rows: [[String]]) {
        let all = cells
        let kept = Self.header.indices.filter { column in all.contains { $0[column] != "-" } }
        return (kept.map { Self.header[$0] }, all.map { row in kept.map { row[$0] } })
    }

    private static func operationRate(_ result: BenchmarkResult) -> Double {
        result.int8Operations / Double(max(1, result.test.tokens)) * result.medianRate
    }

    private var facts: [(String, String)] {
        var facts = [
            ("Model", "\(model), \(Quantity.count(parameters)) parameters"),
            ("File", "\(file), \(Quantity.bytes(fileBytes))"),
        ]
        facts += machine
        if let limits = rows.first?.limits {
            let rate = limits.int8Rate > 0 ? ", \(Figures.fixed(limits.int8Rate / 1e9, 0)) int8 GOP/s" : ""
            facts.append(
                ("Measured limits", "reads \(Figures.fixed(limits.readBandwidth / 1e9, 1)) GB/s\(rate)"))
        }
        return facts + [("Date", ISO8601DateFormatter().string(from: date))]
    }

    // MARK: Markdown

    /// For pasting into an issue.
    var markdown: String {
        func line(_ cells: [String]) -> String {
            "| "
                + cells.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(
                    separator: " | ")
                + " |\n"
        }
        let table = table
        var text = "### swinfer bench: \(model)\n\n"
        text += line(["", ""]) + line(["---", "---"])
        for (name, value) in facts { text += line([name, value]) }
        text += "\n" + line(table.header)
        text += line(["---"] + table.header.dropFirst().map { _ in "---:" })
        for row in table.rows { text += line(row) }
        return text
    }

    // MARK: Page

    /// Self-contained: no script, no network.
    var html: String {
        let table = table
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(SVG.escaped($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        let charts = charts.map { "<figure>\($0.text(standalone: false))</figure>\n" }.joined()
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>swinfer bench: \(SVG.escaped(model))</title>
            <style>
            body { font: 15px/1.5 system-ui, "DejaVu Sans", Arial, sans-serif; color: #1f2328; background: #fff;
              max-width: 1320px; margin: 0 auto; padding: 24px; }
            h1 { font-size: 22px; margin: 0 0 16px; }
            h2 { font-size: 16px; margin: 28px 0 8px; }
            table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
            th, td { padding: 5px 12px; border-bottom: 1px solid #e4e7eb; text-align: right; white-space: nowrap; }
            th:first-child, td:first-child { text-align: left; }
            th { color: #59636e; font-weight: 600; }
            .facts td { text-align: left; white-space: normal; }
            .facts td:first-child { color: #59636e; }
            .scroll { overflow-x: auto; }
            .charts { display: flex; flex-wrap: wrap; gap: 8px 24px; }
            figure { margin: 0; max-width: 100%; }
            figure svg { max-width: 100%; height: auto; }
            </style></head><body>
            <h1>swinfer bench: \(SVG.escaped(model))</h1>
            <table class="facts">
            \(facts.map { row([$0.0, $0.1], "td") }.joined())</table>
            <h2>Results</h2>
            <div class="scroll"><table>
            \(row(table.header, "th"))\(table.rows.map { row($0, "td") }.joined())</table></div>
            <h2>Charts</h2>
            <div class="charts">
            \(charts)</div>
            </body></html>

            """
    }

    private var charts: [SVG] {
        var charts: [SVG] = []
        if let limits = rows.first?.limits, limits.int8Rate > 0 {
            let points = rows.filter { $0.threads == rows.map(\.threads).max() }.compactMap {
                row -> Roofline.Point? in
                guard row.result.bytesRead > 0, row.result.int8Operations > 0 else { return nil }
                return Roofline.Point(
                    name: row.result.test.name, intensity: row.result.int8Operations / row.result.bytesRead,
                    rate: Self.operationRate(row.result))
            }
            let widest = rows.max { $0.threads < $1.threads }?.limits ?? limits
            charts.append(Roofline(points, bandwidth: widest.readBandwidth, peak: widest.int8Rate).drawing)
        }
        charts += sweep("Decode against depth", "tokens in the context", { $0.result.test.depth }) {
            "\($0.threads) threads, \($0.keyType)"
        }
        charts += sweep("Decode against threads", "threads", \.threads) {
            "depth \($0.result.test.depth), \($0.keyType)"
        }
        let hits = rows.filter { $0.hitRate != nil && $0.result.test.generatedTokens > 0 }
        if !hits.isEmpty {
            let points = hits.map { (x: Double($0.result.test.depth), y: ($0.hitRate ?? 0) * 100) }
            charts.append(
                LineChart(
                    "Expert hit rate in decode", horizontal: "tokens in the context", vertical: "% in memory",
                    [LineChart.Series(name: "hits", points: points)]
                ).drawing)
        }
        return charts
    }

    /// Decode speed over a setting, when it took more than one value.
    private func sweep(
        _ title: String, _ horizontal: String, _ value: (Row) -> Int, _ name: (Row) -> String
    ) -> [SVG] {
        let decode = rows.filter { $0.result.test.generatedTokens > 0 && $0.result.test.promptTokens == 0 }
        guard Set(decode.map(value)).count > 1 else { return [] }
        var series: [(name: String, points: [(x: Double, y: Double)])] = []
        for row in decode {
            let point = (x: Double(value(row)), y: row.result.medianRate)
            if let place = series.firstIndex(where: { $0.name == name(row) }) {
                series[place].points.append(point)
            } else {
                series.append((name(row), [point]))
            }
        }
        return [
            LineChart(
                title, horizontal: horizontal, vertical: "tok/s",
                series.map { LineChart.Series(name: $0.name, points: $0.points) }
            ).drawing
        ]
    }
}
