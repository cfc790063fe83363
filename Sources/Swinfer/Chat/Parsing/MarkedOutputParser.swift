/// Reads answers in which markers surround thinking and calls.
struct MarkedOutputParser: Sendable {
    private enum State {
        case answer, reasoning
        /// What looked like a call began here; `isReasoning` says where in.
        case block(BlockReader, isReasoning: Bool)
    }

    private let reasoning: ChatOutputFormat.Reasoning?
    private let syntax: ToolSyntax?
    private let tools: ToolSchemas
    /// What may interrupt an answer, and a thinking block.
    private let answerMarkers: [[UInt8]]
    private let reasoningMarkers: [[UInt8]]
    private var state = State.answer
    /// Text that is not decided yet.
    private var pending: [UInt8] = []
    /// Only space has come since the answer, or what follows a thinking block or a call, began.
    private var isAtStart = true
    private var writer = OutputWriter()
    /// How many bytes of a block the prompt gave; they are no text.
    private var given = 0

    static let empty = MarkedOutputParser(.plain, prompt: "", tools: ToolSchemas())

    init(_ format: ChatOutputFormat, prompt: String, tools: ToolSchemas) {
        reasoning = format.reasoning
        syntax = tools.isEmpty && format.tools != .solar ? nil : format.tools
        self.tools = tools
        let starts = syntax?.starts.map { Array($0.utf8) } ?? []
        answerMarkers = [reasoning?.start].compactMap { $0.map { Array($0.utf8) } } + starts
        reasoningMarkers =
            [reasoning?.end].compactMap { $0.map { Array($0.utf8) } }
            + (syntax?.endsReasoning == true ? starts : [])
        if let reasoning, Self.opens(prompt, reasoning) { state = .reasoning }
        if syntax == .functionary, prompt.hasSuffix(">>>") {
            pending = Array(">>>".utf8)
            given = pending.count
        }
    }

    /// Whether a prompt ends inside of a thinking block that has only begun.
    static func opens(_ prompt: String, _ reasoning: ChatOutputFormat.Reasoning) -> Bool {
        let prompt = prompt.trimmed
        return prompt.hasSuffix(reasoning.start)
    }

    mutating func run(_ text: String, isFinal: Bool) -> [ChatOutput] {
        if case .block(var reader, let isReasoning) = state {
            state = .answer
            reader.append(text.utf8)
            state = .block(reader, isReasoning: isReasoning)
        } else {
            pending += text.utf8
        }
        var goesOn = true
        while goesOn {
            switch state {
            case .answer: goesOn = readAnswer(isFinal)
            case .reasoning: goesOn = readReasoning(isFinal)
            case .block(var reader, let isReasoning):
                state = .answer
                goesOn = read(&reader, isReasoning, isFinal)
            }
        }
        if isFinal { writer.finish() }
        return writer.take()
    }

    // MARK: Answer

    /// Returns whether there is more to do with the text at hand.
    private mutating func readAnswer(_ isFinal: Bool) -> Bool {
        var position = 0
        while position < pending.count {
            let byte = pending[position]
            if isAtStart, syntax?.bareStarts.contains(byte) == true { return begin(at: position) }
            switch match(answerMarkers, at: position, isFinal) {
            case .found(0) where reasoning != nil:
                // In the middle of an answer, text about the marker is only text.
                guard isAtStart || reasoning?.isToken == true else { break }
                writer.text(pending[..<position])
                if !isAtStart { writer.keepSpace() }
                writer.endPart()
                pending.removeFirst(position + answerMarkers[0].count)
                state = .reasoning
                return true
            case .found: return begin(at: position)
            case .partial:
                writer.text(pending[..<position])
                pending.removeFirst(position)
                return false
            case .none: break
            }
            if !byte.isSpace { isAtStart = false }
            position += 1
        }
        writer.text(pending[...])
        pending.removeAll(keepingCapacity: true)
        return false
    }

    private mutating func begin(at position: Int, isReasoning: Bool = false) -> Bool {
        if isReasoning { writer.reasoning(pending[..<position]) } else { writer.text(pending[..<position]) }
        state = .block(BlockReader(pending[position...], tools: tools), isReasoning: isReasoning)
        pending.removeAll(keepingCapacity: true)
        return true
    }

    // MARK: Thinking

    private mutating func readReasoning(_ isFinal: Bool) -> Bool {
        var position = 0
        while position < pending.count {
            switch match(reasoningMarkers, at: position, isFinal) {
            case .found(0):
                writer.reasoning(pending[..<position])
                writer.endPart()
                pending.removeFirst(position + reasoningMarkers[0].count)
                state = .answer
                isAtStart = true
                return true
            case .found: return begin(at: position, isReasoning: true)
            case .partial:
                writer.reasoning(pending[..<position])
                pending.removeFirst(position)
                return false
            case .none: position += 1
            }
        }
        writer.reasoning(pending[...])
        pending.removeAll(keepingCapacity: true)
        return false
    }

    // MARK: Calls

    private mutating func read(_ reader: inout BlockReader, _ isReasoning: Bool, _ isFinal: Bool) -> Bool {
        guard let syntax else { return false }
        reader.isFinal = isFinal
        reader.restart()
        let known = reader.calls.count
        do {
            try syntax.read(&reader)
            tell(reader.calls[known...])
            // A block without calls is a mark that is no text.
            if reader.calls.isEmpty { writer.endPart() }
            continueAfterCalls(reader.bytes[reader.position...])
            return true
        } catch .incomplete where !isFinal {
            tell(reader.calls[known...])
            state = .block(reader, isReasoning: isReasoning)
            return false
        } catch {
            tell(reader.calls[known...])
            if reader.committed > 0 {
                continueAfterCalls(reader.bytes[reader.committed...])
                return true
            }
            if given > 0 {
                pending = Array(reader.bytes[given...])
                given = 0
                return true
            }
            // Not a call: its first character is text, and what follows may be anything.
            let width = 1 + reader.bytes.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count
            pending = Array(reader.bytes[width...])
            if isReasoning {
                writer.reasoning(reader.bytes[..<width])
                state = .reasoning
            } else {
                isAtStart = false
                writer.text(reader.bytes[..<width])
                state = .answer
            }
            return true
        }
    }

    private mutating func tell(_ calls: ArraySlice<ToolCall>) {
        for call in calls { writer.call(call) }
    }

    private mutating func continueAfterCalls(_ rest: ArraySlice<UInt8>) {
        given = 0
        pending = Array(rest)
        state = .answer
        isAtStart = true
    }

    private enum Match {
        case none, partial
        case found(Int)
    }

    /// Whether one of the markers stands at a position, or may once more text has come.
    private func match(_ markers: [[UInt8]], at position: Int, _ isFinal: Bool) -> Match {
        var isPartial = false
        for (index, marker) in markers.enumerated() where marker[0] == pending[position] {
            let available = min(marker.count, pending.count - position)
            guard pending[position..<position + available].elementsEqual(marker[..<available]) else {
                continue
            }
            if available == marker.count { return .found(index) }
            isPartial = true
        }
        return isPartial && !isFinal ? .partial : .none
    }
}
