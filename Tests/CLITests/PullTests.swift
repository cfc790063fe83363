import Foundation
import SwinferCLI
import Testing

/// `swinfer pull` as a user runs it, against a hub and a store on this machine.
@Suite struct PullTests {
    private let folder: URL
    private let bytes: [UInt8]
    /// SHA-256 of `bytes`, by sha256sum.
    private let digest: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
        digest = "227dbfe3e1c3f76b3d748cee560cc14df7d008db26ee8446c6a4ee6ed63dcd3f"
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    private func content(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path(name)).map(Array.init)
    }
    private var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
    }

    private func pull(
        _ what: String, from server: TestServer? = nil, _ more: [String] = [], token: String? = nil
    ) throws -> Command {
        try Command(
            ["pull", what, "-o", folder.path] + more,
            environment: [
                "HF_ENDPOINT": server?.address, "HF_TOKEN": token, "HUGGING_FACE_HUB_TOKEN": nil,
                "http_proxy": nil, "HTTP_PROXY": nil, "no_proxy": "127.0.0.1",
            ])
    }

    private struct Shard {
        var name: String
        var bytes: [UInt8]
        var size: Int?
        var digest: String
    }

    /// A hub with the repository o/r.
    private func hub(
        _ shards: [Shard], _ serve: @escaping @Sendable (Shard, TestServer.Request) -> TestServer.Response
    ) throws -> TestServer {
        let list =
            shards.map {
                "{\"type\":\"file\",\"path\":\"\($0.name)\",\"size\":\($0.size ?? $0.bytes.count),\"lfs\":{\"oid\":\"\($0.digest)\",\"size\":\($0.size ?? $0.bytes.count)}}"
            }.joined(separator: ",")
        return try TestServer { request in
            if request.path.hasPrefix("/api/models/o/r/tree/main") {
                return TestServer.Response(body: Array("[\(list)]".utf8))
            }
            let shard = shards.first { request.path == "/o/r/resolve/main/\($0.name)" }
            return shard.map { serve($0, request) } ?? TestServer.Response(status: 404)
        }
    }

    private func files(_ server: TestServer) -> [TestServer.Request] {
        server.requests.filter { !$0.path.hasPrefix("/api") }
    }

    @Test func allShardsAfterTheVerdict() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let half = bytes.count / 2
        let shards = [
            Shard(
                name: "m-Q4_K_M-00001-of-00002.gguf", bytes: Array(bytes[..<half]),
                digest: "e240240b9da83378d6ecfb4db26032b4225e4c8993e9b70b250fde06c9e205a7"),
            Shard(
                name: "m-Q4_K_M-00002-of-00002.gguf", bytes: Array(bytes[half...]),
                digest: "b1bf773dc718b49151da7325d0719f5f64802b2113cfcec0ebfdf42a1a630795"),
        ]
        let server = try hub(shards) { .file($0.bytes, $1) }
        defer { server.stop() }
        let dry = try pull("hf:o/r:Q4_K_M", from: server, ["--dry-run"])
        #expect(dry.status == 0 && dry.errors.contains("o/r:Q4_K_M: 2 files, 300"), "\(dry.errors)")
        #expect(dry.errors.contains("this machine: fits ("), "\(dry.errors)")
        #expect(dry.text.split(separator: "\n").count == 2 && names.isEmpty)
        #expect(files(server).isEmpty)

        let run = try pull("hf:o/r:Q4_K_M", from: server)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.text == path("m-Q4_K_M-00001-of-00002.gguf") + "\n")
        #expect(run.errors.contains("this machine: fits ("))
        #expect(names == shards.map(\.name) && shards.allSatisfy { content($0.name) == $0.bytes })
        // What is here is not fetched again.
        let count = files(server).count
        #expect(try pull("hf:o/r:Q4_K_M", from: server).status == 0)
        #expect(files(server).count == count)
    }

    /// The verdict is over the model's shape; nothing is asked of a file that will not run.
    @Test func whatDoesNotFitIsNotFetched() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let list = path("models.txt")
        try Data(
            "huge qwen3 45000 45000 1000 65536 512 512 128 196608 - - - - - 151936 40960 gguf=o/r\n".utf8
        ).write(to: URL(fileURLWithPath: list))
        let server = try hub([Shard(name: "m-Q8_0.gguf", bytes: bytes, digest: digest)]) {
            .file($0.bytes, $1)
        }
        defer { server.stop() }
        let run = try pull("huge:Q8_0", from: server, ["--models", list])
        #expect(
            run.status == 1 && run.errors.contains("does not fit into this machine's memory"), "\(run.errors)"
        )
        #expect(run.errors.contains("--force") && files(server).isEmpty && names == ["models.txt"])
        let forced = try pull("huge:Q8_0", from: server, ["--models", list, "--force"])
        #expect(
            forced.status == 0 && forced.errors.contains("this machine: does not fit"), "\(forced.errors)")
        #expect(content("m-Q8_0.gguf") == bytes)
    }

    /// A connection that breaks: the bytes stay, the same command goes on from there.
    @Test func goesOnAfterABreak() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try hub([Shard(name: "m-Q8_0.gguf", bytes: bytes, digest: digest)]) { shard, request in
            var response = TestServer.Response.file(shard.bytes, request)
            if request.start == nil { response.cut = 120_000 }
            return response
        }
        defer { server.stop() }
        let first = try pull("hf:o/r:Q8_0", from: server, ["--retry", "0"])
        #expect(first.status == 1 && first.text.isEmpty)
        #expect(
            first.errors.contains(
                "broke off after 120000 of 300000 bytes; the same command goes on from there"),
            "\(first.errors)")
        #expect(names == ["m-Q8_0.gguf.part"])
        let second = try pull("hf:o/r:Q8_0", from: server)
        #expect(second.status == 0 && content("m-Q8_0.gguf") == bytes, "\(second.errors)")
        #expect(files(server).map(\.start) == [nil, 120_000] && names == ["m-Q8_0.gguf"])
    }

    @Test func breaksWithinOneRun() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try hub([Shard(name: "m-Q8_0.gguf", bytes: bytes, digest: digest)]) { shard, request in
            var response = TestServer.Response.file(shard.bytes, request)
            if (request.start ?? 0) < 200_000 { response.cut = 110_000 }
            return response
        }
        defer { server.stop() }
        let run = try pull("hf:o/r:Q8_0", from: server)
        #expect(run.status == 0 && content("m-Q8_0.gguf") == bytes, "\(run.errors)")
        #expect(files(server).map(\.start) == [nil, 110_000, 220_000])
    }

    @Test func lengthsThatLie() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let shards = [Shard(name: "m-Q8_0.gguf", bytes: bytes, size: 299_999, digest: digest)]
        let server = try hub(shards) { .file($0.bytes, $1) }
        defer { server.stop() }
        let run = try pull("hf:o/r:Q8_0", from: server, ["--retry", "0"])
        #expect(run.status == 1 && content("m-Q8_0.gguf") == nil)
        #expect(
            run.errors.contains("300000 bytes by this answer and 299999 by an earlier one"), "\(run.errors)")

        let direct = try TestServer { [bytes] request in
            var response = TestServer.Response.file(bytes, request)
            response.claimedLength = bytes.count + 10
            return response
        }
        defer { direct.stop() }
        let short = try pull(direct.address + "/x.gguf", ["--retry", "0"])
        #expect(short.status == 1 && content("x.gguf") == nil)
        #expect(short.errors.contains("broke off after 300000 of 300010 bytes"), "\(short.errors)")
    }

    @Test func damagedFilesAreRemoved() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try hub([Shard(name: "m-Q8_0.gguf", bytes: bytes, digest: digest)]) { shard, request in
            var damaged = shard.bytes
            damaged[123_456] ^= 1
            return .file(damaged, request)
        }
        defer { server.stop() }
        let run = try pull("hf:o/r:Q8_0", from: server)
        #expect(run.status == 1 && names.isEmpty)
        #expect(
            run.errors.contains("the file arrived damaged (SHA-256 ")
                && run.errors.contains("expected \(digest)) and was removed; pull it again"), "\(run.errors)")
    }

    @Test func noRoomOnTheDisk() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let shards = [Shard(name: "m-Q8_0.gguf", bytes: bytes, size: 1 << 55, digest: digest)]
        let server = try hub(shards) { .file($0.bytes, $1) }
        defer { server.stop() }
        let run = try pull("hf:o/r:Q8_0", from: server)
        #expect(run.status == 1 && names.isEmpty && files(server).isEmpty)
        #expect(
            run.errors.contains("\(1 << 55) bytes are needed and ")
                && run.errors.contains("make room or choose another folder with --output"), "\(run.errors)")
    }

    /// The hub sends the client to a store; the token stays with the hub.
    @Test func redirectsAndTokens() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try TestServer { [bytes] in .file(bytes, $0) }
        defer { store.stop() }
        let target = store.address + "/blob?signature=1"
        let server = try hub([Shard(name: "m-Q8_0.gguf", bytes: bytes, digest: digest)]) { _, request in
            request.headers["authorization"] == "Bearer secret"
                ? TestServer.Response(status: 302, headers: ["Location": target])
                : TestServer.Response(status: 401)
        }
        defer { server.stop() }
        let refused = try pull("hf:o/r:Q8_0", from: server)
        #expect(refused.status == 1 && refused.errors.contains("set HF_TOKEN"), "\(refused.errors)")
        let run = try pull("hf:o/r:Q8_0", from: server, token: "secret")
        #expect(run.status == 0 && content("m-Q8_0.gguf") == bytes, "\(run.errors)")
        #expect(store.requests.map { $0.headers["authorization"] } == [nil])
    }

    /// An address: its size is asked for, so that the verdict comes before the download.
    @Test func addresses() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try TestServer { [bytes] request in
            request.path == "/loop.gguf"
                ? TestServer.Response(status: 302, headers: ["Location": "/loop.gguf"])
                : request.path == "/x.gguf" ? .file(bytes, request) : TestServer.Response(status: 404)
        }
        defer { server.stop() }
        let dry = try pull(server.address + "/x.gguf", ["--dry-run"])
        #expect(
            dry.status == 0 && dry.errors.contains("this machine: fits (") && names.isEmpty, "\(dry.errors)")
        #expect(dry.text == "x.gguf\t300000\t\(server.address)/x.gguf\n")
        let run = try pull(server.address + "/x.gguf")
        #expect(run.status == 0 && content("x.gguf") == bytes, "\(run.errors)")
        let missing = try pull(server.address + "/y.gguf")
        #expect(missing.status == 1 && missing.errors.contains("not there (404)"))
        let loop = try pull(server.address + "/loop.gguf")
        #expect(loop.status == 1 && loop.errors.contains("more than 10 in a row"))
        let usage = try pull("x", ["--retry", "-1"])
        #expect(usage.status == 64)
    }
}
