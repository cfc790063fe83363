import Foundation
import Kernels
import TestSupport
import Testing

/// A weight type that the kernels know, with its reference blocks.
struct WeightType: CustomTestStringConvertible, Sendable {
    let number: Int32
    let name: String
    let block: Int, bytes: Int
    let quantized: Bool

    init?(_ number: Int) {
        let info = unsafe sw_type(Int32(number))
        guard let name = unsafe info.name else { return nil }
        self.number = Int32(number)
        unsafe self.name = String(cString: name)
        unsafe (block, bytes, quantized) = (Int(info.block), Int(info.bytes), info.quantized)
    }

    static let all = (0..<Int(SW_TYPE_COUNT)).compactMap { WeightType($0) }
    static let quantized = all.filter(\.quantized), float = all.filter { !$0.quantized }

    var testDescription: String { name }

    /// The shortest row that both the blocks and the activations (32 at a time) allow.
    var unit: Int { quantized ? max(block, 32) : 1 }

    func rowBytes(_ n: Int) -> Int { n / block * bytes }

    /// Where a block keeps its float16 scale and minimum.
    var halves: [Int] {
        switch Int(number) {
        case SW_Q4_1, SW_Q5_1, SW_Q4_K, SW_Q5_K: [0, 2]
        case SW_Q2_K: [80, 82]
        case SW_Q3_K: [108]
        case SW_Q6_K: [208]
        case SW_TQ1_0: [52]
        case SW_TQ2_0: [64]
        case SW_MXFP4, SW_NVFP4, SW_IQ1_M: []
        default: quantized ? [0] : []
        }
    }

    static func resource(_ name: String) -> [UInt8]? {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/\(name)")
        return (try? Data(contentsOf: file)).map { [UInt8]($0) }
    }

    /// Reference blocks and their values by another implementation; nil where there are none.
    func fixture() -> (blocks: [UInt8], values: [Float])? {
        guard let blocks = Self.resource("\(name).blocks.bin"), let f32 = Self.resource("\(name).f32.bin")
        else {
            return nil
        }
        let values = (0..<f32.count / 4).map { i in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(f32[4 * i + $1]) << (8 * $1) })
        }
        return (blocks, values)
    }
}

/// What the rows of a test matrix are made of.
enum WeightPattern: CaseIterable {
    case random
    /// Every code and every integer scale at one end of its range, under large scales.
    case zeros, ones, alternating

    /// Fills one row of whole blocks.
    func fill(_ row: UnsafeMutableRawBufferPointer, _ type: WeightType, _ random: inout SplitMix) {
        for i in 0..<row.count {
            unsafe row[i] =
                switch self {
                case .random: UInt8.random(in: 0...255, using: &random)
                case .zeros: 0
                case .ones: 0xff
                case .alternating: i % 2 == 0 ? 0xf0 : 0x0f
                }
        }
        let scale: Float = self == .random ? 0.1 : 1000
        func half(_ at: Int) {
            let value = Float16(Float.random(in: -scale...scale, using: &random))
            unsafe row.storeBytes(of: value.bitPattern, toByteOffset: at, as: UInt16.self)
        }
        for block in stride(from: 0, to: row.count, by: type.bytes) {
            switch Int(type.number) {
            case SW_F32:
                let value = Float.random(in: -scale...scale, using: &random)
                unsafe row.storeBytes(of: value, toByteOffset: block, as: Float.self)
            case SW_F16: half(block)
            case SW_BF16:
                let bits = Float.random(in: -scale...scale, using: &random).bitPattern >> 16
                unsafe row.storeBytes(of: UInt16(bits), toByteOffset: block, as: UInt16.self)
            case SW_MXFP4: unsafe row[block] = UInt8.random(in: 118...130, using: &random)
            case SW_IQ1_M:
                // The scale's nibbles stand at the top of four words.
                let bits = Float16(Float.random(in: -scale...scale, using: &random)).bitPattern
                for i in 0..<4 {
                    let at = block + 49 + 2 * i
                    unsafe row[at] = row[at] & 15 | UInt8(bits >> (4 * i) & 15) << 4
                }
            case SW_Q6_K where self == .ones:
                // The scales' lowest value, for all ones are -1.
                for at in 192..<208 { unsafe row[block + at] = 0x80 }
                half(block + 208)
            default: for at in type.halves { half(block + at) }
            }
        }
    }
}
