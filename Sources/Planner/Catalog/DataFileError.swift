/// A data file that cannot be used: where it is wrong, and what was expected there.
public struct DataFileError: Error, Equatable, CustomStringConvertible {
    public let file: String
    /// Line and column, both from 1; 0 when the file as a whole is meant.
    public let line: Int
    public let column: Int
    public let reason: String

    public init(file: String, line: Int = 0, column: Int = 0, reason: String) {
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason
    }

    public var description: String {
        line > 0 ? "\(file):\(line):\(column): \(reason)" : "\(file): \(reason)"
    }
}
