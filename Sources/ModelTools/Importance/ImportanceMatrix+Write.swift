public import Compute
import GGUF

extension ImportanceMatrix {
    /// Writes sums in llama.cpp's GGUF format.
    ///
    /// - Parameters:
    ///   - datasets: names of the texts
    ///   - chunkCount: windows of `chunkLength` tokens that went in
    /// - Throws: ``ToolError``; nothing is left under the name then.
    public static func write(
        _ sums: [InputCollector.Sums], datasets: [String], chunkCount: Int, chunkLength: Int, to path: String
    ) throws(ToolError) {
        var writer = GGUFWriter()
        writer.metadata["general.type"] = .string("imatrix")
        writer.metadata["imatrix.datasets"] = .array(GGUFArray(strings: datasets))
        writer.metadata["imatrix.chunk_count"] = .uint32(UInt32(clamping: chunkCount))
        writer.metadata["imatrix.chunk_size"] = .uint32(UInt32(clamping: chunkLength))
        do {
            for sum in sums {
                try writer.add(
                    sum.name + ".in_sum2", .f32, dimensions: [sum.columns, sum.matrices],
                    bytes: bytes(of: sum.squares))
                try writer.add(
                    sum.name + ".counts", .f32, dimensions: [1, sum.matrices],
                    bytes: bytes(of: sum.counts.map { Float($0) }))
            }
            try writer.write(to: path)
        } catch {
            throw ToolError("\(error)")
        }
    }

    private static func bytes(of values: [Float]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4)
        for value in values {
            let bits = value.bitPattern
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return bytes
    }
}
