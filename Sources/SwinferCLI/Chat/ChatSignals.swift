import Dispatch
import Glibc
import Swinfer
import Synchronization

/// Ctrl-C while an answer comes stops it; at any other time, and the second one, ends the process. The
/// terminal is left as it was found, also when the process is told to end.
final class ChatSignals: Sendable {
    private struct State {
        var answering: ChatSession?
        var isCancelled = false
    }

    private let state = Mutex(State())
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.handle(number) }
            source.resume()
            unsafe sources.append(source)
        }
    }

    private func handle(_ number: Int32) {
        let session: ChatSession? = state.withLock { state in
            guard number == SIGINT, !state.isCancelled, let session = state.answering else { return nil }
            state.isCancelled = true
            return session
        }
        if let session { return session.cancel() }
        TerminalMode.restore()
        _exit(128 + number)
    }

    /// From now on Ctrl-C stops this session's answer.
    func begin(_ session: ChatSession) {
        state.withLock { $0 = State(answering: session) }
    }

    /// The answer has ended; tells whether it was stopped.
    func end() -> Bool {
        state.withLock { state in
            defer { state = State() }
            return state.isCancelled
        }
    }
}
