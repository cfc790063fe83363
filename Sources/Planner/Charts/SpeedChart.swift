/// Decode speed against the size of the weights, a colour for each machine.
package struct SpeedChart {
    package let drawing: SVG

    /// Colours that differ also for the colour-blind, in a fixed order.
    package static let colors = [
        "#1d5ca6", "#d1610e", "#2a8a57", "#8a4fb0", "#b8323c", "#6b7280", "#0e8a9e", "#a67c00", "#d14a94",
        "#3d4f7c", "#7a9a01", "#5b3a29", "#00695c",
    ]

    /// - Parameter rows: a row for each model, a fit for each machine in the same order.
    package init(_ rows: [[Fit]], width: Double = 900) {
        let height = 460.0
        let plot = (left: 70.0, right: width - 230, top: 60.0, bottom: height - 60)
        var svg = SVG(width: width, height: height)
        svg.rectangle(0, 0, width, height, fill: "#ffffff")
        svg.text(16, 28, "Decode speed against size of the weights", size: 16, bold: true)
        let running = rows.joined().filter { $0.verdict != .no && ($0.decode ?? 0) > 0 }
        let x = Axis(
            running.map { Double($0.weightBytes) / 1e9 }, places: plot.left...plot.right, logarithmic: true)
        let y = Axis(
            running.compactMap(\.decode), places: plot.top...plot.bottom, logarithmic: true, reversed: true)
        for mark in x.marks {
            svg.line(x.place(mark), plot.top, x.place(mark), plot.bottom, stroke: "#e4e7eb")
            svg.text(
                x.place(mark), plot.bottom + 18, Figures.fixed(mark, 2, trimmed: true), size: 11,
                fill: "#59636e",
                anchor: .middle)
        }
        for mark in y.marks {
            svg.line(plot.left, y.place(mark), plot.right, y.place(mark), stroke: "#e4e7eb")
            svg.text(
                plot.left - 8, y.place(mark) + 4, Figures.fixed(mark, 2, trimmed: true), size: 11,
                fill: "#59636e", anchor: .end)
        }
        svg.text((plot.left + plot.right) / 2, height - 16, "weights, GB", size: 12, anchor: .middle)
        svg.text(22, (plot.top + plot.bottom) / 2, "tok/s", size: 12, anchor: .middle, rotated: -90)
        for column in (rows.first ?? []).indices {
            let color = Self.colors[column % Self.colors.count]
            for row in rows where row[column].verdict != .no {
                guard let rate = row[column].decode, rate > 0 else { continue }
                let fit = row[column]
                svg.circle(
                    x.place(Double(fit.weightBytes) / 1e9), y.place(rate), fit.verdict == .streamed ? 3 : 5,
                    fill: color,
                    title:
                        "\(fit.model) \(fit.mix?.rawValue ?? "") on \(fit.machine.title): \(Figures.rate(rate)) tok/s"
                )
            }
            let legend = plot.top + 10 + Double(column) * 22
            svg.circle(plot.right + 24, legend - 4, 5, fill: color)
            svg.text(plot.right + 36, legend, rows[0][column].machine.title, size: 11)
        }
        svg.text(plot.right + 18, height - 40, "small dots: streamed", size: 11, fill: "#59636e")
        drawing = svg
    }

    /// Both drawings of a matrix, one above the other.
    package static func page(_ rows: [[Fit]]) -> String {
        let map = HeatMap(rows).drawing
        let chart = SpeedChart(rows, width: max(900, map.width)).drawing
        var page = SVG(width: max(map.width, chart.width), height: map.height + chart.height)
        page.rectangle(0, 0, page.width, page.height, fill: "#ffffff")
        page.place(map, x: 0, y: 0)
        page.place(chart, x: 0, y: map.height)
        return page.text()
    }
}
