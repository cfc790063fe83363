import GGUF
import Testing

/// What gguf-py 0.19 read from a file. The sums are CRC-32 of, in the file's order, lines
/// `name:TYPE:dimensions:offset:bytes` of the tensors, the first 256 bytes of each tensor, and lines
/// `key:type` (or `key:array/type`).
struct Facts: Sendable, CustomTestStringConvertible {
    let name: String
    let architecture: String
    let keys: Int
    let tensors: Int
    let table: UInt32
    let data: UInt32
    let pairs: UInt32

    init(
        _ name: String, _ architecture: String, keys: Int, tensors: Int, table: UInt32, data: UInt32,
        pairs: UInt32
    ) {
        self.name = name
        self.architecture = architecture
        self.keys = keys
        self.tensors = tensors
        self.table = table
        self.data = data
        self.pairs = pairs
    }

    var testDescription: String { name }

    static let all = [
        Facts(
            "deepseek2-lite", "deepseek2", keys: 39, tensors: 404, table: 0x3A7B_9AB0, data: 0x4FCE_F273,
            pairs: 0x161F_84E8),
        Facts(
            "deepseek2", "deepseek2", keys: 47, tensors: 52, table: 0xF5E9_5B68, data: 0xBD87_2DC8,
            pairs: 0x88F1_02DD),
        Facts(
            "gemma2", "gemma2", keys: 27, tensors: 46, table: 0x1428_995B, data: 0xA5D9_9E4C,
            pairs: 0x65B0_145A),
        Facts(
            "gemma3", "gemma3", keys: 27, tensors: 93, table: 0xD54D_2717, data: 0xE1FD_1DAD,
            pairs: 0x405D_D9C5),
        Facts(
            "gemma4", "gemma4", keys: 37, tensors: 134, table: 0x1C37_4ACF, data: 0xFDAB_4E49,
            pairs: 0x720F_0522),
        Facts(
            "glm-dsa-sparse", "glm-dsa", keys: 44, tensors: 67, table: 0x817E_5760, data: 0xB049_79C2,
            pairs: 0x2A14_A550),
        Facts(
            "glm-dsa", "glm-dsa", keys: 44, tensors: 67, table: 0x817E_5760, data: 0x888B_6393,
            pairs: 0x2A14_A550),
        Facts(
            "glm4moe", "glm4moe", keys: 36, tensors: 46, table: 0x8C81_3E61, data: 0xAD46_8A06,
            pairs: 0x7E7C_C1DC),
        Facts(
            "gpt-oss", "gpt-oss", keys: 34, tensors: 41, table: 0x1569_64ED, data: 0xD3DB_0208,
            pairs: 0x16CA_5C7A),
        Facts(
            "llama", "llama", keys: 27, tensors: 22, table: 0x1F21_F42B, data: 0x1F42_2BF7, pairs: 0x0E67_FE78
        ),
        Facts(
            "llama4", "llama4", keys: 31, tensors: 55, table: 0x3CA3_8214, data: 0x28C4_970E,
            pairs: 0x2451_EB2F),
        Facts(
            "minimax-m2", "minimax-m2", keys: 30, tensors: 29, table: 0x8F2E_AF44, data: 0x92E5_54FB,
            pairs: 0xFDF4_F2E7),
        Facts(
            "mixtral", "llama", keys: 27, tensors: 23, table: 0x2AF8_B4D2, data: 0xD6F3_5B3C,
            pairs: 0x7A31_8F9B),
        Facts(
            "olmoe", "olmoe", keys: 25, tensors: 27, table: 0xB95D_C125, data: 0x013C_71D0, pairs: 0x0EEF_72B3
        ),
        Facts(
            "phi3", "phi3", keys: 26, tensors: 15, table: 0x5FC2_BF10, data: 0x0211_7848, pairs: 0xCE3F_3B36),
        Facts(
            "qwen2", "qwen2", keys: 23, tensors: 27, table: 0x6463_7F42, data: 0x0B9D_E7DC, pairs: 0x3A31_63A7
        ),
        Facts(
            "qwen2moe", "qwen2moe", keys: 27, tensors: 37, table: 0xFB82_E8DA, data: 0x395B_78E7,
            pairs: 0x33B5_C100),
        Facts(
            "qwen3", "qwen3", keys: 25, tensors: 25, table: 0x2E81_FF34, data: 0x92B8_C60A, pairs: 0x0B3C_72F8
        ),
        Facts(
            "qwen35", "qwen35", keys: 34, tensors: 56, table: 0x46CB_4A8D, data: 0xE17A_30A3,
            pairs: 0x9D65_4A2F),
        Facts(
            "qwen35moe", "qwen35moe", keys: 37, tensors: 76, table: 0x3442_4F94, data: 0xEF2E_8E10,
            pairs: 0xA777_0467),
        Facts(
            "qwen3moe", "qwen3moe", keys: 28, tensors: 27, table: 0x9440_F6FA, data: 0x69BE_5C09,
            pairs: 0x33BC_6ECD),
        Facts(
            "qwen3next", "qwen3next", keys: 37, tensors: 73, table: 0x9735_082E, data: 0x3A63_CDB6,
            pairs: 0x6CD6_B16C),
        Facts(
            "smollm3", "smollm3", keys: 25, tensors: 38, table: 0x54DA_E71B, data: 0xE4F6_F44D,
            pairs: 0xF1F8_1D38),
    ]
}

