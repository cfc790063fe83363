import ChatTemplate

/// Reads gpt-oss's answers: messages of the form
/// `<|start|>assistant to=functions.f<|channel|>commentary json<|message|>...<|end|>`.
///
/// The channel `analysis` is thinking; what has a recipient is a call; all else is the answer.
struct HarmonyOutputParser: Sendable {
    private enum State {
        /// Before `<|message|>`.
        case header
        case reasoning, answer
        case call(name: String)
        /// After a message: what begins the next one is not text.
        case between
    }

    static let markers = [
        "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>",
    ]
    private static let message = Array("<|message|>".utf8)
    /// What ends a message's text.
    private static let ends = ["<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>"].map {
        Array($0.utf8)
    }
    /// A header is short; what is longer is none.
    private static let longestHeader = 512

    private let parsesCalls: Bool
    private let separatesReasoning: Bool
    private var state = State.between
    private var pending: [UInt8] = []
    /// How many of these the prompt gave; they are not told.
    private var given = 0
    private var writer = OutputWriter()

    static let empty = HarmonyOutputParser(.plain, prompt: "", parsesCalls: false)

    init(_ format: ChatOutputFormat, prompt: String, parsesCalls: Bool) {
        self.parsesCalls = parsesCalls
        separatesReasoning = format.separatesReasoning
        guard let start = prompt.ranges(of: "<|start|>").last else { return }
        pending = Array(prompt[start.lowerBound...].utf8)
        while step(false) {}
        given = pending.count
        writer = OutputWriter()
    }

    mutating func run(_ text: String, isFinal: Bool) -> [ChatOutput] {
        pending += text.utf8
        while step(isFinal) {}
        if isFinal { writer.finish() }
        return writer.take()
    }

    /// Returns whether there is more to do with the text at hand.
    private mutating func step(_ isFinal: Bool) -> Bool {
        switch state {
        case .between: readBetween(isFinal)
        case .header: readHeader(isFinal)
        case .reasoning, .answer, .call: readBody(isFinal)
        }
    }

    /// Finds out whether a header comes next, or text without one.
    private mutating func readBetween(_ isFinal: Bool) -> Bool {
        pending.removeFirst(pending.prefix(while: \.isSpace).count)
        guard !pending.isEmpty else { return false }
        for start in ["<|start|>", "<|channel|>", "<|message|>", "assistant", "to="] {
            let start = Array(start.utf8)
            let available = min(start.count, pending.count)
            guard pending[..<available].elementsEqual(start[..<available]) else { continue }
            if available < start.count, !isFinal { return false }
            if available == start.count {
                state = .header
                return true
            }
        }
        state = .answer
        return true
    }

    private mutating func readHeader(_ isFinal: Bool) -> Bool {
        guard let end = find([Self.message], isFinal), end.index != nil else {
            // Still growing, unless it is too long for a header or nothing follows.
            guard isFinal || pending.count > Self.longestHeader else { return false }
            return noHeader()
        }
        guard end.position <= Self.longestHeader else { return noHeader() }
        let header = String(decoding: pending[..<end.position], as: UTF8.self)
        pending.removeFirst(end.position + Self.message.count)
        given = 0
        writer.endPart()
        state = Self.body(header, parsesCalls: parsesCalls, separatesReasoning)
        return true
    }

    /// What looked like a header is text.
    private mutating func noHeader() -> Bool {
        guard !pending.isEmpty else { return false }
        if given > 0 {
            pending.removeFirst(given)
            given = 0
        } else {
            writer.text(pending[..<1])
            pending.removeFirst()
        }
        state = .answer
        return true
    }

    /// What the text after a header is.
    private static func body(_ header: String, parsesCalls: Bool, _ separatesReasoning: Bool) -> State {
        if parsesCalls, let range = header.firstRange(of: " to=") {
            let rest = header[range.upperBound...]
            var name = String(rest.prefix { !$0.isWhitespace && $0 != "<" })
            if name.hasPrefix("functions.") { name.removeFirst("functions.".count) }
            if !name.isEmpty, name != "assistant", name != "user" { return .call(name: name) }
        }
        var channel = ""
        if let range = header.firstRange(of: "<|channel|>") {
            channel = String(header[range.upperBound...].prefix { $0.isLetter })
        }
        return channel == "analysis" && separatesReasoning ? .reasoning : .answer
    }

    private mutating func readBody(_ isFinal: Bool) -> Bool {
        let end = find(Self.ends, isFinal)
        let text = pending[..<(end?.position ?? pending.count)]
        switch state {
        case .reasoning: writer.reasoning(text)
        case .call(let name):
            // Told as a whole, once it is complete.
            guard end?.index != nil || isFinal else { return false }
            if let arguments = try? TemplateValue(jsonBytes: Array(text)), case .object = arguments {
                writer.call(ToolCall(name: name, arguments: arguments.json))
            } else {
                writer.text(text)
            }
        default: writer.text(text)
        }
        pending.removeFirst(text.count)
        guard let index = end?.index else { return false }
        // The markers that begin a header are part of it.
        if index < 3 { pending.removeFirst(Self.ends[index].count) }
        writer.endPart()
        state = .between
        return true
    }

    /// The first of some markers; one that is only begun has no index. nil: there is none.
    private func find(_ markers: [[UInt8]], _ isFinal: Bool) -> (position: Int, index: Int?)? {
        for position in pending.indices where pending[position] == UInt8(ascii: "<") {
            for (index, marker) in markers.enumerated() {
                let available = min(marker.count, pending.count - position)
                guard pending[position..<position + available].elementsEqual(marker[..<available]) else {
                    continue
                }
                if available == marker.count { return (position, index) }
                if !isFinal { return (position, nil) }
            }
        }
        return nil
    }
}
