import Dispatch

/// Runs `body` on so many threads at once, the calling one among them, and waits for all. For long
/// work by the row, outside of a program's team.
func concurrently(threads: Int, _ body: @Sendable () -> Void) {
    guard threads > 1 else { return body() }
    withoutActuallyEscaping(body) { body in
        DispatchQueue.concurrentPerform(iterations: threads) { _ in body() }
    }
}

/// Runs `body` for each of some pieces at once, and waits for all.
func concurrently(pieces: Int, _ body: @Sendable (Int) -> Void) {
    guard pieces > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
        DispatchQueue.concurrentPerform(iterations: pieces) { body($0) }
    }
}
