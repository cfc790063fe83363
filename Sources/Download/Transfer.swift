import Foundation
import Synchronization

/// A part file that grows, and what servers have said of the whole.
final class Transfer: Sendable {
    private struct State {
        var part: PartFile
        var size: Int?
        var digest: String?
        /// The version that the bytes are of, as the first answer named it.
        var version: String?
    }

    private let file: RemoteFile
    private let state: Mutex<State>

    init(part: PartFile, _ file: RemoteFile) {
        self.file = file
        state = Mutex(State(part: part, size: file.size, digest: file.digest))
    }

    var length: Int { state.withLock { $0.part.length } }
    var size: Int? { state.withLock { $0.size } }

    /// Reads an answer's head: what is to come must go on where the part file ends.
    func begin(_ answer: WebAnswer) throws {
        try state.withLock { state in
            let range = ContentRange(answer.headers["content-range"])
            if answer.status == 206 {
                guard let range, range.start == state.part.length else {
                    throw DownloadError.badAnswer(
                        url: file.url,
                        reason:
                            "bytes from \(state.part.length) on were asked for, and '\(answer.headers["content-range"] ?? "")' came"
                    )
                }
            } else if state.part.length > 0 {
                // The server knows no ranges and sends everything.
                try state.part.clear()
            }
            let whole =
                range?.total
                ?? (answer.status == 206 ? nil : answer.headers["content-length"].flatMap { Int($0) })
            try agree(on: answer.headers["x-linked-size"].flatMap { Int($0) } ?? whole, &state)
            try agree(onVersion: answer.headers["etag"] ?? answer.headers["last-modified"], &state)
            if state.digest == nil {
                let tag = answer.headers["x-linked-etag"] ?? answer.headers["etag"]
                state.digest = tag.flatMap(Self.digest)
            }
        }
    }

    private func agree(on size: Int?, _ state: inout State) throws {
        guard let size else { return }
        if let known = state.size, known != size {
            throw DownloadError.badAnswer(
                url: file.url,
                reason: "the file has \(size) bytes by this answer and \(known) by an earlier one")
        }
        state.size = size
        if state.part.length > size { try state.part.clear() }
        if state.part.length == 0 { try state.part.checkRoom(for: size) }
    }

    private func agree(onVersion version: String?, _ state: inout State) throws {
        guard let version else { return }
        if let known = state.version, known != version, state.part.length > 0 {
            try state.part.clear()
            state.version = nil
            throw DownloadError.badAnswer(url: file.url, reason: "the file changed while it was on its way")
        }
        state.version = version
    }

    func append(_ data: Data) throws {
        try state.withLock { state in
            if let size = state.size, state.part.length + data.count > size {
                try state.part.clear()
                throw DownloadError.badAnswer(
                    url: file.url, reason: "more than the announced \(size) bytes came")
            }
            try state.part.append(data)
        }
    }

    /// The server has nothing after the part file's end.
    func refusedRange(_ answer: WebAnswer) throws {
        try state.withLock { state in
            let total = ContentRange(answer.headers["content-range"])?.total
            if let total, state.size == nil { state.size = total }
            if total != state.part.length { try state.part.clear() }
        }
    }

    func flush() throws { try state.withLock { try $0.part.flush() } }

    /// Verifies what came and moves it into its place.
    func finish(at path: String) throws {
        try state.withLock { state in
            let found = state.part.digest
            if let expected = state.digest, expected != found {
                try state.part.remove()
                throw DownloadError.wrongDigest(path: path, expected: expected, found: found)
            }
            try state.part.move(to: path)
        }
    }

    /// The digest in an entity tag; nil when it holds none.
    private static func digest(_ tag: String) -> String? {
        let text = tag.drop { $0 == "W" || $0 == "/" || $0 == "\"" }.prefix { $0 != "\"" }.lowercased()
        return text.count == 64 && text.allSatisfy(\.isHexDigit) ? text : nil
    }
}

/// `bytes 100-199/200`, `bytes 100-199/*` or `bytes */200`.
struct ContentRange: Equatable {
    var start: Int?
    var total: Int?

    init?(_ header: String?) {
        guard let header, header.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = header.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        start = parts[0].split(separator: "-").first.flatMap { Int($0) }
        total = Int(parts[1])
    }
}
