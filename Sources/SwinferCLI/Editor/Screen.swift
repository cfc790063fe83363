/// How a text with a prompt lies on the rows of a terminal.
package struct ScreenLayout: Equatable, Sendable {
    package var rows: [String]
    package var cursorRow = 0
    package var cursorColumn = 0

    /// - Parameters:
    ///   - prompt: before the first line; following lines are indented as far.
    ///   - columns: of the terminal.
    ///   - height: rows to use at most; of more, those around the cursor are shown.
    package init(prompt: String, _ buffer: EditBuffer, columns: Int, height: Int) {
        let columns = max(4, columns)
        let indentation = String(repeating: " ", count: min(displayWidth(prompt), columns - 2))
        var row = prompt
        var width = min(displayWidth(prompt), columns - 2)
        rows = []
        func shown(_ character: Character) -> String {
            guard let scalar = character.unicodeScalars.first,
                scalar.properties.generalCategory == .control
            else { return String(character) }
            return scalar == "\t" ? "  " : "?"
        }
        for (index, character) in buffer.characters.enumerated() {
            let text = shown(character)
            let count = displayWidth(text)
            if character != "\n", width + count > columns {
                rows.append(row)
                row = ""
                width = 0
            }
            if index == buffer.cursor {
                cursorRow = rows.count
                cursorColumn = width
            }
            if character == "\n" {
                rows.append(row)
                row = indentation
                width = indentation.utf8.count
            } else {
                row += text
                width += count
            }
        }
        if buffer.cursor == buffer.characters.count {
            // The cursor needs a cell of its own behind a full row.
            if width >= columns {
                rows.append(row)
                row = ""
                width = 0
            }
            cursorRow = rows.count
            cursorColumn = width
        }
        rows.append(row)
        let height = max(1, height)
        if rows.count > height {
            let first = min(max(0, cursorRow - height / 2), rows.count - height)
            rows = Array(rows[first..<first + height])
            cursorRow -= first
        }
    }
}

/// Columns that a text takes on a terminal.
package func displayWidth(_ text: String) -> Int { text.reduce(0) { $0 + displayWidth($1) } }

/// Columns that a character takes: two when it is wide (East Asian, emoji), none when it only marks
/// another one.
package func displayWidth(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    let properties = first.properties
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    return wideRanges.contains { $0.contains(first.value) } ? 2 : 1
}

/// East Asian Width W and F, without emoji.
private let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F200...0x1F2FF,
    0x20000...0x3FFFD,
]
