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

    static let header = [
        "Test", "Threads", "Cache", "tok/s", "±", "GB/token", "GB/s", "of bandwidth", "of int8 peak",
        "Expert hits",
    ]

    var cells: [[String]] {
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
    var table: (header: [String], rows: [[String]]) {
        let all = cells
        let kept = Self.header.indices.filter { column in all.contains { $0[column] != "-" } }
        return (kept.map { Self.header[$0] }, all.map { row in kept.map { row[$0] } })
    }

    static func operationRate(_ result: BenchmarkResult) -> Double {
        result.int8Operations / Double(max(1, result.test.tokens)) * result.medianRate
    }

    var facts: [(String, String)] {
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
}
