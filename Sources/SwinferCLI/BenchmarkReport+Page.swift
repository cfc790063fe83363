import Planner
import Swinfer

extension BenchmarkReport {
    /// One page without scripts and without anything from elsewhere.
    var html: String {
        let charts = charts.map { "<figure>\($0.text(standalone: false))</figure>\n" }.joined()
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>swinfer bench: \(SVG.escaped(model))</title>
            <style>\(Self.style)</style></head><body>
            <header><h1>\(SVG.escaped(model))</h1>
            <p>\(SVG.escaped(subtitle))</p></header>
            <section class="tiles">
            \(tiles)</section>
            <section class="card"><h2>Model and machine</h2>
            <dl>\(facts.map { "<div><dt>\(SVG.escaped($0.0))</dt><dd>\(SVG.escaped($0.1))</dd></div>" }.joined())</dl></section>
            <section class="card"><h2>Results</h2>
            <div class="scroll"><table>
            \(resultTable)</table></div>
            <p class="note">pp: prompt tokens read together; tg: tokens generated one by one; @ d: with so many tokens \
            in the context before. GB/token and GB/s: weights and cache that are read at least.</p></section>
            <section class="charts">
            \(charts)</section>
            <footer>Made by swinfer bench --report. Limits were measured with the same threads in the same run.</footer>
            </body></html>

            """
    }

    private var subtitle: String {
        let threads = Set(rows.map(\.threads)).sorted().map(String.init).joined(separator: ", ")
        return
            "swinfer bench on \(machine.first?.1 ?? "this machine"), \(threads) thread\(threads == "1" ? "" : "s")"
    }

    /// The best of prompt and generation, and the limits.
    private var tiles: String {
        func tile(_ name: String, _ value: String, _ unit: String, _ note: String) -> String {
            "<div class=\"tile\"><span>\(SVG.escaped(name))</span><strong>\(SVG.escaped(value)) <small>\(SVG.escaped(unit))</small></strong><em>\(SVG.escaped(note))</em></div>\n"
        }
        func percent(_ share: Double) -> String { Figures.fixed(share * 100, 0) + " %" }
        func best(_ wanted: (BenchmarkTest) -> Bool) -> Row? {
            rows.filter { wanted($0.result.test) }.max { $0.result.meanRate < $1.result.meanRate }
        }
        var text = ""
        if let row = best({ $0.generatedTokens > 0 && $0.promptTokens == 0 }) {
            let share = row.result.bytesPerToken * row.result.medianRate / row.limits.readBandwidth
            text += tile(
                "Generation", Figures.rate(row.result.meanRate), "tok/s",
                "\(row.result.test.name), \(percent(share)) of bandwidth")
        }
        if let row = best({ $0.promptTokens > 0 }) {
            let rate = Self.operationRate(row.result)
            let share =
                row.limits.int8Rate > 0 && rate > 0
                ? ", \(percent(rate / row.limits.int8Rate)) of int8 peak" : ""
            text += tile(
                "Prompt", Figures.rate(row.result.meanRate), "tok/s", row.result.test.name + share)
        }
        if let limits = rows.max(by: { $0.threads < $1.threads })?.limits {
            text += tile(
                "Memory", Figures.fixed(limits.readBandwidth / 1e9, 1), "GB/s", "measured read bandwidth")
            if limits.int8Rate > 0 {
                text += tile("Cores", Figures.fixed(limits.int8Rate / 1e9, 0), "GOP/s", "measured int8 peak")
            }
        }
        return text
    }

    /// Shares are drawn behind their figures.
    private var resultTable: String {
        let table = table
        func cell(_ text: String, _ column: String) -> String {
            guard column.hasPrefix("of ") || column == "Expert hits", let share = Int(text.dropLast(2)) else {
                return "<td>\(SVG.escaped(text))</td>"
            }
            return
                "<td class=\"share\"><span><i style=\"width:\(min(100, max(0, share)))%\"></i></span><b>\(SVG.escaped(text))</b></td>"
        }
        let head = table.header.map { "<th>\(SVG.escaped($0))</th>" }.joined()
        let body = table.rows.map { row in
            "<tr>" + zip(row, table.header).map { cell($0, $1) }.joined() + "</tr>\n"
        }
        return "<thead><tr>\(head)</tr></thead>\n<tbody>\(body.joined())</tbody>\n"
    }

    private static let style = """
        body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; color: #1f2328;
          background: #f6f8fa; max-width: 1120px; margin: 0 auto; padding: 32px 24px; }
        header h1 { font-size: 26px; line-height: 1.2; margin: 0; }
        header p { color: #59636e; margin: 4px 0 20px; }
        h2 { font-size: 15px; margin: 0 0 10px; }
        .card, figure, .tile { background: #fff; border: 1px solid #d8dee4; border-radius: 8px; }
        .card { padding: 16px 20px; margin-bottom: 16px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 16px;
          margin-bottom: 16px; }
        .tile { padding: 12px 20px; border-top: 3px solid #1d5ca6; }
        .tile span, .tile em { display: block; color: #59636e; font-size: 13px; font-style: normal; }
        .tile strong { display: block; font-size: 28px; line-height: 1.3; font-variant-numeric: tabular-nums; }
        .tile small { font-size: 14px; font-weight: 400; color: #59636e; }
        dl { display: grid; grid-template-columns: 1fr 1fr; gap: 0 40px; margin: 0; font-size: 13px; }
        dl div { display: flex; gap: 12px; padding: 4px 0; border-bottom: 1px solid #eaeef2; }
        dt { color: #59636e; flex: 0 0 120px; }
        dd { margin: 0; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
        th, td { padding: 6px 10px; border-bottom: 1px solid #eaeef2; text-align: right; white-space: nowrap; }
        th { color: #59636e; font-weight: 600; border-bottom-color: #d8dee4; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        tbody tr:last-child td { border-bottom: 0; }
        .share span { display: inline-block; width: 60px; height: 10px; margin-right: 8px; background: #eaeef2;
          border-radius: 2px; overflow: hidden; vertical-align: -1px; }
        .share i { display: block; height: 100%; background: #1d5ca6; }
        .share b { display: inline-block; min-width: 40px; font-weight: 400; }
        .note, footer { color: #59636e; font-size: 12px; margin: 10px 0 0; }
        .scroll { overflow-x: auto; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
        figure { margin: 0; padding: 10px; }
        figure svg { display: block; width: 100%; height: auto; }
        @media (max-width: 700px) { dl { grid-template-columns: 1fr; } }
        @media print { body { background: #fff; } .card, figure, .tile { break-inside: avoid; } }
        """
}
