/// Collects what is told of an answer, without the space that only surrounds thinking and calls.
struct OutputWriter: Sendable {
    private enum Kind { case reasoning, text }

    private var outputs: [ChatOutput] = []
    private var kind = Kind.text
    /// Space that counts only if text of the same kind follows.
    private var space: [UInt8] = []
    /// Space before text belongs to it only at the very start of an answer.
    private var skipsSpace = false
    /// A call or a thinking block has been told.
    private var hasParts = false

    mutating func text(_ bytes: ArraySlice<UInt8>) { write(bytes, .text) }
    mutating func reasoning(_ bytes: ArraySlice<UInt8>) { write(bytes, .reasoning) }

    mutating func call(_ call: ToolCall) {
        endPart()
        outputs.append(.toolCall(call))
    }

    /// What follows is something else than what came before.
    mutating func endPart() {
        space = []
        skipsSpace = true
        hasParts = true
    }

    /// The text so far goes on after a thinking block within it: the space between counts.
    mutating func keepSpace() {
        if kind == .text, !space.isEmpty { outputs.append(.text(String(decoding: space, as: UTF8.self))) }
        space = []
    }

    /// The answer ends; trailing space of a plain one belongs to it.
    mutating func finish() {
        if kind == .text, !hasParts, !space.isEmpty {
            outputs.append(.text(String(decoding: space, as: UTF8.self)))
        }
        space = []
    }

    mutating func take() -> [ChatOutput] {
        defer { outputs = [] }
        return outputs
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>, _ kind: Kind) {
        guard !bytes.isEmpty else { return }
        if kind != self.kind {
            self.kind = kind
            space = []
            skipsSpace = skipsSpace || kind == .reasoning
        }
        guard let last = bytes.lastIndex(where: { !$0.isSpace }) else {
            if !skipsSpace { space += bytes }
            return
        }
        var first = bytes.startIndex
        if skipsSpace { first = bytes.firstIndex { !$0.isSpace } ?? first }
        skipsSpace = false
        let told = space + bytes[first...last]
        space = Array(bytes[(last + 1)...])
        let string = String(decoding: told, as: UTF8.self)
        outputs.append(kind == .text ? .text(string) : .reasoning(string))
    }
}
