import Dispatch
import Glibc

/// Ctrl-C: the first one asks to end, the second one ends at once.
final class Interrupt: Sendable {
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    /// - Parameter action: called once, on another thread.
    init(_ action: @escaping @Sendable () -> Void) {
        signal(SIGINT, SIG_IGN)
        unsafe source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        nonisolated(unsafe) var seen = false
        unsafe source.setEventHandler {
            if unsafe seen { _exit(130) }
            unsafe seen = true
            action()
        }
        unsafe source.resume()
    }

    deinit { unsafe source.cancel() }
}
