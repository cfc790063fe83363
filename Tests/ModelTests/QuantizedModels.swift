import Compute
import Foundation
import GGUF
import Models
import Testing

/// Files with quantized matrices give nearly the logits of the same numbers as float32: what
/// differs is the int8 rounding of activations. One token at a time takes other kernels than a
/// batch, so both are compared.
@Suite(.serialized) struct QuantizedModels {
    /// A matrix's bytes in a quantized type and the float32 values they stand for.
    private struct Coded {
        var bytes: [UInt8] = []
        var values: [Float] = []
    }

    /// Q8_0: a half-precision scale and 32 int8.
    private func q8(_ values: [Float]) -> Coded {
        var coded = Coded()
        for start in stride(from: 0, to: values.count, by: 32) {
            let block = values[start..<start + 32]
            let scale = Float16((block.map { abs($0) }.max() ?? 0) / 127)
            coded.bytes += [UInt8(truncatingIfNeeded: scale.bitPattern), UInt8(scale.bitPattern >> 8)]
            for value in block {
                let level = scale == 0 ? 0 : max(-127, min(127, (value / Float(scale)).rounded()))
                coded.bytes.append(UInt8(bitPattern: Int8(level)))
                coded.values.append(level * Float(scale))
            }
        }
        return coded
    }

    /// MXFP4: an exponent byte and 32 four-bit floats, the first 16 in the low halves.
    private func mxfp4(_ values: [Float]) -> Coded {
        let levels: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
        var coded = Coded()
        for start in stride(from: 0, to: values.count, by: 32) {
            let block = Array(values[start..<start + 32])
            let top = block.map { abs($0) }.max() ?? 0
            let exponent = top == 0 ? -127 : (log2(top / 6)).rounded(.up)
            let scale = exp2(exponent)
            let codes = block.map { value -> UInt8 in
                let size = abs(value) / scale
                let nearest = levels.indices.min { abs(levels[$0] - size) < abs(levels[$1] - size) } ?? 0
                return UInt8(nearest) | (value < 0 ? 8 : 0)
            }
            coded.bytes.append(UInt8(exponent + 127))
            coded.bytes += (0..<16).map { codes[$0] | codes[$0 + 16] << 4 }
            coded.values += codes.map { (($0 & 8) == 0 ? 1 : -1) * levels[Int($0 & 7)] * scale }
        }
        return coded
    }

    private func floats(_ bytes: [UInt8]) -> [Float] {
        stride(from: 0, to: bytes.count, by: 2).map {
            Float(Float16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8))
        }
    }

    private func compare(
        _ name: String, _ type: TensorType, _ limit: Double, only part: String = "weight",
        form: LatentForm = .automatic, _ code: ([Float]) -> Coded
    ) throws {
        let fixture = try Fixture(name)
        var coded = EditedModel(fixture.file)
        var plain = EditedModel(fixture.file)
        for tensor in fixture.file.tensors
        where tensor.type == .f16 && tensor.rowElements % 32 == 0 && tensor.name.contains(part) {
            let result = code(floats(coded.bytes(tensor.name)))
            coded.remove(tensor.name)
            plain.remove(tensor.name)
            coded.add(tensor.name, type, tensor.dimensions, result.bytes)
            plain.add(
                tensor.name, .f32, tensor.dimensions,
                result.values.flatMap { value in
                    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
                })
        }
        let expected = try Fixture(fixture, file: plain.open()).run(pieces: [48])
        let quantized = Fixture(fixture, file: try coded.open())
        for pieces in [[48], [1]] {
            let logits = try quantized.run(pieces: pieces, latentForm: form)
            let width = fixture.vocabulary
            let errors = stride(from: 0, to: logits.count, by: width).map {
                normalizedError(Array(logits[$0..<$0 + width]), Array(expected[$0..<$0 + width]))
            }.sorted()
            let median = errors[errors.count / 2]
            print("nmse \(name) \(type) \(pieces) \(normalizedError(logits, expected)) median \(median)")
            #expect(median <= limit, "\(name) \(type) \(pieces): NMSE \(median)")
        }
    }

    /// The median over tokens: a few tokens' router near-ties flip by the rounding of activations.
    @Test(arguments: architectures) func q8Agrees(name: String) throws {
        // Latent attention multiplies through one matrix more, in heads of a single block:
        // llama.cpp's own medians on these files are 8.9e-4 and 7.5e-4.
        try compare(name, .q8_0, name.hasPrefix("deepseek2") ? 1.5e-3 : 5e-4) { q8($0) }
    }

    /// Latent attention over keys and values that are rebuilt from int8 products.
    @Test(arguments: ["deepseek2", "deepseek2-lite"]) func q8AgreesExpanded(name: String) throws {
        try compare(name, .q8_0, 1.5e-3, form: .expanded) { q8($0) }
    }

    @Test func gptOssWithMXFP4Experts() throws {
        try compare("gpt-oss", .mxfp4, 5e-4, only: "_exps") { mxfp4($0) }
    }
}
