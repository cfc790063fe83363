/// A text being edited, and where in it.
package struct EditBuffer: Sendable {
    package private(set) var characters: [Character] = []
    /// Index of the character that the cursor stands on.
    package private(set) var cursor = 0
    /// What was cut last.
    private var cut: [Character] = []

    package init(_ text: String = "") { replace(text) }

    package var text: String { String(characters) }
    package var isEmpty: Bool { characters.isEmpty }

    /// Puts another text in place; the cursor goes to its end.
    package mutating func replace(_ text: String) {
        characters = Array(text)
        cursor = characters.count
    }

    package mutating func insert(_ text: String) {
        // A mark may join the character before it.
        let before = String(characters[..<cursor]) + text
        let rest = characters[cursor...]
        characters = Array(before)
        cursor = characters.count
        characters += rest
    }

    /// Does what a key asks for; false when the key is not about the text, or cannot do anything.
    package mutating func apply(_ key: Key) -> Bool {
        let (oldText, oldCursor) = (characters, cursor)
        switch key {
        case .text(let text), .paste(let text): insert(text)
        case .lineFeed: insert("\n")
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = lineStart
        case .end: cursor = lineEnd
        case .up: moveLine(-1)
        case .down: moveLine(1)
        case .backspace: if cursor > 0 { remove(cursor - 1..<cursor, keeps: false) }
        case .delete: if cursor < characters.count { remove(cursor..<cursor + 1, keeps: false) }
        case .killToEnd:
            // At the end of a line, its line feed.
            remove(cursor..<(cursor == lineEnd ? min(characters.count, cursor + 1) : lineEnd), keeps: true)
        case .killToStart: remove(lineStart..<cursor, keeps: true)
        case .killWord: remove(wordStart..<cursor, keeps: true)
        case .yank: insert(String(cut))
        case .enter, .interrupt, .endOfInput, .clearScreen, .suspend: return false
        }
        return cursor != oldCursor || characters != oldText
    }

    private mutating func remove(_ range: Range<Int>, keeps: Bool) {
        guard !range.isEmpty else { return }
        if keeps { cut = Array(characters[range]) }
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var lineStart: Int { (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }
    private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    private var wordStart: Int {
        var index = cursor
        while index > 0, characters[index - 1].isWhitespace { index -= 1 }
        while index > 0, !characters[index - 1].isWhitespace { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < characters.count, characters[index].isWhitespace { index += 1 }
        while index < characters.count, !characters[index].isWhitespace { index += 1 }
        return index
    }

    /// To the same place of the line above or below, where there is one.
    private mutating func moveLine(_ direction: Int) {
        let offset = cursor - lineStart
        if direction < 0 {
            guard lineStart > 0 else { return }
            cursor = lineStart - 1
            cursor = min(lineStart + offset, cursor)
        } else {
            guard lineEnd < characters.count else { return }
            cursor = lineEnd + 1
            cursor = min(cursor + offset, lineEnd)
        }
    }
}
