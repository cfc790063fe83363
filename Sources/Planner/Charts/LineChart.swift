/// Lines of values over a number that was swept.
package struct LineChart {
    package struct Series {
        package let name: String
        package let points: [(x: Double, y: Double)]

        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points.sorted { $0.x < $1.x }
        }
    }

    package let drawing: SVG

    /// - Parameters:
    ///   - title: above the drawing.
    ///   - horizontal: what the horizontal axis counts.
    ///   - vertical: what the values are.
    package init(_ title: String, horizontal: String, vertical: String, _ series: [Series]) {
        let (width, height) = (560.0, 330.0)
        let plot = (left: 64.0, right: width - 16, top: 72.0, bottom: height - 52)
        var svg = SVG(width: width, height: height)
        svg.text(16, 24, title, size: 15, bold: true)
        let points = series.flatMap(\.points)
        let x = Axis(points.map(\.x), places: plot.left...plot.right, logarithmic: false, ownMarks: true)
        let y = Axis(points.map(\.y), places: plot.top...plot.bottom, logarithmic: false, reversed: true)
        for mark in y.marks {
            svg.line(plot.left, y.place(mark), plot.right, y.place(mark), stroke: "#e4e7eb")
            svg.text(
                plot.left - 8, y.place(mark) + 4, Figures.fixed(mark, 2, trimmed: true), size: 11,
                fill: "#59636e", anchor: .end)
        }
        for mark in x.marks {
            svg.line(x.place(mark), plot.bottom, x.place(mark), plot.bottom + 4, stroke: "#818b98")
            svg.text(
                x.place(mark), plot.bottom + 18, Figures.fixed(mark, 1, trimmed: true), size: 11,
                fill: "#59636e", anchor: .middle)
        }
        svg.line(plot.left, plot.bottom, plot.right, plot.bottom, stroke: "#818b98")
        svg.text((plot.left + plot.right) / 2, height - 14, horizontal, size: 12, anchor: .middle)
        svg.text(20, (plot.top + plot.bottom) / 2, vertical, size: 12, anchor: .middle, rotated: -90)
        var legend = plot.left
        for (index, line) in series.enumerated() {
            let color = SpeedChart.colors[index % SpeedChart.colors.count]
            let places = line.points.map { (x: x.place($0.x), y: y.place($0.y)) }
            svg.path(places, stroke: color)
            for (place, point) in zip(places, line.points) {
                if series.count <= 2, points.count <= 14 {
                    svg.text(
                        place.x, place.y - 9, Figures.fixed(point.y, 1, trimmed: true), size: 10.5,
                        fill: color,
                        anchor: .middle)
                }
                svg.circle(
                    place.x, place.y, 4, fill: color,
                    title:
                        "\(line.name): \(Figures.fixed(point.y, 2)) at \(Figures.fixed(point.x, 1, trimmed: true))"
                )
            }
            svg.circle(legend + 5, 46, 4, fill: color)
            svg.text(legend + 14, 50, line.name, size: 11.5)
            legend += 30 + Double(line.name.count) * 6.6
        }
        drawing = svg
    }
}
