import Compute
import Glibc

/// Writes routings to a file as they happen (see `RoutingTrace`).
@safe
package final class RoutingRecorder: RoutingObserver {
    private let file: UnsafeMutablePointer<FILE>
    private var buffer: [Int32] = []

    /// - Throws: `RoutingTrace.Damage` when the file cannot be written.
    package init(path: String, layers: [Int]) throws(RoutingTrace.Damage) {
        guard let file = unsafe fopen(path, "w") else {
            throw RoutingTrace.Damage(
                description: "\(path): cannot be written: \(unsafe String(cString: strerror(errno)))")
        }
        unsafe self.file = file
        buffer.reserveCapacity(1 << 16)
        buffer = [RoutingTrace.magic, Int32(layers.count)] + layers.map { Int32($0) }
    }

    deinit {
        flush()
        unsafe fclose(file)
    }

    package func routed(layer: Int, tokens: Int, chosen: Span<Int32>) {
        buffer.append(Int32(layer))
        buffer.append(Int32(tokens))
        buffer.append(Int32(chosen.count / max(1, tokens)))
        for index in chosen.indices { buffer.append(chosen[index]) }
        if buffer.count > 1 << 14 { flush() }
    }

    private func flush() {
        for index in buffer.indices { buffer[index] = buffer[index].littleEndian }
        unsafe fwrite(buffer, 4, buffer.count, file)
        buffer.removeAll(keepingCapacity: true)
    }
}
