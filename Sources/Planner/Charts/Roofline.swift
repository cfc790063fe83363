/// What tests reached, against what memory and arithmetic allow.
package struct Roofline {
    package struct Point {
        package let name: String
        /// Operations per byte that comes from memory.
        package let intensity: Double
        /// Operations per second.
        package let rate: Double

        package init(name: String, intensity: Double, rate: Double) {
            self.name = name
            self.intensity = intensity
            self.rate = rate
        }
    }

    package let drawing: SVG

    /// - Parameters:
    ///   - bandwidth: bytes per second that memory gives.
    ///   - peak: operations per second that the cores do.
    package init(_ points: [Point], bandwidth: Double, peak: Double) {
        let (width, height) = (640.0, 380.0)
        let plot = (left: 70.0, right: width - 190, top: 48.0, bottom: height - 52)
        var svg = SVG(width: width, height: height)
        svg.text(16, 24, "Roofline: reached against bandwidth and compute", size: 15, bold: true)
        let ridge = peak / bandwidth
        let known = points.filter { $0.intensity > 0 && $0.rate > 0 }
        let x = Axis(
            known.map(\.intensity) + [1, ridge * 4], places: plot.left...plot.right, logarithmic: true)
        let y = Axis(
            known.map { $0.rate / 1e9 } + [peak / 1e9 * 1.2, bandwidth / 1e9], places: plot.top...plot.bottom,
            logarithmic: true, reversed: true)
        for mark in y.marks {
            svg.line(plot.left, y.place(mark), plot.right, y.place(mark), stroke: "#e4e7eb")
            svg.text(
                plot.left - 8, y.place(mark) + 4, Figures.fixed(mark, 1, trimmed: true), size: 11,
                fill: "#59636e", anchor: .end)
        }
        for mark in x.marks {
            svg.line(x.place(mark), plot.top, x.place(mark), plot.bottom, stroke: "#e4e7eb")
            svg.text(
                x.place(mark), plot.bottom + 18, Figures.fixed(mark, 1, trimmed: true), size: 11,
                fill: "#59636e", anchor: .middle)
        }
        svg.text(
            (plot.left + plot.right) / 2, height - 14, "int8 operations per byte read", size: 12,
            anchor: .middle)
        svg.text(20, (plot.top + plot.bottom) / 2, "GOP/s", size: 12, anchor: .middle, rotated: -90)
        let low = x.range.lowerBound
        let corner = max(low, ridge)
        svg.path(
            [
                (x.place(low), y.place(min(peak, low * bandwidth) / 1e9)),
                (x.place(corner), y.place(peak / 1e9)),
                (plot.right, y.place(peak / 1e9)),
            ], stroke: "#6b7280", width: 2)
        svg.text(
            plot.right - 4, y.place(peak / 1e9) - 6, "\(Figures.fixed(peak / 1e9, 0)) int8 GOP/s", size: 11,
            fill: "#59636e", anchor: .end)
        svg.text(
            x.place(low * 1.15), y.place(low * 1.15 * bandwidth / 1e9) - 12,
            "\(Figures.fixed(bandwidth / 1e9, 1)) GB/s", size: 11, fill: "#59636e")
        for (index, point) in known.enumerated() {
            let color = SpeedChart.colors[index % SpeedChart.colors.count]
            let roof = min(peak, point.intensity * bandwidth)
            let share = Figures.fixed(point.rate / roof * 100, 0)
            svg.circle(
                x.place(point.intensity), y.place(point.rate / 1e9), 5, fill: color,
                title: "\(point.name): \(share) % of the roof")
            // As many names as fit beside the plot; every dot tells its own.
            let legend = plot.top + 8 + Double(index) * 19
            guard legend < plot.bottom else { continue }
            svg.circle(plot.right + 18, legend - 4, 4, fill: color)
            svg.text(plot.right + 28, legend, "\(point.name): \(share) %", size: 11)
        }
        drawing = svg
    }
}
