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
        let (width, height) = (560.0, 330.0)
        let plot = (left: 64.0, right: width - 156, top: 48.0, bottom: height - 52)
        var svg = SVG(width: width, height: height)
        svg.text(16, 24, "Roofline: share of what memory and cores allow", size: 15, bold: true)
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
        let roof = [
            (x: x.place(low), y: y.place(min(peak, low * bandwidth) / 1e9)),
            (x: x.place(corner), y: y.place(peak / 1e9)), (x: plot.right, y: y.place(peak / 1e9)),
        ]
        svg.area(
            roof + [(x: plot.right, y: plot.bottom), (x: x.place(low), y: plot.bottom)], fill: "#1d5ca60f")
        svg.path(roof, stroke: "#59636e", width: 2)
        svg.line(plot.left, plot.bottom, plot.right, plot.bottom, stroke: "#818b98")
        svg.text(
            plot.right - 4, y.place(peak / 1e9) - 7, "\(Figures.fixed(peak / 1e9, 0)) int8 GOP/s", size: 11,
            fill: "#59636e", anchor: .end)
        // Beside the slope, where nothing is above it.
        let middle = (low * corner).squareRoot()
        svg.text(
            x.place(middle) - 8, y.place(min(peak, middle * bandwidth) / 1e9) - 6,
            "\(Figures.fixed(bandwidth / 1e9, 1)) GB/s", size: 11, fill: "#59636e", anchor: .end)
        for (index, point) in known.enumerated() {
            let color = SpeedChart.colors[index % SpeedChart.colors.count]
            let most = min(peak, point.intensity * bandwidth)
            let share = Figures.fixed(point.rate / most * 100, 0)
            svg.line(
                x.place(point.intensity), y.place(most / 1e9), x.place(point.intensity),
                y.place(point.rate / 1e9), stroke: color, dashed: true)
            svg.circle(
                x.place(point.intensity), y.place(point.rate / 1e9), 5, fill: color,
                title: "\(point.name): \(share) % of the roof")
            // As many names as fit beside the plot; every dot tells its own.
            let legend = plot.top + 8 + Double(index) * 19
            guard legend < plot.bottom else { continue }
            svg.circle(plot.right + 16, legend - 4, 4, fill: color)
            svg.text(plot.right + 26, legend, "\(point.name): \(share) %", size: 11)
        }
        drawing = svg
    }
}
