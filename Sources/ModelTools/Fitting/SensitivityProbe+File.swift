public import GGUF

extension SensitivityProbe {
    private static let title = "swinfer sensitivities 1"

    /// Writes what was measured, so that other sizes of the same model need not measure it again. Text: a
    /// title with the number of layers, then a line for each group: divergence per loss, and its name.
    ///
    /// - Throws: ``ToolError``; nothing is left under the name then.
    public func write(to path: String) throws(ToolError) {
        var text = "\(Self.title), \(layers) layers\n"
        for (group, value) in values.sorted(by: { $0.key < $1.key }) { text += "\(value) \(group)\n" }
        let file = try AtomicFile(path)
        try file.write(Array(text.utf8))
        try file.finish()
    }

    /// Reads such a file.
    ///
    /// - Parameter model: what it must have been measured on.
    /// - Throws: ``ToolError`` naming the line that is wrong, or a tensor that the file does not know.
    public init(path: String, for model: GGUFFile) throws(ToolError) {
        let input = try InputFile(path)
        guard input.byteCount < 1 << 24 else {
            throw ToolError("\(path): is no file of sensitivities; name another with --sensitivities")
        }
        let text = String(decoding: try input.read(at: 0, count: input.byteCount), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let layers = ModelFacts(model).layers
        guard lines[0] == "\(Self.title), \(layers) layers" else {
            throw ToolError(
                "\(path): is no file of sensitivities of a model of \(layers) layers; name another with --sensitivities, which is then written"
            )
        }
        var values: [String: Double] = [:]
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let value = Double(parts[0]), value.isFinite, value >= 0 else {
                throw ToolError("\(path):\(index + 1): '\(line)' is no value and name; remove the file")
            }
            values[String(parts[1])] = value
        }
        self.init(values: values, layers: layers)
    }
}
