import GGUF

extension ImportanceMatrix {
    /// Reads an importance matrix in either format.
    ///
    /// - Throws: ``ToolError`` naming the file and what is wrong in it.
    public init(path: String) throws(ToolError) {
        self.init()
        self.path = path
        var isGGUF = false
        do {
            let input = try InputFile(path)
            isGGUF = try input.read(at: 0, count: min(4, input.byteCount)) == Array("GGUF".utf8)
            if !isGGUF { try readOld(input) }
        }
        if isGGUF { try readGGUF() }
        for (name, entry) in entries where !entry.values.allSatisfy({ $0.isFinite && $0 >= 0 }) {
            throw ToolError(
                "\(path): the importances of '\(name)' are not all numbers from 0; make the matrix again")
        }
        if entries.isEmpty {
            throw ToolError("\(path): holds no importances; make it with 'swinfer imatrix'")
        }
    }

    private mutating func readGGUF() throws(ToolError) {
        do {
            let file = try GGUFFile(path: path)
            datasets = try file.metadata.strings("imatrix.datasets") ?? []
            chunkCount = try file.metadata.int("imatrix.chunk_count") ?? 0
            for tensor in file.tensors where tensor.name.hasSuffix(".in_sum2") {
                let name = String(tensor.name.dropLast(8))
                guard let counted = file.tensor(named: name + ".counts"), tensor.type == .f32,
                    counted.type == .f32, counted.elementCount > 0,
                    tensor.elementCount % counted.elementCount == 0
                else {
                    throw ToolError(
                        "\(path): tensor '\(tensor.name)' has no fitting counts; make the matrix again")
                }
                let sums = floats(file.span(of: tensor))
                let counts = floats(file.span(of: counted))
                let columns = sums.count / counts.count
                let means = sums.indices.map { index in
                    let count = counts[index / columns]
                    return count > 0 ? sums[index] / count : 1
                }
                guard counts.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e15 }) else {
                    throw ToolError(
                        "\(path): tensor '\(counted.name)' holds no counts; make the matrix again")
                }
                entries[name] = Entry(values: means, counts: counts.map { Int($0) })
            }
        } catch let error as ToolError {
            throw error
        } catch {
            throw ToolError("\(error)")
        }
    }

    private func floats(_ bytes: RawSpan) -> [Float] {
        (0..<bytes.byteCount / 4).map {
            Float(
                bitPattern: unsafe UInt32(
                    littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
        }
    }

    /// int32 number of entries; each: int32 length and name, int32 calls, int32 number of values,
    /// float32 values x calls. Then, in newer ones, int32 chunks, int32 length and name of the text.
    private mutating func readOld(_ input: InputFile) throws(ToolError) {
        var offset = 0
        func number() throws(ToolError) -> Int {
            defer { offset += 4 }
            return Int(try input.integer(at: offset, as: Int32.self))
        }
        let count = try number()
        guard (1...65_536).contains(count) else {
            throw ToolError("\(path): is no importance matrix (neither GGUF nor llama.cpp's older format)")
        }
        for _ in 0..<count {
            let length = try number()
            guard (1...1024).contains(length) else { throw damaged() }
            let name = String(decoding: try input.read(at: offset, count: length), as: UTF8.self)
            offset += length
            let calls = try number()
            let values = try number()
            guard values > 0, calls >= 0 else { throw damaged() }
            let bytes = try input.read(at: offset, count: values * 4)
            offset += values * 4
            let factor = calls > 0 ? 1 / Float(calls) : 1
            let means = unsafe floats(bytes.span.bytes).map { $0 * factor }
            entries[name] = Entry(values: means, counts: [])
        }
        guard offset + 8 <= input.byteCount else { return }
        chunkCount = max(0, try number())
        let length = try number()
        guard (0...65_536).contains(length) else { throw damaged() }
        if length > 0 {
            datasets = [String(decoding: try input.read(at: offset, count: length), as: UTF8.self)]
        }
    }

    private func damaged() -> ToolError {
        ToolError("\(path): the importance matrix is damaged; get it again")
    }
}
