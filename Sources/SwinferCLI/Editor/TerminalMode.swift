import Glibc
import Synchronization

/// The mode of the terminal on standard input, and its way back to what it was.
enum TerminalMode {
    private static let original = Mutex<termios?>(nil)

    /// Keys come one by one, are not shown, and none is a signal.
    static func edit() { set(signals: false) }

    /// As `edit`, but Ctrl-C interrupts: for the time of an answer.
    static func answer() { set(signals: true) }

    private static func set(signals: Bool) {
        original.withLock { original in
            if original == nil {
                var found = termios()
                guard unsafe tcgetattr(STDIN_FILENO, &found) == 0 else { return }
                original = found
            }
            guard var mode = original else { return }
            mode.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
            mode.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN)
            if !signals { mode.c_lflag &= ~tcflag_t(ISIG) }
            unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
        }
    }

    /// As it was before.
    static func restore() {
        original.withLock { original in
            guard var mode = original else { return }
            unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
        }
    }

    /// Columns and rows of the terminal.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), max(1, Int(size.ws_row)))
    }
}
