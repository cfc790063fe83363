import GGUF

// Fixtures with a prediction layer behind their own, as Resources/nextn/reference.py makes them.

/// Numbers in -0.5..<0.5 that both sides can make.
func noise(_ count: Int, seed: UInt64) -> [Double] {
    (1...count).map { index in
        var x = (UInt64(index) * 2_654_435_761 + seed * 40503) & 0xFFFF_FFFF
        x ^= x >> 15
        x = (x * 2_246_822_519) & 0xFFFF_FFFF
        x ^= x >> 13
        return Double(x) / 4_294_967_296 - 0.5
    }
}

extension EditedModel {
    /// Adds a prediction layer whose tensors are the last layer's with their rows moved on by one, and
    /// numbers from a hash.
    init(predicting file: GGUFFile) throws {
        self.init(file)
        let architecture = try file.metadata.requireString("general.architecture")
        let layers = try file.metadata.requireInt("\(architecture).block_count")
        let width = try file.metadata.requireInt("\(architecture).embedding_length")
        metadata["\(architecture).block_count"] = .uint32(UInt32(layers + 1))
        metadata["\(architecture).nextn_predict_layers"] = .uint32(1)
        let key = "\(architecture).attention.recurrent_layers"
        if file.metadata[key] != nil {
            let flags = try file.metadata.bools(key, count: layers) ?? []
            metadata[key] = .array(GGUFArray(int32: flags.map { $0 ? 1 : 0 } + [0]))
        }
        let last = "blk.\(layers - 1)."
        for tensor in file.tensors where tensor.name.hasPrefix(last) {
            let content = bytes(tensor.name)
            let isVector = tensor.dimensions.count < 2
            let rows = isVector ? tensor.dimensions[0] : tensor.dimensions.dropFirst().reduce(1, *)
            let moved = content.count / rows
            add(
                "blk.\(layers).\(tensor.name.dropFirst(last.count))", tensor.type, tensor.dimensions,
                Array(content.suffix(moved) + content.dropLast(moved)))
        }
        let ends = "blk.\(layers).nextn"
        add(
            "\(ends).eh_proj.weight", .f32, [2 * width, width],
            fileBytes(noise(2 * width * width, seed: 1).map { Float($0 * 0.25) }))
        for (name, seed) in [("enorm", 2), ("hnorm", 3), ("shared_head_norm", 4)] {
            add(
                "\(ends).\(name).weight", .f32, [width],
                fileBytes(noise(width, seed: UInt64(seed)).map { Float(1 + $0 * 0.5) }))
        }
    }

    /// Makes of a fixture with a prediction layer one whose every layer does nothing, so that the next
    /// token follows from the last alone, and whose prediction layer knows that.
    mutating func predictPerfectly() throws {
        let architecture = try metadata.requireString("general.architecture")
        let width = try metadata.requireInt("\(architecture).embedding_length")
        for name in names where name.hasPrefix("blk.") {
            let silent = ["attn_output.", "ssm_out.", "ffn_down"].contains { name.contains($0) }
            if silent { fill(name, 0) }
        }
        let layer = try metadata.requireInt("\(architecture).block_count") - 1
        // Of the two halves the token's, as it is.
        var projection = [Float](repeating: 0, count: 2 * width * width)
        for row in 0..<width { projection[row * 2 * width + row] = 1 }
        replace("blk.\(layer).nextn.eh_proj.weight", fileBytes(projection))
        replace("blk.\(layer).nextn.enorm.weight", fileBytes([Float](repeating: 1, count: width)))
        remove("blk.\(layer).nextn.shared_head_norm.weight")
    }
}

/// Numbers as a file holds them.
private func fileBytes(_ values: [Float]) -> [UInt8] { unsafe values.withUnsafeBytes { unsafe Array($0) } }
