/// Sizes as people write them.
package enum ByteSize {
    /// "1.4G" and "512M" in powers of 1000, as disks and models are sold; "2Gi" in powers of 1024;
    /// plain digits are bytes. A "B" may follow. nil for anything else, or for nothing positive.
    public static func parse(_ text: String) -> Int? {
        var text = Substring(text)
        if let last = text.last, last == "B" || last == "b" { text.removeLast() }
        var base = 1000.0
        if text.last == "i" {
            base = 1024
            text.removeLast()
        }
        var factor = 1.0
        if let unit = text.last, !unit.isNumber {
            guard let power = Array("KMGT").firstIndex(of: Character(unit.uppercased())) else { return nil }
            for _ in 0...power { factor *= base }
            text.removeLast()
        } else if base != 1000 {
            return nil
        }
        let allowed = text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || $0 == 46 }
        guard allowed, let number = Double(text), number > 0, number * factor < 1e18 else { return nil }
        return Int(number * factor)
    }

    /// "7.6 MB", in powers of 1000.
    public static func text(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 999.95, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 { return "\(bytes) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
