import Planner
import Swinfer

extension BenchmarkReport {
    var charts: [SVG] {
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
            "\($0.threads) thread\($0.threads == 1 ? "" : "s"), \($0.keyType)"
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
