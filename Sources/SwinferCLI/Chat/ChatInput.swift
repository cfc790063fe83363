import Glibc

/// Where the user's messages come from: a terminal with editing, or lines of a pipe or file.
struct ChatInput: ~Copyable {
    enum Answer {
        case message(String)
        case interrupt, end
    }

    let isInteractive: Bool
    private var editor = LineEditor()
    private var reader: LineReader
    private var history: History
    private var assembler = MessageAssembler()
    private let style: (String, String)

    init() throws {
        isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
        reader = try LineReader(path: nil)
        history = History(path: isInteractive ? History.standardPath : nil)
        style = TextStyle.isShown(on: STDERR_FILENO) ? (TextStyle.bold, TextStyle.reset) : ("", "")
    }

    /// The next message; one of several lines is put together.
    mutating func next() throws -> Answer {
        while true {
            let line: String
            if isInteractive {
                switch editor.read(prompt: assembler.isOpen ? ". " : "> ", style: style, history: history) {
                case .line(let text): line = text
                case .interrupt where assembler.isOpen:
                    _ = assembler.finish()
                    continue
                case .interrupt: return .interrupt
                case .end: return .end
                }
            } else if let bytes = try reader.next() {
                line = String(decoding: bytes, as: UTF8.self)
            } else {
                return assembler.finish().map { .message($0) } ?? .end
            }
            // Several lines that were pasted or made with Alt-Enter are a message as they are.
            let message = line.contains("\n") && !assembler.isOpen ? line : assembler.add(line)
            guard let message else { continue }
            do {
                try history.add(message)
            } catch {
                Terminal.note("\(error)")
            }
            if message.contains(where: { !$0.isWhitespace }) { return .message(message) }
        }
    }
}
