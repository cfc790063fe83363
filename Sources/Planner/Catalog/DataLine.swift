/// One line of a data file, read column by column.
struct DataLine {
    struct Field {
        let text: String
        /// From 1, in characters.
        let column: Int
    }

    let file: String
    let number: Int
    private let fields: [Field]
    private let end: Int
    private var next = 0

    /// The lines of a text that hold anything but blanks and comments.
    static func all(in text: String, file: String) -> [DataLine] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let line = DataLine(line.last == "\r" ? line.dropLast() : line, file: file, number: index + 1)
            return line.fields.isEmpty ? nil : line
        }
    }

    private init(_ text: Substring, file: String, number: Int) {
        self.file = file
        self.number = number
        var fields: [Field] = []
        var word = ""
        var column = 0
        for character in text {
            if character == "#" { break }
            column += 1
            if character == " " || character == "\t" {
                if !word.isEmpty { fields.append(Field(text: word, column: column - word.count)) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { fields.append(Field(text: word, column: column + 1 - word.count)) }
        self.fields = fields
        end = column + 1
    }

    /// The next column.
    ///
    /// - Parameter name: what the column holds, for the error.
    mutating func text(_ name: String) throws(DataFileError) -> Field {
        guard next < fields.count else {
            throw DataFileError(
                file: file, line: number, column: end, reason: "the line ends where '\(name)' is expected")
        }
        next += 1
        return fields[next - 1]
    }

    /// The next column, to be read again.
    func peek(_ name: String) throws(DataFileError) -> Field {
        var copy = self
        return try copy.text(name)
    }

    /// The next column as a whole number; `-` is 0 where nothing is allowed.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(DataFileError) -> Int {
        let field = try text(name)
        return try integer(field.text, of: field, name, in: range)
    }

    func integer(
        _ text: String, of field: Field, _ name: String, in range: ClosedRange<Int>
    ) throws(DataFileError) -> Int {
        if text == "-", range.contains(0) { return 0 }
        guard let value = Int(text), range.contains(value) else {
            throw error(
                at: field,
                "'\(text)' is no \(name): expected a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// The next column as a number; `-` is nil where that is allowed.
    mutating func number(_ name: String, in range: ClosedRange<Double>) throws(DataFileError) -> Double {
        let field = try text(name)
        guard let value = Double(field.text), range.contains(value) else {
            throw error(
                at: field,
                "'\(field.text)' is no \(name): expected a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    mutating func optionalNumber(
        _ name: String, in range: ClosedRange<Double>
    ) throws(DataFileError) -> Double? {
        if next < fields.count, fields[next].text == "-" {
            next += 1
            return nil
        }
        return try number(name, in: range)
    }

    /// The columns that are left: `key=value` or a lone `key`.
    mutating func options() -> [(key: String, value: String, field: Field)] {
        defer { next = fields.count }
        return fields[next...].map { field in
            let parts = field.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "", field)
        }
    }

    /// Whole numbers separated by slashes.
    func integers(
        _ value: String, of field: Field, _ names: String
    ) throws(DataFileError) -> [Int] {
        let wanted = names.split(separator: "/")
        let numbers = value.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard numbers.count == wanted.count, numbers.allSatisfy({ (0...(1 << 32)).contains($0) }) else {
            throw error(at: field, "'\(field.text)': expected \(names) as whole numbers")
        }
        return numbers
    }

    func error(at field: Field, _ reason: String) -> DataFileError {
        DataFileError(file: file, line: number, column: field.column, reason: reason)
    }
}
