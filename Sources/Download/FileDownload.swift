import Foundation

/// Brings one file here: beside its place as `.part`, and into its place when it is whole and verified.
public struct FileDownload: Sendable {
    public let file: RemoteFile
    /// Where the file shall lie.
    public let path: String
    private let client: WebClient
    private let attempts: Int
    private let pause: Double

    /// - Parameters:
    ///   - attempts: connections in a row that may break without a byte arriving.
    ///   - pause: seconds before the next attempt; doubled each time.
    public init(
        _ file: RemoteFile, path: String, client: WebClient, attempts: Int = 5, pause: Double = 1
    ) {
        self.file = file
        self.path = path
        self.client = client
        self.attempts = attempts
        self.pause = pause
    }

    /// Where the bytes go until they are verified.
    public var partPath: String { path + ".part" }

    /// Bytes that are here already.
    public var presentBytes: Int {
        PartFile.size(path) ?? PartFile.size(partPath) ?? 0
    }

    /// Whether the file is in its place, as long as the listing says.
    public var isComplete: Bool {
        guard let size = PartFile.size(path) else { return false }
        return file.size.map { $0 == size } ?? true
    }

    /// Downloads what is missing.
    ///
    /// - Parameter progress: called with the bytes that are here and, where it is known, their number in
    ///   the end; on another thread.
    /// - Throws: `DownloadError`. What came stays in the part file for the next time, unless it is damaged.
    public func run(progress: @escaping @Sendable (Int, Int?) -> Void = { _, _ in }) async throws {
        if isComplete { return }
        let transfer = Transfer(part: try PartFile(path: partPath), file)
        var failures = 0
        while true {
            let before = transfer.length
            if before == transfer.size { break }
            do {
                if try await attempt(transfer, progress) { break }
                throw DownloadError.brokenOff(
                    url: file.url, received: transfer.length, expected: transfer.size)
            } catch let error as DownloadError {
                let after = transfer.length
                failures = after > before ? 1 : failures + 1
                guard error.mayPass, failures < attempts else {
                    try transfer.flush()
                    if case .brokenOff = error {
                        throw DownloadError.brokenOff(url: file.url, received: after, expected: transfer.size)
                    }
                    throw error
                }
                try await Task.sleep(for: .seconds(pause * Double(1 << min(failures - 1, 6))))
            }
        }
        try transfer.finish(at: path)
    }

    /// One connection. Whether the file is whole now.
    private func attempt(
        _ transfer: Transfer, _ progress: @escaping @Sendable (Int, Int?) -> Void
    ) async throws -> Bool {
        let start = transfer.length
        let url = file.url
        let answer = try await client.get(
            url, from: start,
            begin: { answer in
                try transfer.begin(answer)
                return true
            },
            piece: { data in
                try transfer.append(data)
                progress(transfer.length, transfer.size)
            })
        if answer.status == 416 {
            // What is here is longer than the file, or just as long.
            try transfer.refusedRange(answer)
            return transfer.size == transfer.length
        }
        guard (200..<300).contains(answer.status) else {
            throw DownloadError.refused(url: url, status: answer.status)
        }
        return transfer.size.map { $0 == transfer.length } ?? true
    }
}

extension DownloadError {
    /// Whether another attempt may go better.
    var mayPass: Bool {
        switch self {
        case .unreachable, .brokenOff: true
        case .refused(_, let status): status >= 500 || status == 429
        default: false
        }
    }
}
