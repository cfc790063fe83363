import SwinferCLI
import Testing

@Suite struct EditorTests {
    private func keys(_ bytes: String) -> [Key] {
        var decoder = KeyDecoder()
        return bytes.utf8.compactMap { decoder.read($0) }
    }

    @Test func keysOfTerminals() {
        #expect(keys("aé日🚀\r") == [.text("a"), .text("é"), .text("日"), .text("🚀"), .enter])
        #expect(keys("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D") == [.up, .down, .right, .left])
        #expect(keys("\u{1B}OA\u{1B}OH\u{1B}OF") == [.up, .home, .end])
        #expect(
            keys("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[3~\u{1B}[7~") == [
                .home, .end, .home, .end, .delete, .home,
            ])
        #expect(
            keys("\u{1B}[1;5C\u{1B}[1;5D\u{1B}b\u{1B}f") == [.wordRight, .wordLeft, .wordLeft, .wordRight])
        #expect(
            keys("\u{01}\u{05}\u{0B}\u{15}\u{17}\u{19}\u{03}\u{04}\u{7F}\u{1B}\r") == [
                .home, .end, .killToEnd, .killToStart, .killWord, .yank, .interrupt, .endOfInput, .backspace,
                .lineFeed,
            ])
        // What is no key is passed over, whole.
        #expect(keys("\u{1B}[15~\u{1B}[?1;2c\u{1B}[<0;1;1Mx") == [.text("x")])
    }

    @Test func pastesAreText() {
        #expect(
            keys("\u{1B}[200~a\r\nb\rc\u{1B}[31m\u{03}\t\u{1B}[201~x") == [
                .paste("a\nb\nc[31m\t"), .text("x"),
            ])
        #expect(keys("\u{1B}[200~a\u{1B}[20") == [])
    }

    @Test func brokenUTF8IsPassedOver() {
        var decoder = KeyDecoder()
        let bytes: [UInt8] = [0xFF, 0xC3, 0x61, 0xE2, 0x82, 0x62, 0xF0, 0x9F, 0x9A, 0x80]
        #expect(bytes.compactMap { decoder.read($0) } == [.text("a"), .text("b"), .text("🚀")])
    }

    /// The text after some keys, with `|` for the cursor.
    private func edited(_ text: String, _ keys: Key...) -> String {
        var buffer = EditBuffer(text)
        for key in keys { _ = buffer.apply(key) }
        let characters = buffer.characters.map { String($0) }
        return characters[..<buffer.cursor].joined() + "|" + characters[buffer.cursor...].joined()
    }

    @Test func editing() {
        #expect(edited("ab", .left, .text("x"), .right, .right) == "axb|")
        #expect(edited("日é🚀", .backspace, .left, .delete) == "日|")
        #expect(edited("e", .text("\u{301}"), .backspace) == "|")
        #expect(edited("one two  three", .killWord) == "one two  |")
        #expect(edited("one two  three", .killWord, .killWord, .yank, .yank) == "one two  two  |")
        #expect(edited("one two", .wordLeft, .killToEnd, .home, .yank) == "two|one ")
        #expect(edited("one two", .wordLeft, .wordLeft, .wordRight, .killToStart) == "| two")
        #expect(edited("ab\ncd", .up, .end, .killToEnd) == "ab|cd")
        #expect(edited("abc\nd\nefg", .up, .up, .text("x"), .down, .down) == "axbc\nd\ne|fg")
        #expect(edited("ab", .home, .paste("x\ny")) == "x\ny|ab")
        #expect(edited("", .left, .right, .backspace, .delete, .killWord, .killToEnd, .up, .down) == "|")
        var buffer = EditBuffer("a\nb")
        #expect(buffer.apply(.up) && !buffer.apply(.up))
        #expect(buffer.apply(.down) && !buffer.apply(.down))
    }

    private func layout(_ text: String, _ columns: Int, height: Int = 99, left: Int = 0) -> ScreenLayout {
        var buffer = EditBuffer(text)
        for _ in 0..<left { _ = buffer.apply(.left) }
        return ScreenLayout(prompt: "> ", buffer, columns: columns, height: height)
    }

    @Test func rowsOfATerminal() {
        var layout = layout("abc", 10)
        #expect(layout.rows == ["> abc"] && layout.cursorRow == 0 && layout.cursorColumn == 5)
        layout = self.layout("abcdefgh", 10)
        #expect(layout.rows == ["> abcdefgh", ""] && layout.cursorRow == 1 && layout.cursorColumn == 0)
        layout = self.layout("abcdefghi", 10, left: 9)
        #expect(layout.rows == ["> abcdefgh", "i"] && layout.cursorRow == 0 && layout.cursorColumn == 2)
        // A wide character does not go over an edge.
        layout = self.layout("abcdefg日", 10)
        #expect(layout.rows == ["> abcdefg", "日"] && layout.cursorColumn == 2)
        layout = self.layout("a\nb", 10, left: 2)
        #expect(layout.rows == ["> a", "  b"] && layout.cursorRow == 0 && layout.cursorColumn == 3)
        layout = self.layout("1\n2\n3\n4\n5", 10, height: 3, left: 4)
        #expect(layout.rows == ["  2", "  3", "  4"] && layout.cursorRow == 1)
        #expect(displayWidth("a日🚀e\u{301}") == 6)
    }

    @Test func severalLines() {
        func messages(_ lines: String...) -> [String?] {
            var assembler = MessageAssembler()
            return lines.map { assembler.add($0) } + [assembler.finish()]
        }
        #expect(messages("a", "b") == ["a", "b", nil])
        #expect(messages("a\\", "b\\", "c") == [nil, nil, "a\nb\nc", nil])
        #expect(messages("a\\\\") == ["a\\", nil])
        #expect(messages("\"\"\"", "a\\", "", "b", " \"\"\" ") == [nil, nil, nil, nil, "a\\\n\nb", nil])
        #expect(messages("\"\"\"", "a") == [nil, nil, "a"])
        #expect(messages("a\\") == [nil, "a"])
    }

    @Test func directives() {
        #expect(ChatDirective("a /help") == .message("a /help"))
        #expect(ChatDirective("//etc") == .message("/etc"))
        #expect(ChatDirective("/help") == .help)
        #expect(ChatDirective("/system  Be brief. ") == .system("Be brief. "))
        #expect(ChatDirective("/system") == .system(nil))
        #expect(ChatDirective("/save a b.json") == .save("a b.json"))
        #expect(ChatDirective("/exit") == .exit)
        for line in ["/save", "/load", "/file", "/nonsense", "/"] {
            guard case .unknown = ChatDirective(line) else {
                Issue.record("\(line)")
                continue
            }
        }
    }
}
