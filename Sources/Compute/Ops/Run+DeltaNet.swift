import Glibc
import Kernels

// Gated delta nets. A key head and its value heads share nothing with others but the input, so
// one thread takes them through convolution, recurrence and norm without a barrier.

/// Consecutive rows of one sequence.
struct Segment: BitwiseCopyable {
    var row: Int
    var count: Int
    /// [count] where the recurrent states after each row go; nil: they move in place.
    var states: UnsafePointer<UnsafeMutableRawPointer>?
}

extension Run {
    func deltaNet(_ operation: DeltaNetOperation, _ worker: inout Worker) {
        let heads = operation.keyHeads
        let thread = worker.thread
        worker.forEach(units: segmentCount * heads) { unit in
            mix(operation, segments[unit / heads], keyHead: unit % heads, thread: thread)
        }
    }

    /// One key head over a segment.
    private func mix(_ operation: DeltaNetOperation, _ segment: Segment, keyHead: Int, thread: Int) {
        let keyDimensions = operation.keyDimensions
        let valueDimensions = operation.valueDimensions
        let scratch = DeltaScratch(
            locals[thread].mixer, keyDimensions: keyDimensions, valueDimensions: valueDimensions)
        let layer = stateLayers[operation.state]
        let base = sequences[Int(rowSequence[segment.row])][0]
        let inputs = (base + layer.convolutionOffset).assumingMemoryBound(to: Float.self)
        let matrices = (base + layer.matrixOffset).assumingMemoryBound(to: Float.self)
        let size = keyDimensions * valueDimensions
        let heads = operation.valueHeadsPerKey
        let query = keyHead * keyDimensions
        let key = (operation.keyHeads + keyHead) * keyDimensions
        let firstValue = 2 * operation.keyHeads * keyDimensions
        let fresh = positions[segment.row] == 0
        if fresh {
            clear(operation, inputs, channel: query, keyDimensions)
            clear(operation, inputs, channel: key, keyDimensions)
        }
        let norm = DeltaNorm(dimensions: keyDimensions, epsilon: operation.epsilon)
        for first in stride(from: 0, to: segment.count, by: DeltaScratch.chunk) {
            let count = min(DeltaScratch.chunk, segment.count - first)
            convolve(operation, segment, inputs, channel: query, keyDimensions, first, count, scratch.queries)
            convolve(operation, segment, inputs, channel: key, keyDimensions, first, count, scratch.keys)
            for token in 0..<count {
                normalize(scratch.queries + token * keyDimensions, norm, scale: norm.queryScale)
                normalize(scratch.keys + token * keyDimensions, norm, scale: 1)
            }
            // States are kept where tokens are tried, which must give the bits that each gives alone.
            let chunked = count >= DeltaScratch.chunkedTokens && segment.states == nil
            if chunked { multiplyKeys(count, scratch, keyDimensions, locals[thread].gemm) }
            for n in 0..<heads {
                let head = operation.valueHead(n, of: keyHead)
                let channel = firstValue + head * valueDimensions
                let matrix = matrices + head * size
                if fresh && first == 0 {
                    clear(operation, inputs, channel: channel, valueDimensions)
                    matrix.update(repeating: 0, count: size)
                }
                convolve(
                    operation, segment, inputs, channel: channel, valueDimensions, first, count,
                    scratch.values)
                rates(operation, head: head, row: segment.row + first, count, scratch, summed: chunked)
                if chunked {
                    learn(operation, count, matrix, scratch, locals[thread].gemm)
                } else if let states = segment.states {
                    let offset = layer.matrixOffset + head * size * 4
                    for token in first..<first + count {
                        let before = token == 0 ? base : states[token - 1]
                        let after = states[token] + offset
                        after.copyMemory(from: before + offset, byteCount: size * 4)
                        step(
                            operation, token - first..<token - first + 1,
                            after.assumingMemoryBound(to: Float.self), scratch)
                    }
                } else {
                    step(operation, 0..<count, matrix, scratch)
                }
                finish(operation, head: head, row: segment.row + first, count, scratch.results)
            }
        }
        keepInputs(operation, segment, inputs, layer, channel: query, keyDimensions)
        keepInputs(operation, segment, inputs, layer, channel: key, keyDimensions)
        for n in 0..<heads {
            let channel = firstValue + operation.valueHead(n, of: keyHead) * valueDimensions
            keepInputs(operation, segment, inputs, layer, channel: channel, valueDimensions)
        }
    }

    /// The last inputs of some channels, for the convolution of the tokens that follow: after the
    /// segment, or after each of its tokens where those states are kept.
    private func keepInputs(
        _ operation: DeltaNetOperation, _ segment: Segment, _ inputs: UnsafeMutablePointer<Float>,
        _ layer: CacheLayout.State, channel: Int, _ width: Int
    ) {
        guard let states = segment.states else {
            return keepInputs(
                operation, segment, inputs, after: segment.count, into: inputs, channel: channel, width)
        }
        for token in 0..<segment.count {
            let target = (states[token] + layer.convolutionOffset).assumingMemoryBound(to: Float.self)
            keepInputs(operation, segment, inputs, after: token + 1, into: target, channel: channel, width)
        }
    }

