import Swinfer
import Testing

/// Stop texts end a generation; the text before them is told exactly.
@Suite struct StopTests {
    /// The text of a greedy generation with some stop texts.
    private func told(_ stop: [String], count: Int) async throws -> Told {
        try await told(tinyModel(), "hello", stop, count: count, ignoresEnd: true)
    }

    private func told(
        _ model: Model, _ prompt: String, _ stop: [String], count: Int, ignoresEnd: Bool
    ) async throws -> Told {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        options.stop = stop
        options.ignoreEndOfText = ignoresEnd
        return try await Told(model.makeSession().generate(prompt, options: options))
    }

    @Test func everyStopTextOfAText() async throws {
        let model = try tinyModel()
        let whole = try await told(model, "hello", [], count: 24, ignoresEnd: true)
        #expect(whole.reason == .length && whole.text.count > 16)
        // Parts of the text at many places, within tokens and across them.
        for start in stride(from: 0, to: whole.text.count - 8, by: 5) {
            let from = whole.text.index(whole.text.startIndex, offsetBy: start)
            for length in [1, 3, 8] {
                let stop = String(whole.text[from...].prefix(length))
                let cut = try await told(
                    model, "hello", ["never there", stop], count: 24, ignoresEnd: true)
                let first = try #require(whole.text.firstRange(of: stop))
                #expect(cut.text == whole.text[..<first.lowerBound], "\(stop)")
                #expect(cut.reason == .stop)
                #expect(cut.ids == Array(whole.ids.prefix(cut.ids.count)))
                #expect(cut.statistics?.generatedTokens == cut.ids.count)
            }
        }
    }

    @Test func whatOnlyBeginsAStopTextIsTold() async throws {
        let plain = try await told([], count: 12)
        let last = String(plain.text.suffix(3))
        let held = try await told([last + "\u{1}", "\u{2}"], count: 12)
        #expect(held.text == plain.text && held.reason == .length && held.ids == plain.ids)
    }

    /// The model ends its text while some is held back.
    @Test func textHeldBackIsToldAtTheEnd() async throws {
        let model = try Model(path: BuiltInModel.path())
        let prompt = "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
        let whole = try await told(model, prompt, [], count: 100, ignoresEnd: false)
        #expect(whole.reason == .endOfText)
        let stop = String(whole.text.suffix(2)) + "\u{1}"
        let held = try await told(model, prompt, [stop], count: 100, ignoresEnd: false)
        #expect(held.text == whole.text && held.ids == whole.ids && held.reason == .endOfText)
    }

    @Test func emptyStopTextsAreRefused() async throws {
        await #expect(throws: SwinferError.self) { _ = try await told([""], count: 1) }
    }
}
