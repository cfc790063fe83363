/// Models against machines: what runs, in which quantization and how fast.
package struct HeatMap {
    package let drawing: SVG

    /// - Parameter rows: a row for each model, a fit for each machine in the same order.
    package init(_ rows: [[Fit]]) {
        let left = 210.0
        let top = 150.0
        let cell = (width: 78.0, height: 30.0)
        let machines = rows.first?.map(\.machine.title) ?? []
        let width = left + Double(machines.count) * cell.width + 90
        let height = top + Double(rows.count) * cell.height + 64
        var svg = SVG(width: width, height: height)
        svg.rectangle(0, 0, width, height, fill: "#ffffff")
        svg.text(
            16, 28, "What runs where: best quantization and decode tokens per second", size: 16, bold: true)
        if let context = rows.first?.first?.context {
            svg.text(16, 48, "context \(context)", size: 12, fill: "#59636e")
        }
        for (index, title) in machines.enumerated() {
            svg.text(
                left + (Double(index) + 0.4) * cell.width, top - 8, title, size: 11, rotated: -38)
        }
        for (line, fits) in rows.enumerated() {
            let y = top + Double(line) * cell.height
            svg.text(left - 8, y + 19, fits.first?.model ?? "", size: 12, anchor: .end)
            for (column, fit) in fits.enumerated() {
                Self.draw(fit, &svg, left + Double(column) * cell.width, y, cell.width, cell.height)
            }
        }
        Self.drawKey(&svg, 16, height - 26)
        drawing = svg
    }

    private static func draw(
        _ fit: Fit, _ svg: inout SVG, _ x: Double, _ y: Double, _ width: Double, _ height: Double
    ) {
        let fill = color(fit)
        let name = fit.mix?.rawValue ?? "file"
        let tip =
            "\(fit.model) \(name) on \(fit.machine.title): \(fit.verdict.rawValue), \(Figures.gigabytes(fit.weightBytes)) GB, decode \(Figures.rate(fit.decode)) tok/s"
        svg.rectangle(x + 1, y + 1, width - 2, height - 2, fill: fill.background, radius: 3, title: tip)
        guard fit.verdict != .no else {
            svg.text(x + width / 2, y + 19, "no", size: 11, fill: "#818b98", anchor: .middle)
            return
        }
        svg.text(
            x + width / 2, y + 13, mark(fit.verdict) + Figures.rate(fit.decode), size: 12,
            fill: fill.ink, anchor: .middle, bold: true)
        svg.text(x + width / 2, y + 25, name, size: 9, fill: fill.ink, anchor: .middle)
    }

    private static func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .fits, .no: ""
        case .tight: "! "
        case .streamed: "~ "
        }
    }

    /// Five steps of one hue; streaming in another.
    private static func color(_ fit: Fit) -> (background: String, ink: String) {
        guard fit.verdict != .no, let rate = fit.decode else { return ("#eff1f3", "#818b98") }
        let blue = ["#dbe9f9", "#b3d1f2", "#7fb1e6", "#3f83cc", "#1d5ca6"]
        let amber = ["#fdf0d5", "#fae0ab", "#f3c567", "#e0a52c", "#b97f10"]
        let step = [5.0, 15, 40, 100].count { rate >= $0 }
        return (fit.verdict == .streamed ? amber[step] : blue[step], step >= 3 ? "#ffffff" : "#1f2328")
    }

    private static func drawKey(_ svg: inout SVG, _ x: Double, _ y: Double) {
        var x = x
        let names = ["< 5", "5", "15", "40", "100 tok/s"]
        for (index, fill) in ["#dbe9f9", "#b3d1f2", "#7fb1e6", "#3f83cc", "#1d5ca6"].enumerated() {
            svg.rectangle(x, y - 11, 16, 14, fill: fill, radius: 2)
            svg.text(x + 20, y, names[index], size: 11)
            x += index == 4 ? 96 : 52
        }
        svg.rectangle(x, y - 11, 16, 14, fill: "#f3c567", radius: 2)
        svg.text(x + 20, y, "~ streamed", size: 11)
        svg.text(x + 104, y, "! tight", size: 11)
    }
}
