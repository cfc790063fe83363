/// Why a tool could not do its work. Each text is one line: what went wrong, where, what to do.
public struct ToolError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
