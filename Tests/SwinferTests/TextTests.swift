import Swinfer
import Testing

@Suite struct TextTests {
    @Test func textsComeBack() throws {
        let model = try Model(path: BuiltInModel.path())
        for text in ["", "Once upon a time", "  two spaces, ünïcode\n\tand 🦊", "<|im_end|>"] {
            let tokens = try model.tokenize(text, addSpecial: false)
            #expect(try model.text(of: tokens, renderSpecial: true) == text)
        }
        let special = try model.tokenize("a<|im_end|>b", addSpecial: false)
        #expect(try model.text(of: special) == "ab")
        let error = #expect(throws: SwinferError.self) { try model.text(of: [1 << 20]) }
        guard case .tokenizer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
