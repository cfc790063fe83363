/// Numbers as charts and tables write them.
package enum Figures {
    /// So many digits after the point; `trimmed`: none when they are zeros.
    package static func fixed(_ value: Double, _ digits: Int, trimmed: Bool = false) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let rounded = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && rounded > 0 ? "-" : ""
        let fraction = "\(rounded % scale)"
        if digits == 0 || (trimmed && rounded % scale == 0) { return sign + "\(rounded / scale)" }
        return sign + "\(rounded / scale)." + String(repeating: "0", count: digits - fraction.count)
            + fraction
    }

    /// A speed: "0.31", "4.7", "86".
    package static func rate(_ value: Double?) -> String {
        guard let value else { return "-" }
        return fixed(value, value < 1 ? 2 : value < 9.95 ? 1 : 0)
    }

    /// Bytes in GB (10^9): "0.3", "18.6", "404".
    package static func gigabytes(_ bytes: Int) -> String {
        let value = Double(bytes) / 1e9
        return fixed(value, value < 99.95 ? 1 : 0)
    }

    /// Parameters in billions: "0.6", "30.5", "671".
    package static func billions(_ count: Int) -> String {
        let value = Double(count) / 1e9
        return fixed(value, value < 99.95 ? 1 : 0)
    }
}
