import Foundation
import Testing

@Suite struct ConstraintTests {
    private let schema =
        #"{"type":"object","properties":{"n":{"type":"integer"},"s":{"type":"string"}},"required":["n"]}"#

    /// The built-in model writes stories; with a schema it writes JSON, however few tokens it has.
    @Test(arguments: ["12", "20", "60"])
    func outputSatisfiesTheSchema(_ limit: String) throws {
        for seed in ["1", "2"] {
            let run = try Command(
                ["run", "-p", "Once upon a time", "-n", limit, "--seed", seed, "--json-schema", schema])
            #expect(run.status == 0, "\(run.errors)")
            let value = try JSONSerialization.jsonObject(with: run.output) as? [String: Any]
            #expect(value?["n"] is Int, "\(run.text)")
        }
    }

    @Test func grammarsAndFiles() throws {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(#"root ::= " " [0-9]{3} "!""#.utf8).write(to: file)
        let run = try Command(["run", "-p", "One", "--grammar-file", file.path])
        #expect(
            run.status == 0 && run.text.hasPrefix(" ") && run.text.hasSuffix("!\n") && run.text.count == 6)
        #expect(try Command(["run", "-p", "One", "--grammar", #"root ::= "yes""#]).text == "yes\n")
        try Data(#"{"const":[1,null]}"#.utf8).write(to: file)
        let value = try Command(["run", "-p", "One", "--json-schema-file", file.path])
        #expect(value.text.filter { !$0.isWhitespace } == "[1,null]")
    }

    @Test(arguments: [
        (["--grammar", "root ::= (\"a\""], "line 1, column 14"), (["-j", #"{"typ":1}"#], "#/typ"),
        (["-j", "{"], "line 1, column 2"), (["-j", "{}", "--grammar", "root ::= \"a\""], "give one of"),
    ])
    func badUsageIsToldAtOnce(_ arguments: [String], _ place: String) throws {
        // No model is loaded: this one does not exist.
        let run = try Command(["run", "-m", "/no/model.gguf", "-p", "a"] + arguments)
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(place), "\(run.errors)")
    }

    @Test func badFilesAreTold() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try Command(["run", "-p", "a", "--grammar-file", file.path]).status == 1)
        try Data("root ::= a".utf8).write(to: file)
        let run = try Command(["run", "-p", "a", "--grammar-file", file.path])
        #expect(run.status == 1 && run.errors.contains(file.path) && run.errors.contains("line 1, column 10"))
    }
}
