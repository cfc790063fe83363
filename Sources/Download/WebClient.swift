public import Foundation
import Synchronization

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// What a server said before the body.
public struct WebAnswer: Sendable, Equatable {
    /// Where it came from, after redirects.
    public var url: String
    public var status: Int
    /// Names in lower case. Those of the first answer are kept where a redirect's target has none: a hub
    /// tells a file's digest before it sends the client elsewhere.
    public var headers: [String: String]
}

/// Asks servers, follows redirects itself, and hands the body on piece by piece.
///
/// Redirects are not left to the session: the token goes to the host that it is for and to no other.
public final class WebClient: Sendable {
    private let token: String?
    private let timeout: Double
    private static let redirectLimit = 10

    /// - Parameters:
    ///   - token: sent as bearer token to the host of each first request.
    ///   - timeout: seconds without a byte after which a connection counts as broken.
    public init(token: String? = nil, timeout: Double = 60) {
        self.token = token
        self.timeout = timeout
    }

    /// Gets a resource.
    ///
    /// - Parameters:
    ///   - start: the first byte wanted; more than 0 asks for a range.
    ///   - begin: called with the answer's head; false ends the request without an error.
    ///   - piece: called with each part of the body, in order, on another thread.
    /// - Returns: the answer's head.
    /// - Throws: `DownloadError`, or what the callbacks throw.
    @discardableResult
    public func get(
        _ address: String, from start: Int = 0,
        begin: @escaping @Sendable (WebAnswer) throws -> Bool = { _ in true },
        piece: @escaping @Sendable (Data) throws -> Void
    ) async throws -> WebAnswer {
        var address = address
        var first: [String: String] = [:]
        let origin = Self.origin(address)
        for _ in 0...Self.redirectLimit {
            guard let url = URL(string: address), let scheme = url.scheme?.lowercased(),
                ["http", "https"].contains(scheme), url.host != nil
            else { throw DownloadError.badAddress(address) }
            var request = URLRequest(url: url)
            request.timeoutInterval = timeout
            request.setValue("swinfer", forHTTPHeaderField: "User-Agent")
            // Compression would make lengths and ranges mean something else.
            request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
            if start > 0 { request.setValue("bytes=\(start)-", forHTTPHeaderField: "Range") }
            if let token, Self.origin(address) == origin {
                request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            }
            let earlier = first
            let answer = try await WebRequest(address, earlier, begin, piece).run(request)
            guard (300..<400).contains(answer.status), answer.status != 304 else { return answer }
            guard let location = answer.headers["location"], let next = URL(string: location, relativeTo: url)
            else {
                throw DownloadError.redirects(url: address, reason: "it names no place to go to")
            }
            let target = next.absoluteURL
            if scheme == "https", target.scheme?.lowercased() != "https" {
                throw DownloadError.redirects(
                    url: address, reason: "it leads from https to \(target.scheme ?? "nowhere")")
            }
            first.merge(answer.headers.filter { $0.key.hasPrefix("x-") }) { old, _ in old }
            address = target.absoluteString
        }
        throw DownloadError.redirects(url: address, reason: "more than \(Self.redirectLimit) in a row")
    }

    /// A whole body of at most `limit` bytes.
    public func data(_ address: String, limit: Int = 64 << 20) async throws -> (WebAnswer, Data) {
        let body = Mutex(Data())
        let answer = try await get(address) { part in
            try body.withLock { data in
                data.append(part)
                if data.count > limit {
                    throw DownloadError.badAnswer(
                        url: address, reason: "the answer is longer than \(limit) bytes")
                }
            }
        }
        guard answer.status == 200 else { throw DownloadError.refused(url: address, status: answer.status) }
        return (answer, body.withLock { $0 })
    }

    /// A file's size, as its server tells it before the first byte; none of it is taken.
    ///
    /// - Throws: `DownloadError` where the file is not to be had.
    public func describe(_ file: RemoteFile) async throws -> RemoteFile {
        let answer = try await get(file.url, begin: { _ in false }, piece: { _ in })
        guard (200..<300).contains(answer.status) else {
            throw DownloadError.refused(url: file.url, status: answer.status)
        }
        var file = file
        let length = answer.headers["x-linked-size"] ?? answer.headers["content-length"]
        file.size = file.size ?? length.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        return file
    }

    /// Scheme, host and port.
    private static func origin(_ address: String) -> String {
        guard let url = URL(string: address) else { return "" }
        return "\(url.scheme?.lowercased() ?? "")://\(url.host?.lowercased() ?? ""):\(url.port ?? -1)"
    }
}
