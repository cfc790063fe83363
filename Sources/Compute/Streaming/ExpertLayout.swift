package import GGUF

/// Where the matrices of one expert lie in memory.
struct ExpertPlace: BitwiseCopyable {
    var gate: UnsafeRawPointer
    var up: UnsafeRawPointer
    var down: UnsafeRawPointer
}

/// Where a program's experts lie in their files, and the slots that hold them.
///
/// Experts of one size share a class of slots: a model that mixes quantizations has two or three.
///
///     slot   [gate, page-aligned][up][down], each with room for its offset within a page
package struct ExpertLayout: Sendable {
    /// One matrix of every expert of a layer.
    struct Piece: BitwiseCopyable, Sendable {
        var shard: Int
        /// Of the first expert, and from one to the next.
        var offset: Int
        var stride: Int
        var count: Int
        /// In a slot.
        var place: Int
    }

    package struct Layer: BitwiseCopyable, Sendable {
        var gate: Piece
        var up: Piece
        var down: Piece
        /// Number of its first expert over all layers.
        package var first: Int
        package var experts: Int
        package var used: Int
        package var sizeClass: Int
    }

    package struct SizeClass: Sendable {
        package var slotBytes: Int
        /// Experts of this size, and the most that a token uses in one layer.
        package var experts: Int
        package var used: Int
        package var layers: Int
        fileprivate var pieces: [Int]
    }

    package private(set) var layers: [Layer] = []
    package private(set) var classes: [SizeClass] = []

    package var expertCount: Int { classes.reduce(0) { $0 + $1.experts } }
    package var largestSlot: Int { classes.map(\.slotBytes).max() ?? 0 }
    package var largestLayer: Int { layers.map(\.experts).max() ?? 0 }

    /// - Parameter program: recorded with its experts in the mapping of `file`.
    /// - Throws: `ComputeError.outsideFile` where they are not.
    package init(_ program: Program, _ file: GGUFFile) throws(ComputeError) {
        var first = 0
        for operation in program.expertLayers {
            let weights = [operation.pair.gate, operation.pair.up, operation.down]
            let sizes = weights.map { $0.rowBytes * $0.rows }
            let rooms = sizes.map(FileReader.room)
            let sizeClass =
                classes.firstIndex { $0.pieces == sizes }
                ?? {
                    classes.append(
                        SizeClass(
                            slotBytes: rooms.reduce(0, +), experts: 0, used: 0, layers: 0, pieces: sizes))
                    return classes.count - 1
                }()
            func piece(_ index: Int) throws(ComputeError) -> Piece {
                let weight = weights[index]
                let (shard, offset) = try ExpertLayout.position(
                    of: weight.base, count: (operation.count - 1) * weight.matrixBytes + sizes[index], file)
                return Piece(
                    shard: shard, offset: offset, stride: weight.matrixBytes, count: sizes[index],
                    place: rooms[..<index].reduce(0, +))
            }
            layers.append(
                Layer(
                    gate: try piece(0), up: try piece(1), down: try piece(2), first: first,
                    experts: operation.count,
                    used: operation.used, sizeClass: sizeClass))
            classes[sizeClass].experts += operation.count
            classes[sizeClass].used = max(classes[sizeClass].used, operation.used)
            classes[sizeClass].layers += 1
            first += operation.count
        }
    }

    /// Which byte of which file an address in the mapping is.
    ///
    /// - Parameter count: bytes from there on that must be in the file too.
    /// - Throws: `ComputeError.outsideFile`.
    static func position(
        of address: UnsafeRawPointer, count: Int, _ file: GGUFFile
    ) throws(ComputeError) -> (shard: Int, offset: Int) {
        for shard in file.shards.indices {
            let bytes = file.bytes(ofShard: shard)
            guard let base = bytes.baseAddress else { continue }
            if address >= base, address + count <= base + bytes.count { return (shard, address - base) }
        }
        throw .outsideFile(file: file.shardPaths.first ?? "", bytes: count)
    }

    /// Slots of each class that `bytes` hold: by the classes' shares of all experts' bytes, but enough
    /// for one layer's experts and two that are being read ahead.
    package func slots(in bytes: Int) -> [Int] {
        let total = classes.reduce(0) { $0 + $1.experts * $1.slotBytes }
        return classes.map { size in
            let share = Double(size.experts * size.slotBytes) / Double(max(1, total))
            let fair = Int(Double(bytes) * share) / size.slotBytes
            return min(size.experts, max(fair, size.used + 2))
        }
    }
}
