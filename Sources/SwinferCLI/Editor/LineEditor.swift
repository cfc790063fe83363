import Glibc

/// Reads lines from a terminal with editing and history. What it shows goes to standard error.
struct LineEditor: ~Copyable {
    enum Answer: Equatable {
        case line(String)
        /// Ctrl-C on an empty line.
        case interrupt
        /// Ctrl-D on an empty line, or the terminal is gone.
        case end
    }

    private var decoder = KeyDecoder()
    private var waiting: [UInt8] = []
    /// The row of the cursor within what is shown.
    private var shownRow = 0

    /// Lets someone edit a line.
    ///
    /// - Parameters:
    ///   - prompt: shown before it; without control sequences.
    ///   - style: a control sequence for the prompt, and the one that ends it.
    mutating func read(
        prompt: String, style: (String, String), history: borrowing History
    ) -> Answer {
        TerminalMode.edit()
        tell("\u{1B}[?2004h")
        defer {
            tell("\u{1B}[?2004l")
            TerminalMode.answer()
        }
        var buffer = EditBuffer()
        var browser = HistoryBrowser(history.entries)
        shownRow = 0
        show(prompt, style, buffer)
        while let key = nextKey() {
            switch key {
            case .enter:
                finish(prompt, style, &buffer)
                return .line(buffer.text)
            case .interrupt:
                finish(prompt, style, &buffer)
                if buffer.isEmpty { return .interrupt }
                buffer = EditBuffer()
                shownRow = 0
            case .endOfInput:
                if buffer.isEmpty {
                    finish(prompt, style, &buffer)
                    return .end
                }
                _ = buffer.apply(.delete)
            case .clearScreen:
                tell("\u{1B}[H\u{1B}[2J")
                shownRow = 0
            case .suspend: suspend()
            case .up:
                if !buffer.apply(.up), let text = browser.older(buffer.text) { buffer.replace(text) }
            case .down:
                if !buffer.apply(.down), let text = browser.newer() { buffer.replace(text) }
            default: _ = buffer.apply(key)
            }
            if waiting.isEmpty { show(prompt, style, buffer) }
        }
        return buffer.isEmpty ? .end : .line(buffer.text)
    }

    /// The next key; nil when the terminal is gone.
    private mutating func nextKey() -> Key? {
        while true {
            while !waiting.isEmpty {
                if let key = decoder.read(waiting.removeFirst()) { return key }
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            waiting = Array(bytes[..<count])
        }
    }

    private mutating func show(_ prompt: String, _ style: (String, String), _ buffer: EditBuffer) {
        let size = TerminalMode.size
        var layout = ScreenLayout(prompt: prompt, buffer, columns: size.columns, height: size.rows - 1)
        if layout.rows[0].hasPrefix(prompt) {
            layout.rows[0] = style.0 + prompt + style.1 + layout.rows[0].dropFirst(prompt.count)
        }
        var output = shownRow > 0 ? "\u{1B}[\(shownRow)A" : ""
        output += "\r\u{1B}[J" + layout.rows.joined(separator: "\r\n") + "\r"
        let up = layout.rows.count - 1 - layout.cursorRow
        if up > 0 { output += "\u{1B}[\(up)A" }
        if layout.cursorColumn > 0 { output += "\u{1B}[\(layout.cursorColumn)C" }
        shownRow = layout.cursorRow
        tell(output)
    }

    /// Goes below what is shown.
    private mutating func finish(_ prompt: String, _ style: (String, String), _ buffer: inout EditBuffer) {
        let text = buffer.text
        buffer.replace(text)
        show(prompt, style, buffer)
        tell("\r\n")
    }

    /// Ctrl-Z: the shell gets its terminal back until the process goes on.
    private mutating func suspend() {
        tell("\r\n")
        TerminalMode.restore()
        kill(getpid(), SIGTSTP)
        TerminalMode.edit()
        shownRow = 0
    }

    private func tell(_ text: String) { try? Terminal.write(text, to: STDERR_FILENO) }
}
