import Compute
import Glibc
import Synchronization

/// Writes routings to a file as they happen (see `RoutingTrace`).
@safe
package final class RoutingRecorder: RoutingObserver, @unchecked Sendable {
    private let file: UnsafeMutablePointer<FILE>
    /// Compute threads add to it, others flush it.
    private let buffer: Mutex<[Int32]>

    /// - Throws: `RoutingTrace.Damage` when the file cannot be written.
    package init(path: String, layers: [Int]) throws(RoutingTrace.Damage) {
        guard let file = unsafe fopen(path, "w") else {
            throw RoutingTrace.Damage(
                description: "\(path): cannot be written: \(unsafe String(cString: strerror(errno)))")
        }
        unsafe self.file = file
        var start: [Int32] = []
        start.reserveCapacity(1 << 16)
        start += [RoutingTrace.magic, Int32(layers.count)] + layers.map { Int32($0) }
        buffer = Mutex(start)
    }

    deinit {
        flush()
        unsafe fclose(file)
    }

    package func routed(layer: Int, tokens: Int, chosen: Span<Int32>) {
        let full = buffer.withLock { buffer in
            buffer.append(Int32(layer))
            buffer.append(Int32(tokens))
            buffer.append(Int32(chosen.count / max(1, tokens)))
            for index in chosen.indices { buffer.append(chosen[index]) }
            return buffer.count > 1 << 14
        }
        if full { flush() }
    }

    /// Writes what was recorded so far to the file.
    package func flush() {
        buffer.withLock { buffer in
            for index in buffer.indices { buffer[index] = buffer[index].littleEndian }
            unsafe fwrite(buffer, 4, buffer.count, file)
            unsafe fflush(file)
            buffer.removeAll(keepingCapacity: true)
        }
    }
}
