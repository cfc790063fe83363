import ArgumentParser
import Foundation
import Swinfer

/// What the output must look like; names are llama.cpp's.
struct ConstraintArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The output is what this GBNF grammar matches.", valueName: "text"))
    var grammar: String?

    @Option(help: ArgumentHelp("The output is what the GBNF grammar in a file matches.", valueName: "file"))
    var grammarFile: String?

    @Option(
        name: [.customShort("j"), .long],
        help: ArgumentHelp("The output is JSON that satisfies this JSON Schema.", valueName: "text"))
    var jsonSchema: String?

    @Option(
        name: [.customLong("jf", withSingleDash: true), .long],
        help: ArgumentHelp("The output is JSON that satisfies the JSON Schema in a file.", valueName: "file"))
    var jsonSchemaFile: String?

    func validate() throws {
        let given = [grammar, grammarFile, jsonSchema, jsonSchemaFile].count { $0 != nil }
        if given > 1 {
            throw ValidationError(
                "give one of --grammar, --grammar-file, --json-schema and --json-schema-file")
        }
        do {
            if let grammar { try OutputConstraint.grammar(grammar).validate() }
            if let jsonSchema { try OutputConstraint.jsonSchema(jsonSchema).validate() }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The constraint, checked as far as it can be without a model.
    func read() throws -> OutputConstraint? {
        if let grammar { return .grammar(grammar) }
        if let jsonSchema { return .jsonSchema(jsonSchema) }
        guard let file = grammarFile ?? jsonSchemaFile else { return nil }
        let text: String
        do {
            text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
        } catch {
            throw CommandError("\(file): cannot be read: \(error.localizedDescription)")
        }
        let constraint: OutputConstraint = grammarFile != nil ? .grammar(text) : .jsonSchema(text)
        do { try constraint.validate() } catch { throw CommandError("\(file): \(error)") }
        return constraint
    }
}
