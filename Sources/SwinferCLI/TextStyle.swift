import Glibc

/// Colours, where they are wanted.
enum TextStyle {
    static let dim = "\u{1B}[2m"
    static let bold = "\u{1B}[1m"
    static let reset = "\u{1B}[0m"

    /// Whether a stream shows styles: it is a terminal that can, and NO_COLOR is not set.
    static func isShown(on descriptor: Int32) -> Bool {
        func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
        return isatty(descriptor) == 1 && variable("NO_COLOR") ?? "" == "" && variable("TERM") != "dumb"
    }
}

extension String {
    /// Without characters that could steer a terminal, for text of others that is shown on one.
    var safeForTerminal: String {
        var text = ""
        for scalar in unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
            text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return text
    }
}
