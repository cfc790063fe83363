import Foundation
import GGUF
import Testing

/// How much memory opening takes, in a process of its own: other tests run at the same time in this one.
@Suite struct MemoryTests {
    private static let variable = "SWINFER_GGUF_MEMORY_FOLDER"
    private static let childFolder = ProcessInfo.processInfo.environment[variable]
    private static let canMeasure =
        FileManager.default.fileExists(atPath: "/proc/self/exe")
        && CommandLine.arguments.contains("--testing-library")

    @Test(.enabled(if: canMeasure && childFolder == nil)) func hostileFilesTakeLittle() throws {
        let folder = try TemporaryFolder()
        try writeHostileFiles(folder)
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = [
            "--filter", "GGUFTests.MemoryTests/opensInFolder", "--testing-library", "swift-testing",
        ]
        child.environment = ProcessInfo.processInfo.environment.merging([Self.variable: folder.path]) { $1 }
        let output = Pipe()
        child.standardOutput = output
        child.standardError = output
        try child.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        #expect(child.terminationStatus == 0, "\(text)")
        // The child did run its test.
        #expect(text.contains("peak of opening"), "\(text)")
    }

    /// The child's part.
    @Test(.enabled(if: childFolder != nil)) func opensInFolder() throws {
        let folder = try #require(Self.childFolder)
        var most = 0
        let before = try Status()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            // Resets VmHWM, the most memory this process had.
            try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
            let file = try? GGUFFile(path: "\(folder)/\(name)")
            let after = try Status()
            #expect((file != nil) == name.hasPrefix("large"), "\(name)")
            // Pages of mapped files belong to the page cache and do not count.
            let taken = (after.peak - after.mapped) - (before.resident - before.mapped)
            #expect(taken < 64_000_000, "\(name)")
            most = max(most, taken)
            #expect(file?.tensors.count ?? 0 >= 0)
        }
        print("peak of opening: \(most >> 20) MiB")
    }

    /// This process's memory in bytes, as the system tells.
    private struct Status {
        let resident: Int
        let peak: Int
        let mapped: Int

        init() throws {
            var values: [Substring: Int] = [:]
            for line in try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(
                separator: "\n")
            {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, let number = parts[1].split(whereSeparator: { !$0.isNumber }).first
                else { continue }
                values[parts[0]] = Int(number)
            }
            resident = 1024 * (try #require(values["VmRSS"]))
            peak = 1024 * (try #require(values["VmHWM"]))
            mapped = 1024 * (try #require(values["RssFile"]) + (try #require(values["RssShmem"])))
        }
    }

    private func writeHostileFiles(_ folder: TemporaryFolder) throws {
        for count in HostileTests.hugeCounts {
            try folder.write(RawHeader(tensors: count).bytes, to: "tensors-\(count)")
            try folder.write(RawHeader(keys: count).bytes, to: "keys-\(count)")
            for type in GGUFValueType.allCases {
                var array = RawHeader(keys: 1)
                array.key("a", .array)
                array.arrayHead(type, count: count)
                array.data(256)
                try folder.write(array.bytes, to: "array-\(type)-\(count)")
            }
            var text = RawHeader(keys: 1)
            text.key("a", .string)
            text.integer(count)
            try folder.write(text.bytes, to: "string-\(count)")
        }
        // As large as the limits allow.
        var tensors = RawHeader(tensors: 65536)
        for index in 0..<65536 {
            tensors.tensor(
                String(repeating: "n", count: 250) + "\(index)", [1, 1, 1, 1], offset: UInt64(index * 32))
        }
        tensors.data(65536 * 32)
        try folder.write(tensors.bytes, to: "large-tensors")
        var keys = RawHeader(keys: 16384)
        for index in 0..<16384 {
            keys.key(String(repeating: "k", count: 1018) + "\(index)", .array)
            keys.arrayHead(.int32, count: 8)
            keys.bytes += [UInt8](repeating: 1, count: 32)
        }
        try folder.write(keys.bytes, to: "large-keys")
        var strings = RawHeader(keys: 2)
        strings.key("long", .string)
        strings.string([UInt8](repeating: 0x61, count: 48 << 20))
        strings.key("many", .array)
        strings.arrayHead(.string, count: 1 << 22)
        strings.bytes += [UInt8](repeating: 0, count: 8 << 22)
        try folder.write(strings.bytes, to: "large-strings")
    }
}
