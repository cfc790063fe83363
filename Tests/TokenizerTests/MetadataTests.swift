import GGUF
import Testing
import Tokenizer

@Suite struct MetadataTests {
    private func metadata(_ change: (inout GGUFMetadata) -> Void = { _ in }) -> GGUFMetadata {
        var metadata = GGUFMetadata()
        metadata["general.architecture"] = .string("llama")
        metadata["tokenizer.ggml.model"] = .string("gpt2")
        metadata["tokenizer.ggml.pre"] = .string("qwen2")
        metadata["tokenizer.ggml.tokens"] = .array(GGUFArray(strings: ["a", "b", "ab", "<|im_end|>"]))
        metadata["tokenizer.ggml.token_type"] = .array(GGUFArray(int32: [1, 1, 1, 3]))
        metadata["tokenizer.ggml.merges"] = .array(GGUFArray(strings: ["a b"]))
        metadata["tokenizer.ggml.eos_token_id"] = .uint32(3)
        metadata["tokenizer.ggml.add_eos_token"] = .bool(true)
        change(&metadata)
        return metadata
    }

    private func error(_ change: (inout GGUFMetadata) -> Void) -> TokenizerError? {
        do throws(TokenizerError) {
            _ = try Tokenizer(metadata: metadata(change))
            return nil
        } catch {
            return error
        }
    }

    @Test func everythingIsRead() throws {
        let tokenizer = try Tokenizer(metadata: metadata())
        #expect(try tokenizer.pieces("abb", addSpecial: true) == ["ab", "b", "<|im_end|>"])
        #expect(tokenizer.vocabulary.eos == 3 && tokenizer.vocabulary.kind(of: 3) == .control)
    }

    @Test func sentencePieceNeedsNoPreTokenizer() throws {
        let tokenizer = try Tokenizer(
            metadata: metadata {
                $0["tokenizer.ggml.model"] = .string("llama")
                $0["tokenizer.ggml.pre"] = .string("default")
                $0["tokenizer.ggml.scores"] = .array(GGUFArray(float32: [0, 0, 0, 0]))
                $0["tokenizer.ggml.merges"] = nil
                $0["tokenizer.ggml.add_space_prefix"] = .bool(false)
                $0["tokenizer.ggml.remove_extra_whitespaces"] = .bool(true)
            })
        #expect(try tokenizer.pieces("abb") == ["ab", "b"])
        #expect(!tokenizer.vocabulary.addsSpacePrefix && tokenizer.vocabulary.removesExtraWhitespace)
    }

    @Test func errorsNameTheKey() throws {
        #expect(error { $0["tokenizer.ggml.model"] = nil } == .missingKey("tokenizer.ggml.model"))
        #expect(error { $0["tokenizer.ggml.model"] = .string("t5") } == .unsupportedModel("t5"))
        #expect(error { $0["tokenizer.ggml.pre"] = nil } == .unsupportedPreTokenizer(nil))
        #expect(error { $0["tokenizer.ggml.pre"] = .string("") } == .unsupportedPreTokenizer(nil))
        #expect(error { $0["tokenizer.ggml.pre"] = .string("x") } == .unsupportedPreTokenizer("x"))
        #expect(error { $0["tokenizer.ggml.tokens"] = nil } == .missingKey("tokenizer.ggml.tokens"))
        #expect(error { $0["tokenizer.ggml.merges"] = nil } == .missingKey("tokenizer.ggml.merges"))
        for (key, value) in [
            ("tokenizer.ggml.model", GGUFValue.int32(1)),
            ("tokenizer.ggml.tokens", .array(GGUFArray(int32: [1]))),
            ("tokenizer.ggml.tokens", .string("a")), ("tokenizer.ggml.merges", .array(GGUFArray(int32: [1]))),
            ("tokenizer.ggml.token_type", .array(GGUFArray(strings: ["x"]))),
            ("tokenizer.ggml.eos_token_id", .string("3")),
            ("tokenizer.ggml.add_eos_token", .int32(1)),
            ("tokenizer.ggml.token_type", .array(GGUFArray(int32: [1]))),
        ] {
            let text = error { $0[key] = value }?.description ?? ""
            #expect(text.contains(key) && !text.contains("\n"), "\(text)")
        }
        #expect(error { $0["tokenizer.ggml.pre"] = nil }?.description.contains("tokenizer.ggml.pre") == true)
        #expect(error { $0["tokenizer.ggml.model"] = .string("t5") }?.description.contains("gpt2") == true)
    }

    @Test func modelsWithoutVocabularyLoad() throws {
        let tokenizer = try Tokenizer(
            metadata: metadata {
                $0["tokenizer.ggml.model"] = .string("none")
                $0["tokenizer.ggml.tokens"] = nil
                $0["llama.vocab_size"] = .uint32(77)
            })
        #expect(tokenizer.vocabulary.count == 77 && !tokenizer.vocabulary.hasText)
        #expect(
            error {
                $0["tokenizer.ggml.model"] = .string("none")
                $0["llama.vocab_size"] = .uint64(1 << 40)
            } != nil)
    }
}
