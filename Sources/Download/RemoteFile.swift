/// A file to download, and what is known of it.
public struct RemoteFile: Sendable, Equatable {
    public var url: String
    /// Name for the local copy, without folders.
    public var name: String
    /// Bytes, where a listing tells.
    public var size: Int?
    /// SHA-256 in lower-case hexadecimal digits, where a listing tells.
    public var digest: String?

    public init(url: String, name: String, size: Int? = nil, digest: String? = nil) {
        self.url = url
        self.name = name
        self.size = size
        self.digest = digest
    }

    /// The files of an address: all shards when its name ends in `-00001-of-00003.gguf`.
    public static func all(at address: String) throws -> [RemoteFile] {
        let path = address.prefix { $0 != "?" && $0 != "#" }
        guard address.lowercased().hasPrefix("http://") || address.lowercased().hasPrefix("https://"),
            let slash = path.lastIndex(of: "/"), slash < path.index(before: path.endIndex)
        else { throw DownloadError.badAddress(address) }
        let name = String(path[path.index(after: slash)...])
        guard name != ".", name != "..", !name.contains("\0") else { throw DownloadError.badAddress(address) }
        guard let shards = ShardSeries(name) else { return [RemoteFile(url: address, name: name)] }
        let folder = path[...slash]
        let query = address[path.endIndex...]
        return (1...shards.count).map {
            RemoteFile(url: folder + shards.name($0) + query, name: shards.name($0))
        }
    }
}

/// Names such as `model-00002-of-00005.gguf`.
struct ShardSeries: Equatable {
    let base: String
    let count: Int

    init?(_ name: String) {
        guard name.hasSuffix(".gguf") else { return nil }
        let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 3, parts[parts.count - 2] == "of", parts[parts.count - 1].count == 5,
            parts[parts.count - 3].count == 5, Int(parts[parts.count - 3]) != nil,
            let count = Int(parts[parts.count - 1]), (1...10_000).contains(count)
        else { return nil }
        base = parts.dropLast(3).joined(separator: "-")
        self.count = count
    }

    /// - Parameter index: from 1.
    func name(_ index: Int) -> String { "\(base)-\(Self.five(index))-of-\(Self.five(count)).gguf" }

    private static func five(_ number: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
