import Glibc
import Kernels

// A chunk of tokens through a delta net's state as matrix products.
//
// With the decay D[t] from before the chunk to token t, what the state learns of token t is
//     u[t] = beta[t] (v[t] - D[t] S'k[t] - sum over j < t of D[t]/D[j] (k[t] k[j]) u[j]),
// a triangular system, and then
//     out[t] = D[t] S'q[t] + sum over j <= t of D[t]/D[j] (q[t] k[j]) u[j]
//     S = D[last] S + sum over j of D[last]/D[j] k[j] u[j]'.
// Decays are kept as logarithms, so that no quotient of two tiny numbers is taken.

extension Run {
    /// y[c][r] = w[r] x x[c]: `rows` rows of w and `columns` of x, of `length` floats each.
    @inline(__always)
    private func multiply(
        _ w: UnsafePointer<Float>, rows: Int, _ x: UnsafePointer<Float>, columns: Int, length: Int,
        stride: Int, into y: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutableRawPointer
    ) {
        kernels.pointee.gemm_float(
            Int32(SW_F32), w, stride * 4, rows, length, x, stride, nil, columns, y, rows, scratch)
    }

    /// The products of a chunk's keys with its keys and queries, which all value heads share.
    func multiplyKeys(
        _ count: Int, _ scratch: DeltaScratch, _ keyDimensions: Int, _ gemm: UnsafeMutableRawPointer
    ) {
        multiply(
            scratch.keys, rows: count, scratch.keys, columns: count, length: keyDimensions,
            stride: keyDimensions, into: scratch.keyProducts, gemm)
        multiply(
            scratch.keys, rows: count, scratch.queries, columns: count, length: keyDimensions,
            stride: keyDimensions, into: scratch.queryProducts, gemm)
    }

    /// A chunk of tokens through one head's state.
    func learn(
        _ operation: DeltaNetOperation, _ count: Int, _ matrix: UnsafeMutablePointer<Float>,
        _ scratch: DeltaScratch, _ gemm: UnsafeMutableRawPointer
    ) {
        let keyDimensions = operation.keyDimensions
        let valueDimensions = operation.valueDimensions
        // What the state knows of the keys, and answers to the queries.
        multiply(
            matrix, rows: valueDimensions, scratch.keys, columns: count, length: keyDimensions,
            stride: keyDimensions, into: scratch.inner, gemm)
        multiply(
            matrix, rows: valueDimensions, scratch.queries, columns: count, length: keyDimensions,
            stride: keyDimensions, into: scratch.results, gemm)
        for token in 0..<count {
            let decay = expf(scratch.decays[token])
            let learned = scratch.values + token * valueDimensions
            kernels.pointee.axpy(-decay, scratch.inner + token * valueDimensions, learned, valueDimensions)
            kernels.pointee.scale(decay, scratch.results + token * valueDimensions, valueDimensions)
            for other in 0..<token {
                let factor =
                    expf(scratch.decays[token] - scratch.decays[other])
                    * scratch.keyProducts[token * count + other]
                kernels.pointee.axpy(
                    -factor, scratch.values + other * valueDimensions, learned, valueDimensions)
            }
            kernels.pointee.scale(scratch.rates[token], learned, valueDimensions)
        }
        for token in 0..<count {
            let row = scratch.decayed + token * count
            for other in 0...token {
                row[other] =
                    expf(scratch.decays[token] - scratch.decays[other])
                    * scratch.queryProducts[token * count + other]
            }
            (row + token + 1).update(repeating: 0, count: count - token - 1)
        }
        transpose(scratch.values, rows: count, columns: valueDimensions, into: scratch.turnedValues)
        multiply(
            scratch.turnedValues, rows: valueDimensions, scratch.decayed, columns: count, length: count,
            stride: count, into: scratch.inner, gemm)
        kernels.pointee.add(scratch.inner, scratch.results, count * valueDimensions)

        transpose(scratch.keys, rows: count, columns: keyDimensions, into: scratch.turnedKeys)
        let last = scratch.decays[count - 1]
        for token in 0..<count {
            let factor = expf(last - scratch.decays[token])
            for index in 0..<valueDimensions { scratch.turnedValues[index * count + token] *= factor }
        }
        multiply(
            scratch.turnedKeys, rows: keyDimensions, scratch.turnedValues, columns: valueDimensions,
            length: count, stride: count, into: scratch.update, gemm)
        kernels.pointee.scale(expf(last), matrix, keyDimensions * valueDimensions)
        kernels.pointee.add(scratch.update, matrix, keyDimensions * valueDimensions)
    }

    private func transpose(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, into target: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            for column in 0..<columns { target[column * rows + row] = source[row * columns + column] }
        }
    }
}