@Suite struct ReadModelsTests {
    @Test(arguments: Facts.all) func agreesWithGGUFPy(_ facts: Facts) throws {
        let file = try GGUFFile(path: TestModels.path(facts.name))
        #expect(file.architecture == facts.architecture)
        #expect(file.version == 3)
        #expect(file.alignment == 32)
        #expect(file.metadata.count == facts.keys)
        #expect(file.tensors.count == facts.tensors)

        var table = CRC32()
        var data = CRC32()
        for tensor in file.tensors {
            let shape = tensor.dimensions.map(String.init).joined(separator: ",")
            table.update("\(tensor.name):\(tensor.type):\(shape):\(tensor.offset):\(tensor.byteCount)\n".utf8)
            data.update(file.data(of: tensor).prefix(256))
            #expect(file.tensor(named: tensor.name) == tensor)
        }
        #expect(table.value == facts.table)
        #expect(data.value == facts.data)

        var pairs = CRC32()
        for key in file.metadata.keys {
            var type = file.metadata.type(of: key)?.description ?? "none"
            if let array = try? file.metadata.array(key) { type += "/\(array.elementType)" }
            pairs.update("\(key):\(type)\n".utf8)
        }
        #expect(pairs.value == facts.pairs)
        #expect(try file.metadata.requireStrings("tokenizer.ggml.tokens").count == 320)
    }

    @Test func valuesOfQwen3moe() throws {
        let file = try GGUFFile(path: TestModels.path("qwen3moe"))
        let metadata = file.metadata
        #expect(metadata.keys.first == "general.architecture")
        #expect(try metadata.requireInt("qwen3moe.expert_count") == 16)
        #expect(try metadata.requireFloat("qwen3moe.expert_count") == 16)
        #expect(try metadata.requireFloat("qwen3moe.rope.freq_base") == 10000)
        #expect(try metadata.requireFloat("qwen3moe.attention.layer_norm_rms_epsilon") == 1e-6)
        #expect(try metadata.requireBool("tokenizer.ggml.add_bos_token"))
        #expect(try metadata.requireString("tokenizer.ggml.model") == "llama")
        let tokens = try metadata.requireStrings("tokenizer.ggml.tokens")
        #expect(tokens.prefix(5) == ["<unk>", "<s>", "</s>", "<0x00>", "<0x01>"])
        #expect(try metadata.requireInts("tokenizer.ggml.token_type").prefix(4) == [2, 3, 3, 6])
        #expect(try metadata.requireFloats("tokenizer.ggml.scores").count == 320)

        let down = try #require(file.tensor(named: "blk.0.ffn_down_exps.weight"))
        #expect(down.type == .f16)
        #expect(down.dimensions == [32, 64, 16])
        #expect(down.offset == 91904)
        #expect(down.byteCount == 65536)
        #expect(down.elementCount == 32768)
        #expect(down.rowElements == 32)
        #expect(down.rowCount == 1024)
        #expect(down.rowBytes == 64)
        #expect(down.shard == 0)
        #expect(file.tensor(named: "blk.0.ffn_down_exps") == nil)
    }

    @Test func shardTellsTheFile() throws {
        let path = TestModels.path("phi3")
        let file = try GGUFFile(path: path)
        let bytes = try contents(of: path)
        #expect(file.shardPaths == [path])
        #expect(file.fileByteCount == bytes.count)
        #expect(file.shards[0].byteCount == bytes.count)
        #expect(file.shards[0].inode > 0)
        #expect(file.shards[0].modificationSeconds > 0)
        #expect(file.fileDescriptor(ofShard: 0) >= 0)
        #expect(unsafe file.bytes(ofShard: 0).count == bytes.count)
        let tensor = try #require(file.tensors.last)
        let span = file.span(of: tensor)
        #expect(span.byteCount == tensor.byteCount)
        #expect(file.data(of: tensor) == Array(bytes[tensor.offset..<tensor.offset + tensor.byteCount]))
    }

    @Test func arraysOutliveTheirFile() throws {
        func tokens() throws -> GGUFArray {
            try GGUFFile(path: TestModels.path("llama")).metadata.requireArray("tokenizer.ggml.tokens")
        }
        #expect(try tokens().strings()?[1] == "<s>")
    }
}
