import Foundation

/// The lines that were entered before, in a file.
struct History: ~Copyable {
    private(set) var entries: [String] = []
    private let path: String?
    private static let limit = 1000

    /// - Parameter path: nil keeps nothing.
    init(path: String?) {
        self.path = path
        entries = path.map(Self.read) ?? []
    }

    /// `$XDG_STATE_HOME/swinfer/history`, or the same under `~/.local/state`; nil without a home.
    static var standardPath: String? {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") {
            return folder + "/swinfer/history"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/state/swinfer/history"
    }

    /// Adds a line and writes the file anew; lines that other processes added meanwhile stay.
    ///
    /// - Throws: `CommandError` when it cannot be written; the line is known all the same.
    mutating func add(_ line: String) throws(CommandError) {
        guard !line.isEmpty, entries.last != line else { return }
        if let path { entries = Self.read(path) }
        entries.append(line)
        entries.removeFirst(max(0, entries.count - Self.limit))
        guard let path else { return }
        let text = entries.map { Self.escaped($0) + "\n" }.joined()
        try writeAtomically(text, to: path, mode: 0o600, makesFolder: true)
    }

    private static func read(_ path: String) -> [String] {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return [] }
        return data.split(separator: 0x0A).suffix(limit).map {
            unescaped(String(decoding: $0, as: UTF8.self))
        }
    }

    /// One line: line feeds are `\n`, backslashes `\\`.
    private static func escaped(_ line: String) -> String {
        line.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\n", with: "\\n")
    }

    private static func unescaped(_ line: String) -> String {
        var text = ""
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if isEscaped {
                text.unicodeScalars.append(scalar == "n" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Walks through the history, from the line that is being entered and back to it.
struct HistoryBrowser {
    private let entries: [String]
    private var position: Int
    private var current = ""

    init(_ entries: [String]) {
        self.entries = entries
        position = entries.count
    }

    mutating func older(_ text: String) -> String? {
        guard position > 0 else { return nil }
        if position == entries.count { current = text }
        position -= 1
        return entries[position]
    }

    mutating func newer() -> String? {
        guard position < entries.count else { return nil }
        position += 1
        return position == entries.count ? current : entries[position]
    }
}

/// Writes a file beside its place and moves it there, so that nothing is lost when that fails.
func writeAtomically(
    _ text: String, to path: String, mode: mode_t, makesFolder: Bool = false
) throws(CommandError) {
    func failure() -> CommandError {
        CommandError("\(path): cannot be written: \(unsafe String(cString: strerror(errno)))")
    }
    if makesFolder {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try? FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure() }
    var isWritten = false
    do {
        try Terminal.write(text, to: descriptor)
        isWritten = fsync(descriptor) == 0
    } catch {}
    let reason = failure()
    close(descriptor)
    guard isWritten, unsafe rename(temporary, path) == 0 else {
        let error = isWritten ? failure() : reason
        unsafe unlink(temporary)
        throw error
    }
}
