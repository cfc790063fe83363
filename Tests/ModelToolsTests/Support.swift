import Foundation
import GGUF
import Swinfer

/// A folder that goes away with the test.
final class Folder {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// Normal values, the same in every run.
func gaussian(_ count: Int, seed: UInt64, scale: Float = 0.02) -> [Float] {
    var state = seed
    func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }
    return (0..<count).map { _ in
        Float((-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())) * scale
    }
}

func bytes(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

/// A file of a few matrices that the quantizer takes for a model's.
func smallModel(_ path: String, poison: Bool = false) throws {
    var writer = GGUFWriter()
    writer.metadata["general.architecture"] = .string("llama")
    writer.metadata["general.name"] = .string("small")
    writer.metadata["llama.block_count"] = .uint32(2)
    try writer.add(
        "token_embd.weight", .f32, dimensions: [256, 64], bytes: bytes(gaussian(256 * 64, seed: 1)))
    for layer in 0..<2 {
        let seed = UInt64(10 * layer)
        try writer.add(
            "blk.\(layer).attn_norm.weight", .f32, dimensions: [256],
            bytes: bytes(gaussian(256, seed: seed + 2)))
        var values = gaussian(256 * 256, seed: seed + 3)
        if poison, layer == 1 { values[256 * 7 + 5] = .nan }
        try writer.add("blk.\(layer).attn_v.weight", .f32, dimensions: [256, 256], bytes: bytes(values))
        try writer.add(
            "blk.\(layer).ffn_down.weight", .f32, dimensions: [96, 256],
            bytes: bytes(gaussian(96 * 256, seed: seed + 4)))
    }
    try writer.add("output.weight", .f32, dimensions: [256, 64], bytes: bytes(gaussian(256 * 64, seed: 5)))
    try writer.write(to: path)
}

/// A story in the manner of those that the built-in model knows: some windows of 64 tokens.
let story = """
    Once upon a time, there was a little girl named Lily, who lived in a small village between two \
    mountains. Lily's best friend was Omar, a shy boy. One day, Lily said to Omar, "Let us have a \
    picnic!" "Let us try it," Omar answered. Her mother packed a basket with bread, bread and \
    cheese. They walked to the meadow and spread a big blanket on the grass. The sky was clear and \
    blue and the birds were singing.

    They had just sat down when a goat jumped out of the bushes and ate the bread! "Oh no, our \
    beautiful picnic!" Omar shouted. "I have an idea!" Lily shouted. They picked berries and nuts \
    and made a new picnic.

    Even the goat was allowed to sit with them. They ate warm soup and told each other riddles. \
    "What is always hungry and never eats?" asked Lily. Omar did not know. "The fire," said Lily, \
    and they laughed.

    When they came home in the evening, her mother asked, "Was it a good picnic?" "It went all \
    wrong, and it was wonderful," Lily answered. Omar was so happy that he clapped his hands.
    """

func builtIn() async throws -> Model {
    var options = ModelOptions()
    options.contextLength = 64
    options.threads = 2
    return try await Model.load(path: try BuiltInModel.path(), options: options)
}
