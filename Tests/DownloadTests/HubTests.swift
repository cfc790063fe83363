import Download
import Foundation
import Testing

@Suite struct HubTests {
    private static let page1 = """
        [{"type":"directory","path":"Q4_K_M"},
         {"type":"file","path":"README.md","size":3},
         {"type":"file","path":"m-Q2_K.gguf","size":20,"lfs":{"oid":"22","size":20}},
         {"type":"file","path":"m-Q2_K_L.gguf","size":21,"lfs":{"oid":"23","size":21}},
         {"type":"file","path":"m-UD-Q2_K.gguf","size":25,"lfs":{"oid":"25","size":25}},
         {"type":"file","path":"mmproj-Q2_K.gguf","size":1}]
        """
    private static let page2 = """
        [{"type":"file","path":"Q4_K_M/m-Q4_K_M-00002-of-00002.gguf","size":42,"lfs":{"oid":"42","size":42}},
         {"type":"file","path":"Q4_K_M/m-Q4_K_M-00001-of-00002.gguf","size":41,"lfs":{"oid":"41","size":41}}]
        """

    private func server() throws -> TestServer {
        try TestServer { request in
            if request.path.hasSuffix("page=2") { return TestServer.Response(body: Array(Self.page2.utf8)) }
            guard request.path.hasPrefix("/api/models/o/r/tree/main") else {
                return TestServer.Response(status: 404)
            }
            let next = "<http://\(request.headers["host"] ?? "")/next?page=2>; rel=\"next\""
            return TestServer.Response(headers: ["Link": next], body: Array(Self.page1.utf8))
        }
    }

    @Test func shardsOfAQuantization() async throws {
        let server = try server()
        defer { server.stop() }
        let hub = Hub(endpoint: server.address + "/", client: WebClient(timeout: 5))
        let files = try await hub.files(of: "o/r", wanted: "q4_k_m")
        #expect(files.map(\.name) == ["m-Q4_K_M-00001-of-00002.gguf", "m-Q4_K_M-00002-of-00002.gguf"])
        #expect(files.map(\.size) == [41, 42] && files.map(\.digest) == ["41", "42"])
        #expect(files[0].url == server.address + "/o/r/resolve/main/Q4_K_M/m-Q4_K_M-00001-of-00002.gguf")
    }

    @Test(arguments: [
        ("Q2_K", "m-Q2_K.gguf"), ("UD-Q2_K", "m-UD-Q2_K.gguf"), ("m-q2_k_l.gguf", "m-Q2_K_L.gguf"),
    ])
    func oneOfSeveral(wanted: String, name: String) async throws {
        let server = try server()
        defer { server.stop() }
        let hub = Hub(endpoint: server.address, client: WebClient(timeout: 5))
        #expect(try await hub.files(of: "o/r", wanted: wanted).map(\.name) == [name])
    }

    @Test func whatIsMissingIsTold() async throws {
        let server = try server()
        defer { server.stop() }
        let hub = Hub(endpoint: server.address, client: WebClient(timeout: 5))
        let quant = await #expect(throws: DownloadError.self) {
            try await hub.files(of: "o/r", wanted: "Q8_0")
        }
        #expect(
            quant?.description.contains("there are: ") == true
                && quant?.description.contains("m-Q2_K") == true)
        let repository = await #expect(throws: DownloadError.self) {
            try await hub.files(of: "o/x", wanted: "Q8_0")
        }
        #expect(repository?.description.contains("404") == true)
    }

    @Test func addresses() throws {
        let shards = try RemoteFile.all(at: "https://h/a/m-00002-of-00003.gguf?x=1")
        #expect(shards.map(\.url) == (1...3).map { "https://h/a/m-0000\($0)-of-00003.gguf?x=1" })
        #expect(try RemoteFile.all(at: "http://h/m.gguf").map(\.name) == ["m.gguf"])
        for wrong in ["ftp://h/m.gguf", "https://h/", "h/m.gguf", "https://h/.."] {
            #expect(throws: DownloadError.badAddress(wrong)) { try RemoteFile.all(at: wrong) }
        }
    }
}
