import Download
import Foundation
import Synchronization
import Testing

/// A folder that goes with the test.
private final class TestFolder: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }
}

@Suite struct DownloadTests {
    private let folder: TestFolder
    private let bytes: [UInt8]
    private let digest: String

    init() throws {
        let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
        var hash = SHA256()
        hash.update(content.span)
        folder = try TestFolder()
        bytes = content
        digest = hash.finish()
    }

    private var path: String { folder.url.appendingPathComponent("model.gguf").path }
    private var part: String { path + ".part" }
    private func content(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map(Array.init)
    }

    private func download(
        _ server: TestServer, _ place: String = "/model.gguf", size: Int? = nil, digest: String? = nil,
        token: String? = nil, attempts: Int = 3
    ) async throws {
        let file = RemoteFile(url: server.address + place, name: "model.gguf", size: size, digest: digest)
        let client = WebClient(token: token, timeout: 5)
        try await FileDownload(file, path: path, client: client, attempts: attempts, pause: 0.01).run()
    }

    @Test func wholeFile() async throws {
        let server = try TestServer { [bytes] in .file(bytes, $0) }
        defer { server.stop() }
        try await download(server, size: bytes.count, digest: digest)
        #expect(content(path) == bytes && content(part) == nil)
        // What is there is not asked for again.
        try await download(server, size: bytes.count, digest: digest)
        #expect(server.requests.count == 1)
    }

    @Test func goesOnWhereItWas() async throws {
        try Data(bytes[..<100_000]).write(to: URL(fileURLWithPath: part))
        let server = try TestServer { [bytes] in .file(bytes, $0) }
        defer { server.stop() }
        try await download(server, digest: digest)
        #expect(content(path) == bytes)
        #expect(server.requests.map(\.start) == [100_000])
    }

    /// The connection breaks twice within one run.
    @Test func brokenConnections() async throws {
        let count = Mutex(0)
        let server = try TestServer { [bytes] request in
            var response = TestServer.Response.file(bytes, request)
            let turn = count.withLock { count in
                count += 1
                return count
            }
            if turn < 3 { response.cut = 70_000 }
            return response
        }
        defer { server.stop() }
        try await download(server, digest: digest)
        #expect(content(path) == bytes)
        #expect(server.requests.count == 3 && server.requests[1].start != nil)
    }

