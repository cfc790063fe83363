import ChatTemplate
import Foundation
import Testing

/// Agreement with jinja2 as transformers sets it up.
@Suite struct ReferenceTests {
    /// Real templates of models, when the reference data is at hand.
    @Test(.enabled(if: Folders.chatTemplates != nil, Folders.missing))
    func realTemplates() throws {
        let folder = try #require(Folders.chatTemplates)
        let cases = try TemplateValue(json: try Folders.read(folder.appending(path: "cases.json"))).items
        #expect(cases.count >= 780)
        var templates: [String: ChatTemplate] = [:]
        for item in cases {
            let name = try #require(item["template"]?.text)
            if templates[name] == nil {
                templates[name] = try ChatTemplate(try Folders.read(folder.appending(path: name)))
            }
            let template = try #require(templates[name])
            let context = members(item["input"])
            let label = "\(name) \(item["case"]?.text ?? "")"
            if let expected = item["expected"]?.text {
                let text = try template.render(context, now: referenceDate)
                #expect(text == expected && text.utf8.elementsEqual(expected.utf8), "\(label)")
                let segments = try template.renderSegments(context, now: referenceDate)
                #expect(segments.map(\.text).joined() == expected, "\(label) in segments")
            } else {
                #expect(throws: TemplateError.self, "\(label)") {
                    try template.render(context, now: referenceDate)
                }
            }
        }
    }

    /// Small templates of our own, one for every feature. `Resources/make_cases.py` asked jinja2.
    @Test func ownCases() throws {
        let file = Folders.tests.appending(path: "Resources/cases.json")
        let all = try TemplateValue(json: try Folders.read(file))
        let context = members(all["context"])
        let cases = try #require(all["cases"]).items
        #expect(cases.count > 200)
        for item in cases {
            let source = try #require(item["template"]?.text)
            do {
                let text = try ChatTemplate(source).render(context, now: referenceDate)
                let expected = try #require(item["expected"]?.text, "an error was expected of \(source)")
                #expect(
                    text.utf8.elementsEqual(expected.utf8), "\(source)\nrenders \(text)\nnot     \(expected)")
            } catch let error as TemplateError {
                #expect(item["error"] != nil, "\(source): \(error)")
                #expect(error.line >= 1 && error.column >= 1, "\(source): \(error)")
            }
        }
    }
}
