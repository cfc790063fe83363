import Experts
import Foundation
import Swinfer

/// How popular each expert is, layer by layer, drawn.
struct HeatMap {
    private let popularity: ExpertPopularity

    init(_ popularity: ExpertPopularity) { self.popularity = popularity }

    private static let shades = Array(" .:-=+*#%@")
    /// Columns of a row in the terminal; larger layers go on below.
    private static let width = 128

    private var counts: [[Int64]] { popularity.counts.counts }

    /// How often an expert was chosen, relative to an even share in its layer.
    private func load(_ layer: [Int64], _ expert: Int) -> Double {
        let total = layer.reduce(0, +)
        return total == 0 ? 0 : Double(layer[expert]) * Double(layer.count) / Double(total)
    }

    /// 0 for never, 1 for four times an even share or more.
    private func heat(_ load: Double) -> Double { min(1, (load / 4).squareRoot()) }

    /// Share of all choices that the more popular half of a layer's experts takes.
    private func topHalf(_ layer: [Int64]) -> Double {
        let total = layer.reduce(0, +)
        let half = layer.sorted(by: >).prefix(layer.count / 2).reduce(0, +)
        return total == 0 ? 0 : Double(half) / Double(total)
    }

    /// For a terminal: a line for each layer, a letter or coloured cell for each expert.
    func text(colors: Bool) -> String {
        guard popularity.counts.total > 0 else {
            return
                "no routings of this model have been counted yet; run it first (swinfer run, without --no-expert-counts)\n"
        }
        var text = "experts of \(popularity.name): choices relative to an even share (\(scale))\n"
        for (index, layer) in counts.enumerated() {
            for start in stride(from: 0, to: layer.count, by: HeatMap.width) {
                let label = start == 0 ? String(format: "%3d", index) : "   "
                let cells = layer.indices[start..<min(layer.count, start + HeatMap.width)].map {
                    cell(heat(load(layer, $0)), colors)
                }
                text += "\(label) |\(cells.joined())|"
                text +=
                    start == 0 ? String(format: " half of them take %.0f %%\n", topHalf(layer) * 100) : "\n"
            }
        }
        text += "\(popularity.counts.total) choices counted\n"
        return text
    }

    private var scale: String { "\"\(String(HeatMap.shades))\" from none to four times and more" }

    private func cell(_ heat: Double, _ colors: Bool) -> String {
        let shade = HeatMap.shades[min(HeatMap.shades.count - 1, Int(heat * Double(HeatMap.shades.count)))]
        guard colors else { return String(shade) }
        // The colour cube of 256-colour terminals, from black over red to yellow.
        let level = Int((heat * 10).rounded())
        let color = 16 + 36 * min(5, level) + 6 * max(0, level - 5)
        return "\u{1B}[48;5;\(color)m\(shade)\u{1B}[0m"
    }

    /// One square for each expert, layers from top to bottom.
    var svg: String {
        let cell = 8
        let columns = counts.map(\.count).max() ?? 0
        let width = columns * cell + 60
        let height = counts.count * cell + 50
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            font-family="sans-serif" font-size="10">
            <rect width="100%" height="100%" fill="white"/>
            <text x="40" y="14">Experts of \(escaped(popularity.name)): choices relative to an even share \
            (white none, black four times)</text>

            """
        for (index, layer) in counts.enumerated() {
            let y = 30 + index * cell
            if index % 4 == 0 { text += "<text x=\"4\" y=\"\(y + cell)\">\(index)</text>\n" }
            for expert in layer.indices {
                let load = load(layer, expert)
                let heat = heat(load)
                let red = Int(255 - 40 * heat)
                let green = Int(255 * (1 - heat))
                let blue = Int(255 * max(0, 1 - 1.6 * heat))
                text += """
                    <rect x="\(40 + expert * cell)" y="\(y)" width="\(cell)" height="\(cell)" \
                    fill="rgb(\(Int(Double(red) * (1 - heat * 0.6))),\(green),\(blue))"><title>layer \(index), \
                    expert \(expert): \(layer[expert]) times, \(String(format: "%.2f", load)) of an even \
                    share</title></rect>

                    """
            }
        }
        return text + "</svg>\n"
    }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }

    /// Model, and the counts of every layer.
    var json: JSONText {
        .object([
            ("model", .string(popularity.name)), ("file", .string(popularity.path)),
            ("choices", .integer(Int(popularity.counts.total))),
            (
                "layers",
                .array(counts.map { layer in .array(layer.map { .integer(Int($0)) }) })
            ),
        ])
    }
}
