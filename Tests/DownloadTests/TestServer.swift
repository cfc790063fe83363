import Foundation
import Glibc
import Synchronization

/// An HTTP server on this machine that answers as a test tells it to, also wrongly.
final class TestServer: Sendable {
    struct Request: Sendable {
        var path: String
        /// Names in lower case.
        var headers: [String: String]
        /// First byte asked for.
        var start: Int? {
            headers["range"].flatMap {
                $0.hasPrefix("bytes=") ? Int($0.dropFirst(6).prefix { $0 != "-" }) : nil
            }
        }
    }

    struct Response: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// Bytes of the body that are sent before the connection is dropped; nil: all.
        var cut: Int?
        /// Content-Length to claim; nil: the body's.
        var claimedLength: Int?

        /// A file as honest servers send it, with ranges.
        static func file(_ bytes: [UInt8], _ request: Request, headers: [String: String] = [:]) -> Response {
            guard let start = request.start else { return Response(headers: headers, body: bytes) }
            guard start < bytes.count else {
                return Response(status: 416, headers: ["Content-Range": "bytes */\(bytes.count)"])
            }
            let range = ["Content-Range": "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"]
            return Response(
                status: 206, headers: headers.merging(range) { $1 }, body: Array(bytes[start...]))
        }
    }

    let port: UInt16
    private let socket: Int32
    private let log = Mutex<[Request]>([])
    var requests: [Request] { log.withLock { $0 } }
    var address: String { "http://127.0.0.1:\(port)" }

    init(_ answer: @escaping @Sendable (Request) -> Response) throws {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        socket = descriptor
        port = UInt16(bigEndian: name.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                if connection < 0 { break }
                serve(connection, answer)
                close(connection)
            }
        }
    }

    /// Ends the server; its thread keeps the object alive until then.
    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func serve(_ connection: Int32, _ answer: (Request) -> Response) {
        var head = ""
        var byte: UInt8 = 0
        while !head.hasSuffix("\r\n\r\n"), head.utf8.count < 65536, read(connection, &byte, 1) == 1 {
            head.unicodeScalars.append(UnicodeScalar(byte))
        }
        let lines = head.split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count > 1 else { return }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 {
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        let request = Request(path: String(first[1]), headers: headers)
        log.withLock { $0.append(request) }
        let response = answer(request)
        var text = "HTTP/1.1 \(response.status) X\r\nConnection: close\r\n"
        text += "Content-Length: \(response.claimedLength ?? response.body.count)\r\n"
        for (name, value) in response.headers { text += "\(name): \(value)\r\n" }
        send(connection, Array((text + "\r\n").utf8))
        send(connection, Array(response.body.prefix(response.cut ?? .max)))
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }
}
