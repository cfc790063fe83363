/// Writes a drawing element by element.
package struct SVG {
    package enum Anchor: String { case start, middle, end }

    package let width: Double
    package let height: Double
    private var body = ""

    package init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    package mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, stroke: String = "none",
        radius: Double = 0, title: String? = nil
    ) {
        let tip = title.map { "<title>\(Self.escaped($0))</title>" } ?? ""
        body +=
            "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" rx=\"\(n(radius))\" fill=\"\(fill)\" stroke=\"\(stroke)\">\(tip)</rect>\n"
    }

    package mutating func text(
        _ x: Double, _ y: Double, _ text: String, size: Double = 12, fill: String = "#1f2328",
        anchor: Anchor = .start, bold: Bool = false, rotated degrees: Double = 0
    ) {
        let turn = degrees == 0 ? "" : " transform=\"rotate(\(n(degrees)) \(n(x)) \(n(y)))\""
        body +=
            "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" fill=\"\(fill)\" text-anchor=\"\(anchor.rawValue)\"\(bold ? " font-weight=\"600\"" : "")\(turn)>\(Self.escaped(text))</text>\n"
    }

    package mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1,
        dashed: Bool = false
    ) {
        body +=
            "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" stroke=\"\(stroke)\" stroke-width=\"\(n(width))\"\(dashed ? " stroke-dasharray=\"5 4\"" : "")/>\n"
    }

    package mutating func path(_ points: [(x: Double, y: Double)], stroke: String, width: Double = 2) {
        guard !points.isEmpty else { return }
        let list = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
        body +=
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"\(n(width))\"/>\n"
    }

    package mutating func area(_ points: [(x: Double, y: Double)], fill: String) {
        let list = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
        body += "<polygon points=\"\(list)\" fill=\"\(fill)\"/>\n"
    }

    package mutating func circle(
        _ x: Double, _ y: Double, _ radius: Double, fill: String, title: String? = nil
    ) {
        let tip = title.map { "<title>\(Self.escaped($0))</title>" } ?? ""
        body +=
            "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" fill=\"\(fill)\" stroke=\"#ffffff\" stroke-width=\"1\">\(tip)</circle>\n"
    }

    /// Another drawing inside this one.
    package mutating func place(_ other: SVG, x: Double, y: Double) {
        body += "<g transform=\"translate(\(n(x)) \(n(y)))\">\n\(other.body)</g>\n"
    }

    /// The file's text, or, without the header, an element for a page.
    package func text(standalone: Bool = true) -> String {
        let size = "viewBox=\"0 0 \(n(width)) \(n(height))\""
        let root =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) width=\"\(n(width))\" height=\"\(n(height))\" font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\">\n"
        let header = standalone ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" : ""
        return header + root + body + "</svg>\n"
    }

    /// Text as XML wants it.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: if scalar.value >= 32 || scalar == "\t" { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }

    /// One decimal at most.
    private func n(_ value: Double) -> String { Figures.fixed(value, 1, trimmed: true) }
}
