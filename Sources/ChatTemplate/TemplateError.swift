/// Why a template could not be parsed or rendered, and where in its text.
public struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The template's text is not valid.
        case syntax
        /// An operation failed while rendering: a wrong type, an undefined name, ...
        case runtime
        /// The template itself refused its input with `raise_exception(message)`.
        case raised
        /// A bound of `TemplateLimits` was reached.
        case limit
    }

    public var kind: Kind
    /// What happened; for `.raised` exactly the template's words.
    public var message: String
    /// Line in the template, from 1; 0 when the error is not about a place in a template.
    public var line: Int
    /// Column in Unicode scalars, from 1; 0 when unknown.
    public var column: Int

    public init(kind: Kind, message: String, line: Int = 0, column: Int = 0) {
        self.kind = kind
        self.message = message
        self.line = line
        self.column = column
    }

    public var description: String {
        line > 0 ? "\(message) (template line \(line), column \(column))" : message
    }
}

/// A place in the template's text.
struct Position: Sendable, Equatable {
    var line: Int32
    var column: Int32

    static let start = Position(line: 1, column: 1)

    func error(_ kind: TemplateError.Kind, _ message: String) -> TemplateError {
        TemplateError(kind: kind, message: message, line: Int(line), column: Int(column))
    }
}
