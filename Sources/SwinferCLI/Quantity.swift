/// Numbers as people read them.
package enum Quantity {
    /// `512 B`, `2.39 MiB`, `17.28 GiB`.
    package static func bytes(_ count: Int) -> String {
        scaled(count, base: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    }

    /// `320`, `30.53 B`, with thousand, million, billion and trillion as k, M, B and T.
    package static func count(_ count: Int) -> String {
        scaled(count, base: 1000, units: ["", "k", "M", "B", "T", "P", "E"])
    }

    /// A number with so many digits after the point.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let rounded = Int((abs(value) * Double(scale)).rounded())
        let whole = (value < 0 ? "-" : "") + "\(rounded / scale)"
        guard digits > 0 else { return whole }
        let fraction = "\(rounded % scale)"
        return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// Ascending numbers, neighbours together: `0-5, 7, 9-11`.
    package static func ranges(_ numbers: [Int]) -> String {
        var parts: [(first: Int, last: Int)] = []
        for number in numbers {
            if let last = parts.last?.last, number > last, number - 1 == last {
                parts[parts.count - 1].last = number
            } else {
                parts.append((number, number))
            }
        }
        return parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(
            separator: ", ")
    }

    private static func scaled(_ count: Int, base: Int, units: [String]) -> String {
        var value = Double(count)
        var unit = 0
        // Two decimals are shown, so 999.996 would be 1000.00 of a unit.
        while value >= Double(base) - 0.005, unit < units.count - 1 {
            value /= Double(base)
            unit += 1
        }
        let number = unit == 0 ? "\(count)" : fixed(value, 2)
        return units[unit].isEmpty ? number : number + " " + units[unit]
    }
}
