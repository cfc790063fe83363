import Foundation
import GGUF
import TestSupport
import Testing
import Tokenizer

/// Real vocabularies, which stay out of the repository, and llama.cpp's answers.
enum Reference {
    static let names = ["llama-spm", "llama-bpe", "qwen2", "deepseek-llm", "gemma-4", "gpt-2"]
    static let cachedNames = [
        "llama-spm", "phi-3", "llama-bpe", "qwen2", "qwen35", "deepseek-llm", "deepseek-coder", "gemma-4",
        "gpt-2",
        "command-r", "falcon", "mpt", "refact", "starcoder",
    ]

    /// Folder with vocabularies and the cases of `make_text_fixtures.py`.
    static let fixtures: String? = {
        var folders: [String] = []
        if let named = ProcessInfo.processInfo.environment["SWINFER_FIXTURES"] { folders.append(named) }
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        folders.append(repository.deletingLastPathComponent().appendingPathComponent("shared/fixtures").path)
        return folders.map { $0 + "/tokenizers" }.first {
            FileManager.default.fileExists(atPath: $0 + "/gpt-2.json")
        }
    }()

    /// Folder that `scripts/fetch-vocabularies` fills.
    static let cache: String? = {
        let environment = ProcessInfo.processInfo.environment
        let caches = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
        let folder = caches + "/swinfer/vocabularies"
        return FileManager.default.fileExists(atPath: folder + "/ggml-vocab-gpt-2.gguf") ? folder : nil
    }()

    static func tokenizer(_ folder: String, _ name: String) throws -> Tokenizer {
        try Tokenizer(metadata: GGUFFile(path: "\(folder)/ggml-vocab-\(name).gguf").metadata)
    }

    struct Cases: Decodable {
        struct Case: Decodable {
            var text: String
            var ids: [Token]
            var idsSpecial: [Token]
            var bytesHex: String
        }

        var cases: [Case]
    }
}

@Suite struct ReferenceTests {
    @Test(
        .enabled(
            if: Reference.fixtures != nil,
            "NOT RUN: no tokenizers in ../shared/fixtures, nor in the folder that SWINFER_FIXTURES names"),
        arguments: Reference.names)
    func agreesWithLlamaCpp(_ name: String) throws {
        let folder = try #require(Reference.fixtures)
        let tokenizer = try Reference.tokenizer(folder, name)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).json"))
        let cases = try decoder.decode(Reference.Cases.self, from: data).cases
        #expect(cases.count >= 275)
        for item in cases {
            let ids = try tokenizer.encode(item.text, addSpecial: false, parseSpecial: false)
            #expect(ids == item.ids, "\(item.text.debugDescription)")
            let special = try tokenizer.encode(item.text, addSpecial: true, parseSpecial: true)
            #expect(special == item.idsSpecial, "\(item.text.debugDescription)")
            let bytes = try tokenizer.decode(item.ids, renderSpecial: true)
            let hex = bytes.map { String(format: "%02x", $0) }.joined()
            #expect(hex == item.bytesHex, "\(item.text.debugDescription)")
        }
    }

    @Test(
        .enabled(
            if: Reference.cache != nil,
            "NOT RUN: no vocabularies in ~/.cache/swinfer; get them with scripts/fetch-vocabularies"),
        arguments: Reference.cachedNames)
    func agreesWithLlamaCppsOwnCases(_ name: String) throws {
        let folder = try #require(Reference.cache)
        let tokenizer = try Reference.tokenizer(folder, name)
        let base = "\(folder)/ggml-vocab-\(name).gguf"
        let inputs = try String(contentsOfFile: base + ".inp", encoding: .utf8)
            .components(separatedBy: "\n__ggml_vocab_test__\n")
        let outputs = try String(contentsOfFile: base + ".out", encoding: .utf8).components(separatedBy: "\n")
        #expect(inputs.count > 40)
        for (text, line) in zip(inputs, outputs) {
            let expected = line.split(separator: " ").compactMap { Token($0) }
            let ids = try tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            #expect(ids == expected, "\(text.debugDescription)")
        }
    }

    /// Whatever is encoded comes back, by whole texts and token by token.
    @Test(
        .enabled(
            if: Reference.fixtures != nil,
            "NOT RUN: no tokenizers in ../shared/fixtures, nor in the folder that SWINFER_FIXTURES names"),
        arguments: Reference.names)
    func textComesBack(_ name: String) throws {
        let tokenizer = try Reference.tokenizer(try #require(Reference.fixtures), name)
        var generator = SplitMix(state: 5)
        for _ in 0..<60 {
            let scalars = (0..<30).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(
                        in: 0..<[0x80, 0x800, 0x3000, 0x20000].randomElement(using: &generator)!,
                        using: &generator))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let tokens = try tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            var detokenizer = StreamingDetokenizer(tokenizer)
            #expect(tokens.map { detokenizer.append($0) }.joined() + detokenizer.finish() == text)
            #expect(!tokens.contains { tokenizer.vocabulary.kind(of: $0) == .control })
        }
    }
}
