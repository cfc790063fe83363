public import ArgumentParser
import Experts

/// Bytes that all sessions' keys and values may take.
struct CacheLimit: ExpressibleByArgument, Sendable {
    let bytes: Int
    init?(argument: String) {
        guard let bytes = ByteSize.parse(argument) else { return nil }
        self.bytes = bytes
    }
}
