/// Why a grammar or a schema cannot be used, and where.
public struct GrammarError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The text is not a grammar, a JSON text or a pattern.
        case syntax
        /// A rule is used that is not defined, or `root` is missing.
        case undefinedRule
        /// A rule can begin with itself.
        case leftRecursion
        /// Nothing can satisfy it.
        case unsatisfiable
        /// It asks for what cannot be enforced.
        case unsupported
        /// It is larger than what is taken.
        case limit
    }

    /// Where in the input the reason lies.
    public enum Place: Sendable, Equatable {
        /// Line and column from 1, columns in Unicode scalars.
        case text(line: Int, column: Int)
        /// A JSON pointer into the schema; the empty one is the whole.
        case pointer(String)
        case whole
    }

    public var kind: Kind
    public var message: String
    public var place: Place

    public init(_ kind: Kind, _ message: String, at place: Place = .whole) {
        self.kind = kind
        self.message = message
        self.place = place
    }

    public var description: String {
        switch place {
        case .text(let line, let column): "line \(line), column \(column): \(message)"
        case .pointer(let pointer): "at \(pointer.isEmpty ? "#" : "#\(pointer)"): \(message)"
        case .whole: message
        }
    }
}
