import Kernels

/// How sequences' keys, values and recurrent state lie in memory.
///
/// Keys and values lie in blocks of 256 positions, which sequences share where their texts begin
/// alike. Layers that look back equally far form a group, and a block holds all of a group's
/// layers:
///
///     layer 0 keys    [head][position % 256][keyDimensions]
///     layer 0 values  [head][position % 256][valueDimensions]
///     layer 1 keys    ...
///
/// What the threads see of a sequence is a table of addresses: its state first, then the blocks
/// of every group by number. A group with a window lets go of the blocks behind it.
///
///     state | group 0: block 0, block 1, ... | group 1: block 0, block 1, ...
///
/// The state of the recurrent layers:
///
///     recurrent layer 0 inputs    [kernel - 1][channels]
///     recurrent layer 0 matrices  [head][value dimensions][key dimensions]
///     recurrent layer 1 ...
struct CacheLayout: Sendable {
    /// Positions of a block: a multiple of the keys that one kernel call covers.
    static let blockLength = 256
    static let blockShift = 8

    struct Layer: BitwiseCopyable {
        /// Where the table of the layer's group begins.
        var table: Int
        var group: Int
        /// Within a block.
        var keyOffset: Int
        var valueOffset: Int
        var keyBytes: Int
        /// From one position's value to the next's.
        var valueBytes: Int
        /// Bytes from one head's keys or values to the next's; 0 where query heads share one.
        var keyHeadBytes: Int
        var valueHeadBytes: Int
        var keyType: Int32
        /// Of the values: the keys' where they are part of the keys.
        var valueType: Int32
        /// Bytes that a position takes in all heads.
        var bytesPerPosition: Int
        var heads: Int
        var keyDimensions: Int
        var valueDimensions: Int

        /// A head's rows in one of the layer's blocks: where they begin, and how long one is.
        func runs(_ head: Int) -> [(offset: Int, rowBytes: Int)] {
            var result = [(keyOffset + head * keyHeadBytes, keyBytes)]
            if valueOffset != keyOffset { result.append((valueOffset + head * valueHeadBytes, valueBytes)) }
            return result
        }
    }

    /// Layers that look back equally far.
    struct Group: Sendable {
        /// Positions that a query sees, its own included; nil: all.
        let reach: Int?
        let table: Int
        var blockBytes = 0
        var bytesPerPosition = 0
    }

    /// One recurrent layer's state.
    struct State: BitwiseCopyable {
        var convolutionOffset: Int
        var matrixOffset: Int
        /// Bytes in use of both.
        var byteCount: Int
    }

    let layers: [Layer]
    let groups: [Group]
    let states: [State]
    /// Bytes of all recurrent layers' state.
    let stateBytes: Int
    /// Addresses in a sequence's table.
    let tableCount: Int
    /// Positions that a sequence can hold.
    let contextLength: Int
    let keyType: CacheType
    let valueType: CacheType

    /// Bytes that one more position takes in layers that keep everything.
    var bytesPerToken: Int { groups.reduce(0) { $0 + ($1.reach == nil ? $1.bytesPerPosition : 0) } }

    /// Bytes that the layers with windows take, however long the text is: their windows.
    var windowBytes: Int {
        groups.reduce(0) { $0 + ($1.reach.map { min($0, contextLength) } ?? 0) * $1.bytesPerPosition }
    }

    /// Bytes of the blocks that one sequence takes on the way to so many tokens.
    func blockBytes(tokens: Int) -> Int {
        groups.reduce(0) { sum, group in
            var blocks = divideUp(tokens, CacheLayout.blockLength)
            if let reach = group.reach {
                // A window may begin and end within blocks, and lets go after the next one is written.
                blocks = min(blocks, divideUp(reach + SequenceCache.slack, CacheLayout.blockLength) + 1)
            }
            return sum + blocks * group.blockBytes
        }
    }

    init(
        specs: [AttentionCacheSpec], states stateSpecs: [RecurrentStateSpec] = [], contextLength: Int,
        keyType: CacheType, valueType: CacheType
    ) throws(ComputeError) {
        self.contextLength = contextLength
        self.keyType = keyType
        self.valueType = valueType
        let blocks = divideUp(contextLength, CacheLayout.blockLength)
        var groups: [Group] = []
        var layers: [Layer] = []
        for spec in specs {
            let keyType = spec.preciseKeys && keyType != .f32 ? CacheType.f16 : keyType
            guard keyType.fits(elements: spec.keyDimensions),
                (spec.valuesAreKeys ? keyType : valueType).fits(elements: spec.valueDimensions)
            else {
                throw .invalidConfiguration(
                    "cache type \(keyType.rawValue)/\(valueType.rawValue) needs head sizes in whole blocks of 32; this model has \(spec.keyDimensions) and \(spec.valueDimensions)"
                )
            }
            let reach = spec.reach.flatMap { $0 < contextLength ? $0 : nil }
            let number: Int
            if let known = groups.firstIndex(where: { $0.reach == reach }) {
                number = known
            } else {
                number = groups.count
                groups.append(Group(reach: reach, table: 1 + number * blocks))
            }
            let keyBytes = keyType.bytes(elements: spec.keyDimensions)
            let ownValueBytes = spec.valuesAreKeys ? 0 : valueType.bytes(elements: spec.valueDimensions)
            let length = CacheLayout.blockLength
            let keyOffset = groups[number].blockBytes
            let keyEnd = CacheLayout.aligned(keyOffset + spec.heads * length * keyBytes)
            let bytesPerPosition = spec.heads * (keyBytes + ownValueBytes)
            groups[number].blockBytes = CacheLayout.aligned(keyEnd + spec.heads * length * ownValueBytes)
            groups[number].bytesPerPosition += bytesPerPosition
            layers.append(
                Layer(
                    table: groups[number].table, group: number, keyOffset: keyOffset,
                    valueOffset: ownValueBytes == 0 ? keyOffset : keyEnd, keyBytes: keyBytes,
                    valueBytes: spec.valuesAreKeys ? keyBytes : ownValueBytes,
                    keyHeadBytes: spec.valuesAreKeys ? 0 : length * keyBytes,
                    valueHeadBytes: spec.valuesAreKeys ? 0 : length * ownValueBytes,
                    keyType: keyType.kernelType,
                    valueType: spec.valuesAreKeys ? keyType.kernelType : valueType.kernelType,
                    bytesPerPosition: bytesPerPosition, heads: spec.heads,
                    keyDimensions: spec.keyDimensions, valueDimensions: spec.valueDimensions))
        }
        self.layers = layers
        self.groups = groups
        tableCount = 1 + groups.count * blocks
        var offset = 0
        states = stateSpecs.map { spec in
            let convolution = offset
            let matrix = (convolution + spec.convolutionFloats * 4 + 63) & ~63
            offset = (matrix + spec.matrixFloats * 4 + 63) & ~63
            return State(
                convolutionOffset: convolution, matrixOffset: matrix,
                byteCount: (spec.convolutionFloats + spec.matrixFloats) * 4)
        }
        stateBytes = offset
    }

    private static func aligned(_ offset: Int) -> Int { (offset + 63) & ~63 }
}

extension CacheLayout.Layer {
    /// Where a position's block begins. `table` is the sequence's.
    @inline(__always)
    func block(
        _ table: UnsafePointer<UnsafeMutableRawPointer>, _ position: Int
    ) -> UnsafeMutableRawPointer { table[self.table + position >> CacheLayout.blockShift] }
}
