#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension GGUFFile {
    /// Opens the file and, when it says that it is one of several, the others.
    static func openAll(_ path: String) throws(GGUFError) -> [ParsedFile] {
        let opened = try ParsedFile(FileMapping(path: path), tensorLimit: Limits.tensors)
        // A file that does not say so is whole, whatever its name.
        guard let count = try opened.metadata.int("split.count"), count > 1 else { return [opened] }
        let number = try opened.metadata.requireInt("split.no")
        guard count <= Limits.shards, number >= 0, number < count else {
            throw .inconsistentShards(
                path: path,
                reason: """
                    keys 'split.no' and 'split.count' are \(number) and \(count), the limit is \(Limits.shards) parts; \
                    the file is damaged: get it again
                    """)
        }
        guard let name = ShardName(path), name.index == number, name.count == count else {
            throw .inconsistentShards(
                path: path,
                reason: """
                    by its keys 'split.no' and 'split.count' the file is part \(number + 1) of \(count), \
                    but its name does not end in '\(ShardName.suffix(index: number, count: count))'; \
                    give all parts their original names
                    """)
        }
        var files: [ParsedFile] = []
        var tensorCount = 0
        for index in 0..<count {
            var file =
                index == number
                ? opened : try openShard(name, index, tensorLimit: Limits.tensors - tensorCount)
            try check(file, index: index, count: count)
            file.setShard(index)
            tensorCount += file.tensors.count
            files.append(file)
        }
        if let expected = try files[0].metadata.int("split.tensors.count"), expected != tensorCount {
            throw .inconsistentShards(
                path: path,
                reason: """
                    key 'split.tensors.count' is \(expected) but the \(count) files have \(tensorCount) tensors; \
                    get all parts again, from one source
                    """)
        }
        return files
    }

    private static func openShard(
        _ name: ShardName, _ index: Int, tensorLimit: Int
    ) throws(GGUFError) -> ParsedFile {
        let path = name.path(index: index)
        let mapping: FileMapping
        do throws(GGUFError) {
            mapping = try FileMapping(path: path)
        } catch {
            if case .cannotOpen(_, _, ENOENT) = error {
                throw .missingShard(path: name.path(index: name.index), missing: path, count: name.count)
            }
            throw error
        }
        return try ParsedFile(mapping, tensorLimit: tensorLimit)
    }

    private static func check(_ file: ParsedFile, index: Int, count: Int) throws(GGUFError) {
        let number = try file.metadata.requireInt("split.no")
        let ownCount = try file.metadata.requireInt("split.count")
        guard number == index, ownCount == count else {
            throw .inconsistentShards(
                path: file.mapping.path,
                reason: """
                    keys 'split.no' and 'split.count' are \(number) and \(ownCount), expected \(index) and \(count); \
                    get all parts again, from one source, and keep their names
                    """)
        }
    }
}

/// A name such as `model-00002-of-00005.gguf`.
struct ShardName {
    let prefix: String
    /// From 0.
    let index: Int
    let count: Int

    /// nil when the path does not end in such a name.
    init?(_ path: String) {
        let suffixLength = 20  // "-00002-of-00005.gguf"
        let bytes = [UInt8](path.utf8)
        guard bytes.count >= suffixLength else { return nil }
        let suffix = bytes.suffix(suffixLength)
        func digits(at place: Int) -> Int? {
            suffix.dropFirst(place).prefix(5).reduce(0) { value, byte in
                guard let value, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                return value * 10 + Int(byte - UInt8(ascii: "0"))
            }
        }
        guard let number = digits(at: 1), let count = digits(at: 10), number >= 1, number <= count,
            suffix.elementsEqual(Self.suffix(index: number - 1, count: count).utf8)
        else { return nil }
        prefix = String(decoding: bytes.dropLast(suffixLength), as: UTF8.self)
        index = number - 1
        self.count = count
    }

    func path(index: Int) -> String { prefix + Self.suffix(index: index, count: count) }

    /// `-00002-of-00005.gguf` for index 1 of 5.
    static func suffix(index: Int, count: Int) -> String {
        func padded(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, 5 - text.count)) + text
        }
        return "-\(padded(index + 1))-of-\(padded(count)).gguf"
    }
}
