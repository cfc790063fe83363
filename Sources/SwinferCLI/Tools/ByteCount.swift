import ArgumentParser

/// A size on the command line: `4G`, `512M`, `7000K`, `123` bytes; powers of 1000, and of 1024 with
/// `GiB` and so on.
struct ByteCount: ExpressibleByArgument, Sendable {
    let bytes: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        let factors: [String: Double] = [
            "": 1, "B": 1, "K": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9, "T": 1e12,
            "TB": 1e12,
            "KIB": 1024, "MIB": 1_048_576, "GIB": 1_073_741_824, "TIB": 1_099_511_627_776,
        ]
        let unit = argument.dropFirst(number.count).uppercased()
        guard let value = Double(number), let factor = factors[unit], value > 0, value * factor >= 1,
            value * factor < 1e18
        else { return nil }
        bytes = Int(value * factor)
    }
}
