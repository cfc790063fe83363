import Kernels

/// A thread's memory for the choice of keys.
struct SelectionScratch: BitwiseCopyable {
    /// [heads][keys]: products of one block of keys
    var products: UnsafeMutablePointer<Float>
    /// [256] how many scores have each digit
    var digits: UnsafeMutablePointer<Int32>
    /// Rows of chosen keys, side by side.
    var keys: UnsafeMutableRawPointer

    /// Keys of one block: one of the cache.
    static let keyBlock = CacheLayout.blockLength
    /// Rows whose scores are held at a time.
    static let rowGroup = 8
}

extension Run {
    func selectKeys(_ operation: SelectKeysOperation, _ worker: inout Worker) {
        let thread = worker.thread
        worker.forEach(units: rows) { row in storeIndexKey(operation, row: row, locals[thread]) }
        worker.barrier()
        for first in stride(from: 0, to: rows, by: SelectionScratch.rowGroup) {
            let count = min(SelectionScratch.rowGroup, rows - first)
            var longest = 0
            for row in first..<first + count { longest = max(longest, Int(positions[row]) + 1) }
            if longest > operation.count {
                let blocks = divideUp(longest, SelectionScratch.keyBlock)
                worker.forEach(units: count * blocks) { unit in
                    score(
                        operation, row: first + unit / blocks, place: unit / blocks, block: unit % blocks,
                        locals[thread].selection)
                }
                worker.barrier()
            }
            worker.forEach(units: count) { place in
                choose(operation, row: first + place, place: place, locals[thread].selection.digits)
            }
            worker.barrier()
        }
    }

    /// Turns a row's queries and writes its key to the cache.
    private func storeIndexKey(_ operation: SelectKeysOperation, row: Int, _ local: LocalScratch) {
        let dimensions = operation.dimensions
        let queries = buffer(operation.query) + row * operation.heads * dimensions
        for head in 0..<operation.heads {
            rotate(
                operation.rope, operation.ropePairing, operation.ropeDimensions, queries + head * dimensions,
                row: row)
        }
        let key = local.attention.queries
        let source = buffer(operation.key) + row * dimensions
        var mean: Float = 0
        for index in 0..<dimensions { mean += source[index] }
        mean /= Float(dimensions)
        var variance: Float = 0
        for index in 0..<dimensions { variance += (source[index] - mean) * (source[index] - mean) }
        let factor = 1 / (variance / Float(dimensions) + operation.epsilon).squareRoot()
        for index in 0..<dimensions {
            key[index] = (source[index] - mean) * factor * operation.norm[index] + operation.normBias[index]
        }
        rotate(operation.rope, operation.ropePairing, operation.ropeDimensions, key, row: row)
        let layer = cacheLayers[operation.cache]
        let place = Int(positions[row]) % CacheLayout.blockLength
        let base = layer.block(sequences[Int(rowSequence[row])], Int(positions[row])) + layer.keyOffset
        kernels.pointee.quantize(layer.keyType, key, base + place * layer.keyBytes, dimensions)
    }

    /// Scores of one block of a row's keys.
    private func score(
        _ operation: SelectKeysOperation, row: Int, place: Int, block: Int, _ scratch: SelectionScratch
    ) {
        let first = block * SelectionScratch.keyBlock
        let count = min(SelectionScratch.keyBlock, Int(positions[row]) + 1 - first)
        if count <= 0 || Int(positions[row]) < operation.count { return }
        let layer = cacheLayers[operation.cache]
        let keys = layer.block(sequences[Int(rowSequence[row])], first) + layer.keyOffset
        let queries = buffer(operation.query) + row * operation.heads * operation.dimensions
        let weights = buffer(operation.weights) + row * operation.heads
        let scores = keyScores + place * keyScoreStride + first
        scores.update(repeating: 0, count: count)
        for head in 0..<operation.heads {
            let products = scratch.products
            kernels.pointee.matvec_float(
                layer.keyType, keys, layer.keyBytes, count, operation.dimensions,
                queries + head * operation.dimensions, products)
            for index in 0..<count { products[index] = max(0, products[index]) }
            kernels.pointee.axpy(weights[head], products, scores, count)
        }
    }

    /// Writes the positions of a row's best keys, ascending; of equal scores the lower positions.
    private func choose(
        _ operation: SelectKeysOperation, row: Int, place: Int, _ digits: UnsafeMutablePointer<Int32>
    ) {
        let chosen = UnsafeMutableRawPointer(buffer(operation.output) + row * operation.count)
            .assumingMemoryBound(to: Int32.self)
        let keys = Int(positions[row]) + 1
        if keys <= operation.count {
            for key in 0..<keys { chosen[key] = Int32(key) }
            return
        }
        let scores = keyScores + place * keyScoreStride
        // The score of the last one chosen, a byte at a time from the top.
        var threshold: UInt32 = 0
        var wanted = operation.count
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            let above = shift == 24 ? 0 : UInt32.max << (shift + 8)
            digits.update(repeating: 0, count: 256)
            for key in 0..<keys where ordered(scores[key]) & above == threshold {
                digits[Int(ordered(scores[key]) >> shift & 255)] += 1
            }
            var digit = 255
            while digit > 0 && wanted > Int(digits[digit]) {
                wanted -= Int(digits[digit])
                digit -= 1
            }
            threshold |= UInt32(digit) << shift
        }
        var count = 0
        for key in 0..<keys {
            let value = ordered(scores[key])
            if value < threshold { continue }
            if value == threshold {
                if wanted == 0 { continue }
                wanted -= 1
            }
            chosen[count] = Int32(key)
            count += 1
        }
    }

    /// A number whose order as an integer is the float's.
    @inline(__always)
    private func ordered(_ value: Float) -> UInt32 {
        let bits = value.bitPattern
        return bits >> 31 == 1 ? ~bits : bits | 1 << 31
    }
}
