import Foundation

/// A hub that keeps repositories as huggingface.co does, or a mirror of it.
public struct Hub: Sendable {
    public let endpoint: String
    private let client: WebClient

    /// - Parameter endpoint: such as `https://huggingface.co` or a mirror's address.
    public init(endpoint: String, client: WebClient) {
        self.endpoint = endpoint.last == "/" ? String(endpoint.dropLast()) : endpoint
        self.client = client
    }

    /// The files of one quantization, in order.
    ///
    /// - Parameters:
    ///   - repository: OWNER/REPO.
    ///   - wanted: a quantization such as `Q4_K_M` or `UD-IQ1_S`, or a file's name.
    /// - Throws: `DownloadError`; of a missing quantization the error lists what is there.
    public func files(of repository: String, wanted: String) async throws -> [RemoteFile] {
        let entries = try await list(repository).filter {
            $0.path.lowercased().hasSuffix(".gguf") && !$0.path.lowercased().contains("mmproj")
        }
        let groups = Self.groups(entries.map(\.path))
        guard let chosen = Self.choose(wanted, from: groups) else {
            let names = groups.map { Self.stem($0[0]) }
            throw DownloadError.notFound(
                what: "\(repository):\(wanted)",
                hint: names.isEmpty
                    ? "the repository has no GGUF files"
                    : "no such quantization; there are: \(names.joined(separator: ", "))")
        }
        return chosen.compactMap { path in entries.first { $0.path == path } }.map { entry in
            let place = entry.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? entry.path
            return RemoteFile(
                url: "\(endpoint)/\(repository)/resolve/main/\(place)", name: Self.fileName(entry.path),
                size: entry.lfs?.size ?? entry.size, digest: entry.lfs?.oid)
        }
    }

    private struct Entry: Decodable {
        struct Stored: Decodable {
            let oid: String
            let size: Int
        }
        let type: String
        let path: String
        let size: Int?
        let lfs: Stored?
    }

    /// All files, page after page.
    private func list(_ repository: String) async throws -> [Entry] {
        var address = "\(endpoint)/api/models/\(repository)/tree/main?recursive=true"
        var entries: [Entry] = []
        for _ in 0..<100 {
            let (answer, data) = try await client.data(address)
            do { entries += try JSONDecoder().decode([Entry].self, from: data) } catch {
                throw DownloadError.badAnswer(
                    url: address, reason: "the list of files is not what a hub sends")
            }
            guard let link = answer.headers["link"], let next = Self.next(link) else { break }
            address = next
        }
        return entries.filter { $0.type == "file" }
    }

    /// The address of `<...>; rel="next"`.
    static func next(_ link: String) -> String? {
        link.split(separator: ",").first { $0.contains("rel=\"next\"") }.flatMap { part in
            part.split(separator: "<").last?.split(separator: ">").first.map(String.init)
        }
    }

    /// Paths that belong together: the shards of one model, in order.
    static func groups(_ paths: [String]) -> [[String]] {
        var groups: [String: [String]] = [:]
        for path in paths {
            let series = ShardSeries(fileName(path))
            let folder = path.dropLast(fileName(path).count)
            groups[series.map { "\(folder)\($0.base) \($0.count)" } ?? path, default: []].append(path)
        }
        return groups.values.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }

    /// The group of a file's name, or of a quantization. `Q2_K` is neither `Q2_K_L` nor `UD-Q2_K`.
    static func choose(_ wanted: String, from groups: [[String]]) -> [String]? {
        let key = wanted.lowercased()
        if key.hasSuffix(".gguf") { return groups.first { $0.contains { fileName($0).lowercased() == key } } }
        let matching = groups.filter { stem($0[0]).lowercased().hasSuffix(key) }.filter { group in
            let before = stem(group[0]).lowercased().dropLast(key.count).last
            return before == nil || before == "-" || before == "."
        }
        return matching.first { !stem($0[0]).lowercased().hasSuffix("ud-" + key) } ?? matching.first
    }

    private static func fileName(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// A file's name without the shard's number and the ending.
    private static func stem(_ path: String) -> String {
        ShardSeries(fileName(path))?.base ?? String(fileName(path).dropLast(5))
    }
}