    /// target[token] = silu(sum over taps of weights x the channels of this and earlier tokens),
    /// for `count` tokens from the segment's `first` on.
    private func convolve(
        _ operation: DeltaNetOperation, _ segment: Segment, _ before: UnsafePointer<Float>, channel: Int,
        _ width: Int, _ first: Int, _ count: Int, _ target: UnsafeMutablePointer<Float>
    ) {
        let channels = operation.channels
        let kernel = operation.kernel
        let rows = buffer(operation.mixed) + segment.row * channels + channel
        for token in 0..<count {
            let sums = target + token * width
            sums.update(repeating: 0, count: width)
            for tap in 0..<kernel {
                // Counted from the segment's first token; before it, the state has the inputs.
                let source = first + token + tap - (kernel - 1)
                let values =
                    source < 0
                    ? before + (kernel - 1 + source) * channels + channel
                    : UnsafePointer(rows + source * channels)
                let weights = operation.convolution + tap * channels + channel
                for index in 0..<width { sums[index] += weights[index] * values[index] }
            }
            kernels.pointee.sigmoid_mul(sums, sums, sums, width)
        }
    }

    /// The last inputs of some channels before the segment's `count`-th token.
    private func keepInputs(
        _ operation: DeltaNetOperation, _ segment: Segment, _ inputs: UnsafePointer<Float>,
        after count: Int, into target: UnsafeMutablePointer<Float>, channel: Int, _ width: Int
    ) {
        let channels = operation.channels
        let kept = operation.kernel - 1
        let rows = buffer(operation.mixed) + segment.row * channels + channel
        for place in 0..<kept {
            let source = count - kept + place
            let values =
                source < 0
                ? inputs + (kept + source) * channels + channel
                : UnsafePointer(rows + source * channels)
            (target + place * channels + channel).update(from: values, count: width)
        }
    }

    private func clear(
        _ operation: DeltaNetOperation, _ inputs: UnsafeMutablePointer<Float>, channel: Int, _ width: Int
    ) {
        for place in 0..<operation.kernel - 1 {
            (inputs + place * operation.channels + channel).update(repeating: 0, count: width)
        }
    }

    /// x / sqrt(sum of x^2 + epsilon) * scale
    @inline(__always)
    private func normalize(_ x: UnsafeMutablePointer<Float>, _ norm: DeltaNorm, scale: Float) {
        let sum = kernels.pointee.dot(x, x, norm.dimensions)
        kernels.pointee.scale(scale / (sum + norm.epsilon).squareRoot(), x, norm.dimensions)
    }

    /// Beta, and the decays' logarithms, of a head's tokens.
    ///
    /// - Parameter summed: since the first token, instead of each token's own.
    private func rates(
        _ operation: DeltaNetOperation, head: Int, row: Int, _ count: Int, _ scratch: DeltaScratch,
        summed: Bool
    ) {
        let beta = buffer(operation.beta) + row * operation.valueHeads + head
        let alpha = buffer(operation.alpha) + row * operation.valueHeads + head
        var sum: Float = 0
        for token in 0..<count {
            scratch.rates[token] = 1 / (1 + expf(-beta[token * operation.valueHeads]))
            let x = alpha[token * operation.valueHeads] + operation.alphaBias[head]
            let softplus = x > 20 ? x : log1pf(expf(x))
            let own = softplus * operation.rate[head]
            sum += own
            scratch.decays[token] = summed ? sum : own
        }
    }

    /// Some tokens, one after the other: the state decays, learns and answers.
    private func step(
        _ operation: DeltaNetOperation, _ tokens: Range<Int>, _ matrix: UnsafeMutablePointer<Float>,
        _ scratch: DeltaScratch
    ) {
        let keyDimensions = operation.keyDimensions
        let valueDimensions = operation.valueDimensions
        let first = tokens.lowerBound
        for token in tokens { scratch.decayed[token] = expf(scratch.decays[token]) }
        var arguments = sw_delta_rule(
            tokens: tokens.count, key_dim: keyDimensions, value_dim: valueDimensions,
            q: scratch.queries + first * keyDimensions, k: scratch.keys + first * keyDimensions,
            v: scratch.values + first * valueDimensions, q_stride: keyDimensions, k_stride: keyDimensions,
            v_stride: valueDimensions, decay: scratch.decayed + first, beta: scratch.rates + first,
            gate_stride: 1, state: matrix, out: scratch.results + first * valueDimensions,
            out_stride: valueDimensions)
        kernels.pointee.delta_rule(&arguments)
    }

    /// Norm and gate of a head's results.
    private func finish(
        _ operation: DeltaNetOperation, head: Int, row: Int, _ count: Int,
        _ results: UnsafeMutablePointer<Float>
    ) {
        let width = operation.valueHeads * operation.valueDimensions
        for token in 0..<count {
            let place = (row + token) * width + head * operation.valueDimensions
            let result = results + token * operation.valueDimensions
            kernels.pointee.rms_norm(
                result, operation.norm, operation.epsilon, result, operation.valueDimensions)
            kernels.pointee.silu_mul(
                buffer(operation.gate) + place, result, buffer(operation.output) + place,
                operation.valueDimensions)
        }
    }
}

/// The norm of a delta net's queries and keys.
struct DeltaNorm {
    let dimensions: Int
    let epsilon: Float
    var queryScale: Float { 1 / Float(dimensions).squareRoot() }
}
