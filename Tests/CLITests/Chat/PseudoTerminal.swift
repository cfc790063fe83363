import Foundation
import Glibc

/// A program on a terminal of its own, as a user would run it.
final class PseudoTerminal {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let main: Int32
    private let process: pid_t
    private(set) var output: [UInt8] = []
    /// Up to where `wait` has looked.
    private var seen = 0

    var text: String { String(decoding: output, as: UTF8.self) }

    init(_ arguments: [String], environment: [String: String]) throws {
        // What posix_openpt, unlockpt and ptsname do, which the module Glibc leaves out.
        main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (number, unlocked): (Int32, Int32) = (0, 0)
        let (getNumber, setLock): (UInt, UInt) = (0x8004_5430, 0x4004_5431)
        guard main >= 0, ioctl(main, setLock, &unlocked) == 0, ioctl(main, getNumber, &number) == 0 else {
            throw Failure(description: "no pseudo-terminal: errno \(errno)")
        }
        let name = "/dev/pts/\(number)"
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(main, UInt(TIOCSWINSZ), &size)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        // The first terminal that the leader of a session opens controls it.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        let newSession: Int16 = 0x80
        posix_spawnattr_setflags(&attributes, newSession)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        let words = ([Command.path] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + settings).forEach { free($0) } }
        var process = pid_t()
        let status = posix_spawn(&process, Command.path, &actions, &attributes, words, settings)
        guard status == 0 else { throw Failure(description: "cannot start: errno \(status)") }
        self.process = process
    }

    deinit { close(main) }

    func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(main, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Reads until this text has come, behind what was waited for before.
    func wait(for text: String) throws {
        let pattern = Array(text.utf8)
        while true {
            if let found = output[seen...].firstRange(of: pattern) {
                seen = found.upperBound
                return
            }
            guard try read() else {
                throw Failure(
                    description: "'\(text)' did not come; what came: \(String(reflecting: self.text))")
            }
        }
    }

    /// Waits for more output, whatever it is.
    func readMore() throws {
        guard try read() else {
            throw Failure(description: "no more came after: \(String(reflecting: text))")
        }
    }

    /// Reads to the end; the exit status, or 128 and the signal.
    func exit() throws -> Int32 {
        while try read() {}
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// Whether the terminal shows what is typed, line by line, as before the program ran.
    var isCooked: Bool {
        var mode = termios()
        guard tcgetattr(main, &mode) == 0 else { return false }
        return mode.c_lflag & tcflag_t(ECHO | ICANON | ISIG) == tcflag_t(ECHO | ICANON | ISIG)
    }

    /// Waits for more; false when the program has closed the terminal.
    private func read() throws -> Bool {
        var poller = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, 120_000) > 0 else {
            kill(process, SIGKILL)
            throw Failure(description: "nothing came for two minutes; before: \(String(reflecting: text))")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(main, &bytes, bytes.count)
        guard count > 0 else { return false }
        output += bytes[..<count]
        return true
    }
}
