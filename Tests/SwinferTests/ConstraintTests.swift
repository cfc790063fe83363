import Foundation
import Swinfer
import Testing

/// Random models say nothing by themselves, so whatever is well formed comes from the constraint.
@Suite struct ConstraintTests {
    private func generate(
        _ constraint: OutputConstraint, limit: Int?, seed: UInt64 = 1, temperature: Float = 1.5,
        context: Int = 256
    ) async throws -> Told {
        let model = try tinyModel(context: context)
        var options = GenerationOptions()
        options.maxTokens = limit
        options.seed = seed
        options.temperature = temperature
        options.topK = 0
        options.topP = 1
        options.minP = 0
        options.constraint = constraint
        return try await Told(model.makeSession().generate("a", options: options))
    }

    private struct Person: Decodable {
        var name: String
        var age: Int
        var tags: [String]?
    }

    private let person =
        #"{"type":"object","properties":{"name":{"type":"string","maxLength":9},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"enum":["x","yy"]}}},"required":["name","age"]}"#

    /// The shortest text has some twenty tokens; whatever the limit, the object is closed in time.
    @Test func objectsAreClosedInTime() async throws {
        for (round, limit) in [24, 25, 27, 30, 40, 60, 100].enumerated() {
            for seed in 0..<3 {
                let told = try await generate(
                    .jsonSchema(person), limit: limit, seed: UInt64(10 * round + seed))
                let value = try JSONDecoder().decode(Person.self, from: Data(told.text.utf8))
                #expect((0...150).contains(value.age) && value.name.unicodeScalars.count <= 9, "\(told.text)")
                #expect(told.ids.count <= limit && told.reason != .contextFull)
            }
        }
    }

    /// The context's end is a limit too.
    @Test func theContextIsALimit() async throws {
        let told = try await generate(.json, limit: nil, context: 24)
        _ = try #require(try JSONSerialization.jsonObject(with: Data(told.text.utf8)) as? [String: Any])
    }

    @Test func completeTextsEnd() async throws {
        let told = try await generate(.grammar(#"root ::= "yes" | "no""#), limit: 20)
        #expect(["yes", "no"].contains(told.text) && told.reason == .endOfText)
        let greedy = try await generate(.grammar(#"root ::= " "{3} [0-9]{2}"#), limit: nil, temperature: 0)
        #expect(greedy.text.hasPrefix("   ") && Int(greedy.text.dropFirst(3)) != nil, "\(greedy.text)")
    }

    @Test func badConstraintsFailBeforeAnythingRuns() async throws {
        func refusal(_ constraint: OutputConstraint, limit: Int? = nil) async -> String? {
            do {
                _ = try await generate(constraint, limit: limit)
                return nil
            } catch { return "\(error)" }
        }
        #expect(await refusal(.grammar("root ::= \"a\"\nx = 1"))?.contains("line 2, column 3") == true)
        #expect(await refusal(.grammar("root ::= <nothing>"))?.contains("line 1, column 10") == true)
        #expect(
            await refusal(.jsonSchema(#"{"properties":{"a":{"if":1}}}"#))?.contains("#/properties/a/if")
                == true)
        #expect(await refusal(.jsonSchema("{"))?.contains("line 1, column 2") == true)
        #expect(await refusal(.jsonSchema(person), limit: 3)?.contains("-n") == true)
    }

    /// A refused constraint leaves the session as it was.
    @Test func sessionsSurviveRefusals() async throws {
        let session = try tinyModel().makeSession()
        var options = GenerationOptions()
        options.maxTokens = 2
        options.constraint = .jsonSchema(person)
        #expect(throws: SwinferError.self) { _ = try session.generate("a", options: options) }
        options.constraint = nil
        options.ignoreEndOfText = true
        #expect(try await Told(session.generate("a", options: options)).ids.count == 2)
    }
}
