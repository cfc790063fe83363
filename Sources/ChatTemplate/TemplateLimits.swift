/// Bounds on what one template may use, so that a hostile one ends with an error instead of
/// hanging, overflowing the stack or filling memory.
public struct TemplateLimits: Sendable {
    /// Work of one rendering. One step is one evaluated expression or statement, eight
    /// produced elements (characters of strings, items of lists) or sixteen inspected ones.
    public var steps: Int
    /// Unicode scalars of the rendered text.
    public var outputLength: Int
    /// Elements of one string, list or dict.
    public var valueLength: Int
    /// How deep expressions, blocks and containers may nest; what runs may be four times as deep.
    /// At 128 that takes less than 512 KiB of stack in a release build. Real templates need 25.
    public var nesting: Int
    /// Unicode scalars of the template's source.
    public var sourceLength: Int

    public init(
        steps: Int = 50_000_000, outputLength: Int = 1 << 26, valueLength: Int = 1 << 24, nesting: Int = 128,
        sourceLength: Int = 1 << 22
    ) {
        self.steps = steps
        self.outputLength = outputLength
        self.valueLength = valueLength
        self.nesting = nesting
        self.sourceLength = sourceLength
    }

    public static let `default` = TemplateLimits()
}
