import ArgumentParser
import Foundation

/// The line that tells how far a measurement is, when standard error is a terminal.
struct MeasurementLine {
    func show(done: Int, total: Int, remaining: Double, value: String) {
        guard Terminal.errorIsTerminal else { return }
        let text = "\r\u{1B}[2K[\(done)/\(total)] \(value), \(Self.time(remaining)) left"
        try? Terminal.write(text, to: STDERR_FILENO)
    }

    func finish() {
        if Terminal.errorIsTerminal { try? Terminal.write("\r\u{1B}[2K", to: STDERR_FILENO) }
    }

    static func time(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return whole < 90
            ? "\(whole) s" : whole < 5400 ? "\(whole / 60) min" : String(format: "%.1f h", seconds / 3600)
    }
}

/// Runs async work that ends with exit status 130 after Ctrl-C.
func interruptible(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let work = Task { try await body() }
    let interrupt = Interrupt { work.cancel() }
    defer { withExtendedLifetime(interrupt) {} }
    do { try await work.value } catch is CancellationError { throw ExitCode(130) }
}
