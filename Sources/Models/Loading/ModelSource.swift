public import Compute
public import GGUF

/// What an architecture reads itself from: metadata under its own prefix, and weights by name.
public struct ModelSource {
    public let file: GGUFFile
    public let weights: WeightSource
    public let architecture: String
    /// Experts per token, where that is not what the file says.
    let expertsUsed: Int?

    init(_ file: GGUFFile, architecture: String, memory: WeightMemory?, expertsUsed: Int?) {
        self.expertsUsed = expertsUsed
        self.file = file
        self.architecture = architecture
        weights = WeightSource(file, memory: memory)
    }

    var path: String { file.shardPaths.first ?? "" }
    private func key(_ name: String) -> String { "\(architecture).\(name)" }

    // MARK: Metadata

    func int(_ name: String) throws -> Int? { try file.metadata.int(key(name)) }
    func float(_ name: String) throws -> Float? { try file.metadata.float(key(name)) }
    func bool(_ name: String) throws -> Bool? { try file.metadata.bool(key(name)) }
    func string(_ name: String) throws -> String? { try file.metadata.string(key(name)) }

    /// A number that sizes something: refused outside 1...limit.
    func size(_ name: String, limit: Int = 1 << 24) throws -> Int {
        try checked(name, file.metadata.requireInt(key(name)), limit: limit)
    }

    func optionalSize(_ name: String, limit: Int = 1 << 24) throws -> Int? {
        guard let value = try int(name) else { return nil }
        return try checked(name, value, limit: limit)
    }

    private func checked(_ name: String, _ value: Int, limit: Int) throws -> Int {
        guard value >= 1, value <= limit else {
            throw invalid(name, "\(value) is outside 1...\(limit)")
        }
        return value
    }

    /// A number per layer: an array of `count`, or one number for all.
    func perLayer(_ name: String, count: Int) throws -> [Int]? {
        guard let value = file.metadata[key(name)] else { return nil }
        if case .array = value { return try file.metadata.requireInts(key(name), count: count) }
        return try int(name).map { Array(repeating: $0, count: count) }
    }

    /// Numbers that size something, one per layer; refused outside 1...limit.
    func sizes(_ name: String, count: Int, limit: Int = 1 << 24) throws -> [Int]? {
        try perLayer(name, count: count)?.map { try checked(name, $0, limit: limit) }
    }

    /// A flag per layer; nil where the key is absent or holds a single value.
    func flags(_ name: String, count: Int) throws -> [Bool]? {
        guard case .array(let array)? = file.metadata[key(name)] else { return nil }
        if array.elementType == .bool { return try file.metadata.bools(key(name), count: count) }
        return try file.metadata.requireInts(key(name), count: count).map { $0 != 0 }
    }

    /// Rows of the token embedding table.
    func vocabularySize() throws -> Int {
        guard let table = file.tensor(named: "token_embd.weight"), table.dimensions.count == 2 else {
            throw ComputeError.missingTensor(
                name: "token_embd.weight", expected: "the token embeddings", file: path)
        }
        return table.dimensions[1]
    }

    func invalid(_ name: String, _ reason: String) -> ModelError {
        ModelError.invalidMetadata(file: path, key: key(name), reason: reason)
    }

    // MARK: Weights

    func matrix(_ name: String, rows: Int, columns: Int) throws -> Weight {
        try weights.matrix("\(name).weight", rows: rows, columns: columns)
    }

    func experts(_ name: String, _ count: Int, rows: Int, columns: Int) throws -> Weight {
        try weights.matrix("\(name).weight", rows: rows, columns: columns, experts: count)
    }

    func vector(_ name: String, _ count: Int) throws -> Vector {
        try weights.vector("\(name).weight", count: count)
    }

    func optionalVector(_ name: String, _ count: Int) throws -> Vector? {
        try weights.optionalVector("\(name).weight", count: count)
    }

    func requiredBias(_ name: String, _ count: Int) throws -> Vector {
        try weights.vector("\(name).bias", count: count)
    }

    /// The biases of `experts` experts, one after the other.
    func expertBiases(_ name: String, _ experts: Int, _ count: Int) throws -> Vector {
        try weights.vectors("\(name).bias", count: count, experts: experts)
    }

    func bias(_ name: String, _ count: Int) throws -> Vector? {
        try weights.optionalVector("\(name).bias", count: count)
    }

    func contains(_ name: String) -> Bool { weights.contains("\(name).weight") }
}