    /// It never gets further: what came is kept for the next time.
    @Test func givesUpAndKeepsWhatCame() async throws {
        let server = try TestServer { [bytes] request in
            var response = TestServer.Response.file(bytes, request)
            response.cut = request.start == nil ? 50_000 : 0
            return response
        }
        defer { server.stop() }
        let error = await #expect(throws: DownloadError.self) { try await download(server) }
        #expect(
            error == .brokenOff(url: server.address + "/model.gguf", received: 50_000, expected: bytes.count))
        #expect(content(part).map { $0 == Array(bytes[..<50_000]) } == true && content(path) == nil)
    }

    @Test func serverWithoutRanges() async throws {
        try Data(bytes[..<100_000]).write(to: URL(fileURLWithPath: part))
        let server = try TestServer { [bytes] _ in TestServer.Response(body: bytes) }
        defer { server.stop() }
        try await download(server, digest: digest)
        #expect(content(path) == bytes)
    }

    @Test func wrongRange() async throws {
        try Data(bytes[..<100_000]).write(to: URL(fileURLWithPath: part))
        let server = try TestServer { [bytes] _ in
            TestServer.Response(
                status: 206, headers: ["Content-Range": "bytes 5-\(bytes.count - 1)/\(bytes.count)"],
                body: Array(bytes[5...]))
        }
        defer { server.stop() }
        let error = await #expect(throws: DownloadError.self) { try await download(server) }
        #expect(error?.description.contains("bytes from 100000 on were asked for") == true)
        #expect(content(part)?.count == 100_000)
    }

    /// The answer's length contradicts the listing's; and the connection ends before the claimed length.
    @Test func lengthsThatLie() async throws {
        let server = try TestServer { [bytes] request in
            var response = TestServer.Response.file(bytes, request)
            if request.path == "/short" { response.claimedLength = bytes.count + 10 - (request.start ?? 0) }
            return response
        }
        defer { server.stop() }
        let wrong = await #expect(throws: DownloadError.self) {
            try await download(server, size: bytes.count - 1)
        }
        #expect(
            wrong?.description.contains("300000 bytes by this answer and 299999 by an earlier one") == true)
        let short = await #expect(throws: DownloadError.self) {
            try await download(server, "/short", attempts: 2)
        }
        #expect(content(path) == nil, "\(String(describing: short))")
    }

    @Test func damagedFilesAreRemoved() async throws {
        var damaged = bytes
        damaged[123_456] ^= 1
        let server = try TestServer { [damaged] in .file(damaged, $0) }
        defer { server.stop() }
        let error = await #expect(throws: DownloadError.self) {
            try await download(server, size: bytes.count, digest: digest)
        }
        if case .wrongDigest(_, let expected, _) = error {
            #expect(expected == digest)
        } else {
            Issue.record("another error: \(String(describing: error))")
        }
        #expect(content(path) == nil && content(part) == nil)
    }

    /// A hub tells the digest in the redirect, and the token stays with the hub.
    @Test func redirects() async throws {
        let store = try TestServer { [bytes] in .file(bytes, $0) }
        defer { store.stop() }
        let target = store.address + "/blob"
        let hub = try TestServer { [digest] request in
            request.path == "/hop"
                ? TestServer.Response(status: 307, headers: ["Location": target])
                : TestServer.Response(
                    status: 302,
                    headers: [
                        "Location": "/hop", "X-Linked-Etag": "\"\(digest)\"", "X-Linked-Size": "300000",
                    ],
                    body: Array("moved".utf8))
        }
        defer { hub.stop() }
        try await download(hub, token: "secret")
        #expect(content(path) == bytes)
        #expect(hub.requests.map { $0.headers["authorization"] } == ["Bearer secret", "Bearer secret"])
        #expect(store.requests.map { $0.headers["authorization"] } == [nil])
    }

    @Test func redirectDigestIsChecked() async throws {
        let store = try TestServer { [bytes] in .file(bytes.reversed(), $0) }
        defer { store.stop() }
        let target = store.address + "/blob"
        let hub = try TestServer { [digest] _ in
            TestServer.Response(status: 302, headers: ["Location": target, "X-Linked-Etag": "\"\(digest)\""])
        }
        defer { hub.stop() }
        let error = await #expect(throws: DownloadError.self) { try await download(hub) }
        #expect(error?.description.contains(digest) == true)
    }

    @Test func redirectsThatLeadNowhere() async throws {
        let server = try TestServer { request in
            request.path == "/none"
                ? TestServer.Response(status: 302)
                : TestServer.Response(status: 302, headers: ["Location": "/again"])
        }
        defer { server.stop() }
        let round = await #expect(throws: DownloadError.self) { try await download(server, "/again") }
        #expect(round?.description.contains("more than 10 in a row") == true)
        let none = await #expect(throws: DownloadError.self) { try await download(server, "/none") }
        #expect(none?.description.contains("names no place") == true)
    }

    @Test(arguments: [(404, "check owner, repository and file name"), (401, "HF_TOKEN")])
    func refusals(status: Int, words: String) async throws {
        let server = try TestServer { _ in TestServer.Response(status: status) }
        defer { server.stop() }
        let error = await #expect(throws: DownloadError.self) { try await download(server) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(server.requests.count == 1)
    }

    @Test func busyServersAreAskedAgain() async throws {
        let count = Mutex(0)
        let server = try TestServer { [bytes] request in
            let turn = count.withLock { count in
                count += 1
                return count
            }
            return turn == 1 ? TestServer.Response(status: 503) : .file(bytes, request)
        }
        defer { server.stop() }
        try await download(server, digest: digest)
        #expect(content(path) == bytes && server.requests.count == 2)
    }

    @Test func nobodyThere() async throws {
        let server = try TestServer { [bytes] in .file(bytes, $0) }
        server.stop()
        let error = await #expect(throws: DownloadError.self) { try await download(server, attempts: 2) }
        if case .unreachable = error {} else { Issue.record("another error: \(String(describing: error))") }
    }

    /// What the part file holds is longer than the file.
    @Test func partsThatAreTooLong() async throws {
        try Data(bytes + [1, 2, 3]).write(to: URL(fileURLWithPath: part))
        let server = try TestServer { [bytes] in .file(bytes, $0) }
        defer { server.stop() }
        try await download(server, digest: digest)
        #expect(content(path) == bytes)
    }
}
