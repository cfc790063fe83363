#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension GGUFWriter {
    /// Writes the file, or the files it is split into. Each is written under another name in the same
    /// folder and renamed once all are whole and on disk; an error leaves what was there before.
    ///
    /// - Parameter path: the file; `model.gguf` becomes `model-00001-of-00003.gguf` and so on when
    ///   ``splitting`` asks for that, even for a single part.
    /// - Returns: the paths that were written, in order.
    /// - Throws: ``GGUFError/cannotWrite(path:item:reason:)``, or the error of a tensor's stream
    ///   wrapped in it.
    ///
    /// With `resumeKey`, what is written aside has that key in its name (`model.gguf.KEY.partial`) and
    /// stays when the writing ends by a `CancellationError` of a stream, or with the process. The next
    /// writing with the same key goes on after the last whole tensor. So the key must differ whenever
    /// any tensor's bytes could.
    @discardableResult
    public func write(to path: String, resumeKey: String? = nil) throws(GGUFError) -> [String] {
        let alignment = try checkedAlignment(path)
        let parts = try parts(path)
        let paths = splitting == .none ? [path] : Self.splitPaths(path, count: parts.count)
        var files: [OutputFile] = []
        do throws(GGUFError) {
            for (index, part) in parts.enumerated() {
                let file = try OutputFile(beside: paths[index], resumeKey: resumeKey)
                files.append(file)
                try write(part, index: index, count: parts.count, alignment: alignment, to: file)
                try file.finish()
            }
            // The first part last: without it, the others are found incomplete.
            for file in files.reversed() { try file.rename() }
        } catch {
            for file in files { file.discard() }
            throw error
        }
        return paths
    }

    private func write(
        _ part: Range<Int>, index: Int, count: Int, alignment: Int, to file: OutputFile
    ) throws(GGUFError) {
        let header = try header(part, index: index, count: count, alignment: alignment, path: file.path)
        var ends: [Int] = []
        for tensor in tensors[part] {
            let bytes = tensor.byteCount + tensor.byteCount.padding(to: alignment)
            ends.append((ends.last ?? header.count) + bytes)
        }
        for tensor in tensors[part].dropFirst(try file.begin(header, ends: ends)) {
            var sink = TensorSink(file, tensor)
            do {
                switch tensor.source {
                case .bytes(let bytes): try sink.write(bytes)
                case .file(let source, let info): try sink.write(source.span(of: info))
                case .stream(let stream): try stream(&sink)
                }
            } catch let error as GGUFError {
                throw error
            } catch {
                if error is CancellationError { file.keepsPartial = true }
                throw .cannotWrite(path: file.path, item: sink.item, reason: "\(error)")
            }
            try sink.finish(alignment: alignment)
        }
    }

    private func checkedAlignment(_ path: String) throws(GGUFError) -> Int {
        do throws(GGUFError) {
            return try ParsedFile.alignment(metadata, path: path)
        } catch {
            throw .cannotWrite(path: path, item: "key 'general.alignment'", reason: error.description)
        }
    }
}

extension GGUFWriter {
    /// Which tensors go into which file.
    private func parts(_ path: String) throws(GGUFError) -> [Range<Int>] {
        let limit: (tensors: Int, bytes: Int)
        switch splitting {
        case .none: return [tensors.indices]
        case .tensors(let count): limit = (count, .max)
        case .bytes(let count): limit = (.max, count)
        case .counts(let counts): return try counted(counts, path)
        }
        guard limit.tensors > 0, limit.bytes > 0 else {
            throw .cannotWrite(path: path, item: "parts", reason: "the limit of a part must be at least 1")
        }
        var parts: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for (index, tensor) in tensors.enumerated() {
            let full = index - start >= limit.tensors || bytes + tensor.byteCount > limit.bytes
            if full, index > start {
                parts.append(start..<index)
                start = index
                bytes = 0
            }
            bytes += tensor.byteCount
        }
        parts.append(start..<tensors.count)
        guard parts.count <= Limits.shards else {
            throw .cannotWrite(
                path: path, item: "parts",
                reason: "\(parts.count) of them, the limit is \(Limits.shards); allow more in each")
        }
        return parts
    }

    private func counted(_ counts: [Int], _ path: String) throws(GGUFError) -> [Range<Int>] {
        var start = 0
        var parts: [Range<Int>] = []
        for count in counts where count >= 0 && count <= tensors.count - start {
            parts.append(start..<start + count)
            start += count
        }
        guard parts.count == counts.count, start == tensors.count, (1...Limits.shards).contains(parts.count)
        else {
            throw .cannotWrite(
                path: path, item: "parts",
                reason: "parts of \(counts) tensors are asked for, and the model has \(tensors.count)")
        }
        return parts
    }

    private static func splitPaths(_ path: String, count: Int) -> [String] {
        let prefix = path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path
        return (0..<count).map { prefix + ShardName.suffix(index: $0, count: count) }
    }
}
