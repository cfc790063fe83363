import Compute
import GGUF
import Glibc

extension Session {
    /// Writes the session to a file: its tokens and the memory of them. The file takes its place
    /// when it is whole; one that was there stays until then.
    ///
    /// Other sessions go on meanwhile.
    ///
    /// - Throws: `SwinferError.sessionBusy` while a generation runs; `.sessionFile` when the file
    ///   cannot be written.
    public func save(to path: String) async throws(SwinferError) {
        let (tokens, snapshot) = try await withMemory { tokens, memory in
            let held = commonPrefix(memory.tokens, tokens)
            // After a reset the memory still holds another text.
            let usable = memory.cache.canGoBack(to: held) ? held : 0
            return (tokens, usable > 0 ? try memory.cache.snapshot(at: usable) : nil)
        }
        let position = snapshot?.position ?? 0
        let header = SessionHeader(
            fingerprint: model.fingerprint, settings: model.cacheSettings, tokens: tokens.count,
            evaluated: position, cacheBytes: position == 0 ? 0 : memory.cache.savedBytes(position: position))
        do {
            let file = try OutputFile(beside: path)
            var sum = Checksum()
            func write(_ bytes: [UInt8]) throws(GGUFError) {
                sum.add(bytes)
                try file.write(bytes)
            }
            try write(header.bytes)
            try write(tokens.flatMap { ByteWriter.bytes($0) })
            try unsafe snapshot?.write { (bytes: UnsafeRawBufferPointer) throws(GGUFError) in
                unsafe sum.add(bytes)
                try unsafe file.write(bytes.bytes)
            }
            try file.write(ByteWriter.bytes(sum.value))
            try file.finish()
            try file.rename()
        } catch {
            throw .sessionFile(path: path, reason: "\(error)")
        }
    }
}

extension Model {
    /// A new session as `Session.save` wrote it.
    ///
    /// - Throws: `SwinferError.sessionFile` with the reason when the file is damaged or cut short,
    ///   or was saved with another model or with other settings of the cache.
    public func restoreSession(from path: String) async throws(SwinferError) -> Session {
        guard let input = SummedInput(path) else {
            throw .sessionFile(
                path: path, reason: "cannot open it: \(unsafe String(cString: strerror(errno)))")
        }
        let header = try checkedHeader(input, path)
        let damaged = SwinferError.sessionFile(path: path, reason: "it is damaged; delete it")
        guard header.tokens < information.contextLength else {
            throw .promptTooLong(tokens: header.tokens, contextLength: information.contextLength)
        }
        guard let bytes = input.read(header.tokens * 4) else { throw damaged }
        let tokens = stride(from: 0, to: bytes.count, by: 4).map { place in
            Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32($1 * 8) })
        }
        guard tokens.allSatisfy({ $0 >= 0 && Int($0) < information.vocabularySize }) else { throw damaged }
        let session = try Session(self, tokens: tokens)
        let memory = session.memory
        guard
            header.cacheBytes
                == (header.evaluated == 0 ? 0 : memory.cache.savedBytes(position: header.evaluated))
        else { throw damaged }
        struct Damaged: Error {}
        do {
            nonisolated(unsafe) let input = input
            try await engine.schedule { scheduler in
                func fill() throws {
                    if header.evaluated > 0 {
                        try unsafe memory.read(Array(tokens.prefix(header.evaluated))) { target in
                            guard unsafe input.read(target) else { throw Damaged() }
                        }
                    }
                    let sum = unsafe input.checksum
                    guard unsafe input.read(8) == ByteWriter.bytes(sum) else {
                        memory.clear()
                        throw Damaged()
                    }
                }
                while true {
                    do {
                        return try fill()
                    } catch ComputeError.cacheFull where header.evaluated > 0 && scheduler.makeRoom() {
                        // From the cache's start again.
                        guard unsafe input.rewind(to: header.fileBytes - 8 - header.cacheBytes) else {
                            throw Damaged()
                        }
                    }
                }
            }
        } catch is Damaged {
            throw damaged
        } catch {
            throw SwinferError(error)
        }
        return session
    }

    /// The header of a file that fits this model and is as long as it says.
    private func checkedHeader(_ input: SummedInput, _ path: String) throws(SwinferError) -> SessionHeader {
        func refuse(_ reason: String) -> SwinferError { .sessionFile(path: path, reason: reason) }
        guard let start = input.read(min(SessionHeader.startBytes, input.byteCount)),
            start.count == SessionHeader.startBytes, start.starts(with: SessionHeader.magic)
        else { throw refuse("it is not a session of swinfer") }
        var reader = ByteReader(Array(start.dropFirst(SessionHeader.magic.count)))
        let version = reader.number(UInt32.self) ?? 0
        guard version == SessionHeader.version else {
            throw refuse(
                "it has version \(version) of the format, and this program reads version \(SessionHeader.version); make it anew"
            )
        }
        let length = Int(reader.number(UInt32.self) ?? 0)
        guard length <= SessionHeader.longestHeader, let bytes = input.read(length),
            let header = SessionHeader(header: bytes)
        else { throw refuse("it is damaged; delete it") }
        let found = header.fingerprint
        guard found.architecture == fingerprint.architecture else {
            throw refuse(
                "it was saved with a model of architecture \(found.architecture.debugDescription), this one is '\(fingerprint.architecture)'"
            )
        }
        guard found.tensors == fingerprint.tensors else {
            throw refuse("it was saved with another model; use that one, or another file")
        }
        guard found.vocabulary == fingerprint.vocabulary else {
            throw refuse("it was saved with another vocabulary; use that model, or another file")
        }
        guard header.settings == cacheSettings else {
            throw refuse(
                "it was saved with \(header.settings.debugDescription), and the model runs with \"\(cacheSettings)\"; use the same settings (-ctk, -ctv, -c)"
            )
        }
        guard input.byteCount == header.fileBytes else {
            throw refuse(
                "it has \(input.byteCount) bytes of \(header.fileBytes); it was cut short, delete it")
        }
        return header
    }
}
