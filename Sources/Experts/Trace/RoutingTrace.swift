import Glibc

/// Real routings, op by op: which experts each token of a batch was sent to.
///
/// The file holds little-endian 32-bit integers: "SWX1", the number of layers with experts, the
/// experts of each, and then for every op its layer, tokens, experts per token, and the chosen
/// experts [token][choice].
package struct RoutingTrace: Sendable, Equatable {
    /// One layer's routing of one batch.
    public struct Step: Sendable, Equatable {
        public var layer: Int
        public var tokens: Int
        /// [token][choice]
        public var chosen: [Int32]

        public init(layer: Int, tokens: Int, chosen: [Int32]) {
            self.layer = layer
            self.tokens = tokens
            self.chosen = chosen
        }
    }

    /// Experts of each layer.
    public var layers: [Int]
    public var steps: [Step]

    public init(layers: [Int], steps: [Step]) {
        self.layers = layers
        self.steps = steps
    }

    static let magic: Int32 = 0x3158_5753

    /// Why a file is no trace.
    public struct Damage: Error, CustomStringConvertible, Equatable {
        public let description: String
    }

    /// Reads a file that was recorded with `--record-experts`. A record cut short at the end, as an
    /// interrupted run leaves it, is left out.
    ///
    /// - Throws: `Damage` saying what is wrong.
    public init(path: String) throws(Damage) {
        guard let file = unsafe fopen(path, "r") else {
            throw Damage(description: "\(path): \(unsafe String(cString: strerror(errno)))")
        }
        defer { unsafe fclose(file) }
        var numbers: [Int32] = []
        var buffer = [Int32](repeating: 0, count: 16384)
        while true {
            let got = unsafe fread(&buffer, 4, buffer.count, file)
            if got == 0 { break }
            numbers += buffer[..<got].lazy.map { Int32(littleEndian: $0) }
        }
        try self.init(numbers, path: path)
    }

    init(_ numbers: [Int32], path: String) throws(Damage) {
        guard numbers.count >= 2, numbers[0] == RoutingTrace.magic, numbers[1] >= 1, numbers[1] <= 4096,
            numbers.count >= 2 + Int(numbers[1])
        else { throw Damage(description: "\(path): no trace of experts; record one with --record-experts") }
        var place = 2 + Int(numbers[1])
        layers = numbers[2..<place].map { Int($0) }
        steps = []
        while place + 3 <= numbers.count {
            let layer = Int(numbers[place])
            let tokens = Int(numbers[place + 1])
            let used = Int(numbers[place + 2])
            guard layer >= 0, layer < layers.count, tokens > 0, tokens <= 1 << 20, used > 0, used <= 4096
            else { throw Damage(description: "\(path): damaged at byte \(place * 4); record it again") }
            let end = place + 3 + tokens * used
            if end > numbers.count { break }
            let chosen = Array(numbers[place + 3..<end])
            guard chosen.allSatisfy({ $0 >= 0 && Int($0) < layers[layer] }) else {
                throw Damage(
                    description: "\(path): experts that layer \(layer) does not have, at byte \(place * 4)")
            }
            steps.append(Step(layer: layer, tokens: tokens, chosen: chosen))
            place = end
        }
    }

    /// How often each expert was chosen.
    public var counts: ExpertCounts {
        var counts = layers.map { Array(repeating: Int64(0), count: $0) }
        for step in steps { for expert in step.chosen { counts[step.layer][Int(expert)] += 1 } }
        return ExpertCounts(counts)
    }
}
