import Glibc
import Kernels

/// How a cache layer's keys were turned when they were written.
struct KeyRotation {
    var rope: Int32 = -1
    var dimensions = 0
    var pairing: Int32 = 0
}

extension Executor {
    /// Why tokens cannot be taken out of the middle of a sequence; nil: they can.
    ///
    /// The keys behind them have to be turned back by as many positions, so they must stand in
    /// the cache as a rotation left them, and nothing else may know where they stood.
    public var shiftRefusal: String? {
        if !layout.states.isEmpty { return "its recurrent layers cannot forget single tokens" }
        for index in 0..<program.operationCount {
            switch program.operations[index] {
            case .latent: return "its compressed keys cannot be moved"
            case .selectKeys: return "its index keys cannot be moved"
            case .attention(let operation):
                if operation.keyNorm?.afterRotation ?? false {
                    return "its keys are normalized after rotation"
                }
                if operation.temperature != nil { return "its queries depend on absolute positions" }
            default: break
            }
        }
        if program.planKeys.contains(where: { if case .chunk = $0.range { true } else { false } }) {
            return "its chunks of attention lie at absolute positions"
        }
        return nil
    }

    private var rotations: [KeyRotation] {
        var result = [KeyRotation](repeating: KeyRotation(), count: layout.layers.count)
        for index in 0..<program.operationCount {
            guard case .attention(let operation) = program.operations[index], operation.key >= 0 else {
                continue
            }
            result[operation.cache] = KeyRotation(
                rope: operation.rope, dimensions: operation.ropeDimensions, pairing: operation.ropePairing)
        }
        return result
    }

    /// Takes tokens out of a sequence: the first `keep` stay, the next `discard` go, and those
    /// behind move up.
    ///
    /// What moved still carries what it once saw of the tokens that went.
    /// - Throws: `ComputeError.invalidBatch` with the reason where the model does not allow it;
    ///   `.cacheFull`; the sequence is as it was then.
    public func shift(_ sequence: SequenceCache, keep: Int, discard: Int) throws(ComputeError) {
        if let reason = shiftRefusal { throw .invalidBatch("the context cannot be shifted: \(reason)") }
        let count = sequence.position - discard
        guard keep >= 0, discard > 0, keep <= count else {
            throw .invalidBatch(
                "cannot take \(discard) tokens after the first \(keep) out of \(sequence.position)")
        }
        let old = sequence.blocks
        var moved: [(group: Int, number: Int, block: CacheBlock)] = []
        for (index, group) in layout.groups.enumerated() {
            let needed = SequenceCache.firstNeeded(group, at: count)
            if group.reach != nil, needed < keep {
                throw .invalidBatch(
                    "the context cannot be shifted: a window would reach back to tokens that it let go")
            }
            for number in SequenceCache.blockNumbers(group, position: count) {
                if (number + 1) << CacheLayout.blockShift <= keep { continue }
                moved.append((index, number, try sequence.pool.take(group: index)))
            }
        }
        let rotations = rotations
        for (group, number, block) in moved {
            let begin = number << CacheLayout.blockShift
            let end = min(count, begin + CacheLayout.blockLength)
            for (index, layer) in layout.layers.enumerated() where layer.group == group {
                let turn = Turn(self, rotations[index], by: discard)
                for position in begin..<end {
                    let source = position < keep ? position : position + discard
                    guard let from = old[group][source >> CacheLayout.blockShift] else { continue }
                    move(
                        layer, from, source & (CacheLayout.blockLength - 1), to: block, position - begin,
                        turn: position < keep ? nil : turn)
                }
            }
            block.written = end
        }
        sequence.replace(moved, position: count)
    }

    private func move(
        _ layer: CacheLayout.Layer, _ source: CacheBlock, _ from: Int, to target: CacheBlock, _ place: Int,
        turn: Turn?
    ) {
        for head in 0..<layer.heads {
            for run in layer.runs(head) {
                (target.base + run.offset + place * run.rowBytes).copyMemory(
                    from: source.base + run.offset + from * run.rowBytes, byteCount: run.rowBytes)
            }
            if let turn {
                turn.apply(
                    target.base + layer.keyOffset + head * layer.keyHeadBytes + place * layer.keyBytes,
                    type: layer.keyType, elements: layer.keyDimensions)
            }
        }
    }
}

/// Turns keys back by a number of positions.
final class Turn {
    private let pairing: Int32
    private let dimensions: Int
    private var cosines: [Float] = []
    private var sines: [Float] = []
    private var row: [Float] = []
    private let kernels = sw_kernels_active()!

    init?(_ executor: Executor, _ rotation: KeyRotation, by count: Int) {
        guard rotation.rope >= 0 else { return nil }
        pairing = rotation.pairing
        dimensions = rotation.dimensions
        let rope = executor.program.ropes[Int(rotation.rope)]
        for frequency in rope.frequencies(contextLength: executor.options.contextLength) {
            // In double: the angle may be many turns.
            let angle = Double(frequency) * Double(count)
            cosines.append(Float(cos(angle)))
            sines.append(Float(-sin(angle)))
        }
    }

    func apply(_ key: UnsafeMutableRawPointer, type: Int32, elements: Int) {
        if row.count != elements { row = [Float](repeating: 0, count: elements) }
        row.withUnsafeMutableBufferPointer { row in
            let values = row.baseAddress!
            kernels.pointee.dequantize(type, key, values, elements)
            if pairing == Rope.Pairing.halves.rawValue {
                kernels.pointee.rope_neox(values, cosines, sines, dimensions)
            } else {
                kernels.pointee.rope_interleaved(values, cosines, sines, dimensions)
            }
            kernels.pointee.quantize(type, values, key, elements)
        }
    }
}
