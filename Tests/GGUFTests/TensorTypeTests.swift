import GGUF
import Testing

@Suite struct TensorTypeTests {
    /// Number, block elements and block bytes of every type, from llama.cpp's `ggml.c`. (gguf-py has 40
    /// bytes for Q8_1, from before its scales became F16; no file stores that type.)
    static let layouts: [(name: String, number: UInt32, elements: Int, bytes: Int)] = [
        ("F32", 0, 1, 4), ("F16", 1, 1, 2), ("Q4_0", 2, 32, 18), ("Q4_1", 3, 32, 20), ("Q5_0", 6, 32, 22),
        ("Q5_1", 7, 32, 24), ("Q8_0", 8, 32, 34), ("Q8_1", 9, 32, 36), ("Q2_K", 10, 256, 84),
        ("Q3_K", 11, 256, 110), ("Q4_K", 12, 256, 144), ("Q5_K", 13, 256, 176), ("Q6_K", 14, 256, 210),
        ("Q8_K", 15, 256, 292), ("IQ2_XXS", 16, 256, 66), ("IQ2_XS", 17, 256, 74), ("IQ3_XXS", 18, 256, 98),
        ("IQ1_S", 19, 256, 50), ("IQ4_NL", 20, 32, 18), ("IQ3_S", 21, 256, 110), ("IQ2_S", 22, 256, 82),
        ("IQ4_XS", 23, 256, 136), ("I8", 24, 1, 1), ("I16", 25, 1, 2), ("I32", 26, 1, 4), ("I64", 27, 1, 8),
        ("F64", 28, 1, 8), ("IQ1_M", 29, 256, 56), ("BF16", 30, 1, 2), ("TQ1_0", 34, 256, 54),
        ("TQ2_0", 35, 256, 66), ("MXFP4", 39, 32, 17), ("NVFP4", 40, 64, 36), ("Q1_0", 41, 128, 18),
        ("Q2_0", 42, 64, 18),
    ]

    @Test func knowsEveryTypeOfGGML() {
        #expect(Self.layouts.count == TensorType.allCases.count)
        for layout in Self.layouts {
            let type = TensorType(rawValue: layout.number)
            #expect(type?.name == layout.name)
            #expect(type?.blockElements == layout.elements, "\(layout.name)")
            #expect(type?.blockBytes == layout.bytes, "\(layout.name)")
            #expect(type?.isQuantized == (layout.elements > 1), "\(layout.name)")
            #expect(TensorType(name: layout.name.lowercased()) == type)
        }
        for removed in [4, 5, 31, 32, 33, 36, 37, 38, 43] as [UInt32] {
            #expect(TensorType(rawValue: removed) == nil)
        }
        #expect(TensorType(name: "Q9_K") == nil)
    }

    @Test func byteCounts() {
        #expect(TensorType.q4_K.byteCount(elements: 512) == 288)
        #expect(TensorType.q4_K.byteCount(elements: 0) == 0)
        #expect(TensorType.q4_K.byteCount(elements: 511) == nil)
        #expect(TensorType.q4_K.byteCount(elements: -256) == nil)
        #expect(TensorType.f32.byteCount(elements: .max) == nil)
        #expect(TensorType.q8_0.byteCount(dimensions: [64, 3, 2]) == 408)
        #expect(TensorType.q8_0.byteCount(dimensions: [16, 4]) == nil)
        #expect(TensorType.f32.byteCount(dimensions: []) == nil)
        #expect(TensorType.f32.byteCount(dimensions: [-1, -1]) == nil)
        #expect(TensorType.i8.byteCount(dimensions: [1 << 32, 1 << 32]) == nil)
        #expect(TensorType.i8.byteCount(dimensions: [1 << 62, 4, 0]) == nil)
    }
}
