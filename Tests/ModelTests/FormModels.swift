import Foundation
import Testing

/// Forms of models that no fixture has, against transformers: `Resources/forms/make_forms.py` tells what each is
/// and makes them.
@Suite(.serialized) struct FormModels {
    static let names = [
        "deepseek2-v2", "gemma2-27b", "gemma3-27b", "gemma3-linear", "glm-dsa-shared", "gpt-oss-published",
        "llama4-unchunked", "phi3-window",
    ]

    @Test(arguments: names) func agreeWithTransformers(name: String) throws {
        let fixture = try Fixture(name, in: Fixture.resources.appendingPathComponent("forms"))
        try checkReference(fixture)
        let whole = try fixture.run(pieces: [48])
        for pieces in [[1], [13, 1, 2, 20]] {
            let error = normalizedError(try fixture.run(pieces: pieces), whole)
            #expect(error <= 1e-11, "\(name) in pieces \(pieces): NMSE \(error)")
        }
    }
}
