import Download
import Experts
import Synchronization

/// A line on standard error that tells how far a download is, when that is a terminal.
final class PullMeter: Sendable {
    private struct State {
        var file = 0
        var received = 0
        var atStart: Int?
        var start = ContinuousClock.now
        var shown: ContinuousClock.Instant?
    }

    private let names: [String]
    private let state = Mutex(State())

    init(_ downloads: [FileDownload]) { names = downloads.map(\.file.name) }

    func begin(_ file: Int) {
        state.withLock { $0 = State(file: file) }
    }

    /// - Parameters:
    ///   - received: bytes of the file that are here.
    ///   - size: its bytes in the end, where they are known.
    func update(_ received: Int, _ size: Int?) {
        guard Terminal.errorIsTerminal else { return }
        state.withLock { state in
            if state.atStart == nil { state.atStart = received }
            state.received = received
            let now = ContinuousClock.now
            if let shown = state.shown, shown.duration(to: now) < .milliseconds(200) { return }
            state.shown = now
            let elapsed = state.start.duration(to: now).components.seconds
            var line = "\(names[state.file])"
            if names.count > 1 { line = "[\(state.file + 1)/\(names.count)] " + line }
            line += "  \(ByteSize.text(received))"
            if let size { line += " of \(ByteSize.text(size)), \(received * 100 / max(1, size)) %" }
            if elapsed > 0 {
                let rate = (received - (state.atStart ?? 0)) / Int(elapsed)
                line += ", \(ByteSize.text(rate))/s"
                if let size, rate > 0 { line += ", \(Self.time((size - received) / rate)) left" }
            }
            try? Terminal.write("\r\u{1B}[2K" + line, to: 2)
        }
    }

    /// Clears the line.
    func end() {
        if Terminal.errorIsTerminal { try? Terminal.write("\r\u{1B}[2K", to: 2) }
    }

    private static func time(_ seconds: Int) -> String {
        if seconds < 60 { return "\(seconds) s" }
        return seconds < 3600 ? "\(seconds / 60) min" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
}
