import Foundation
import GGUF
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Files that are none, or of another kind.
@Suite struct RefusalTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Asserts that opening fails with a text that has all of `parts`.
    private func expect(
        _ error: GGUFError?, names parts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let error else {
            Issue.record("it opened", sourceLocation: sourceLocation)
            return
        }
        let text = error.description
        #expect(!text.contains("\n"), sourceLocation: sourceLocation)
        for part in parts { #expect(text.contains(part), sourceLocation: sourceLocation) }
    }

    @Test func missingFiles() throws {
        expect(
            refusal(ofPath: folder.file("none.gguf")), names: "none.gguf", "No such file", "check the path")
        expect(refusal(ofPath: ""), names: "No such file")
        let path = try folder.write([1], to: "file")
        expect(refusal(ofPath: path + "/m.gguf"), names: "Not a directory")
        // The system would open "file", which is not what was named.
        expect(refusal(ofPath: path + "\0.gguf"), names: "\\u{0}")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything")) func unreadableFiles() throws {
        let path = try folder.write([1])
        #expect(unsafe chmod(path, 0) == 0)
        expect(refusal(ofPath: path), names: "Permission denied", "permissions")
    }

    @Test func otherThanFiles() throws {
        expect(refusal(ofPath: folder.path), names: "is a directory")
        expect(refusal(ofPath: "/dev/null"), names: "is a device")
        #expect(unsafe mkfifo(folder.file("fifo"), 0o600) == 0)
        // Nobody writes to it: it must not be waited for.
        expect(refusal(ofPath: folder.file("fifo")), names: "is a FIFO")
        let link = folder.file("loop.gguf")
        #expect(unsafe symlink(link, link) == 0)
        expect(refusal(ofPath: link), names: "loop.gguf")
    }

    @Test func otherFormats() throws {
        func expect(_ text: String, _ kind: String) throws {
            self.expect(try refusal(of: Array(text.utf8), in: folder), names: "not a GGUF file", kind)
        }
        try expect("", "empty file")
        try expect("GGU", "47 47 55")
        try expect("GGUG\u{3}\0\0\0", "47 47 55 47")
        try expect("version https://git-lfs.github.com/spec/v1\n", "git lfs pull")
        try expect("<!DOCTYPE html><html>", "web page")
        try expect("PK\u{3}\u{4}", "convert_hf_to_gguf.py")
        try expect("\u{10}\0\0\0\0\0\0\0{\"a\": 1}", "safetensors")
        try expect("tjgg\u{1}\0\0\0", "before 2023-08")
        try expect(String(repeating: "\0", count: 100), "zeros")
    }

    @Test func versions() throws {
        func version(_ number: UInt32) throws -> GGUFError? {
            try refusal(of: RawHeader(version: number).bytes, in: folder)
        }
        #expect(try version(2) == nil)
        #expect(try version(3) == nil)
        let path = folder.file("model.gguf")
        #expect(try version(0) == .unsupportedVersion(path: path, version: 0))
        #expect(try version(1) == .unsupportedVersion(path: path, version: 1))
        expect(try version(1), names: "version 1", "convert the model again")
        #expect(try version(4) == .unsupportedVersion(path: path, version: 4))
        expect(try version(4), names: "version 4", "update swinfer")
        for number in [1, 2, 3, 4] as [UInt32] {
            #expect(try version(number.byteSwapped) == .bigEndian(path: path))
        }
        expect(try version(0x0300_0000), names: "big-endian", "gguf_convert_endian.py")
    }

    @Test func errorsDoNotSteerTheTerminal() throws {
        var header = RawHeader(keys: 1)
        header.key("evil\u{1B}]0;title\u{7}\u{202E}\nkey", .bool)
        header.bytes.append(7)
        let error = try #require(try refusal(of: header.bytes, in: folder))
        let text = error.description
        #expect(text.contains(#"'evil\u{1b}]0;title\u{7}\u{202e}\nkey'"#), "\(text)")
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
}
