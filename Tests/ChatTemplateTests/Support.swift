import ChatTemplate
import Foundation
import Testing

/// What `strftime_now` tells in all reference data.
let referenceDate = TemplateDate(year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5)

/// Renders a template with a JSON object as its context.
func render(
    _ template: String, _ context: String = "{}", limits: TemplateLimits = .default
) throws -> String {
    try ChatTemplate(template, limits: limits).render(values(context), now: referenceDate)
}

func values(_ json: String) throws -> [String: TemplateValue] {
    members(try TemplateValue(json: json))
}

func members(_ value: TemplateValue?) -> [String: TemplateValue] {
    guard case .object(let object) = value else { return [:] }
    return Dictionary(object.entries.map { ($0.key, $0.value) }) { $1 }
}

extension TemplateValue {
    subscript(key: String) -> TemplateValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    var items: [TemplateValue] {
        if case .array(let items) = self { items } else { [] }
    }

    var text: String? {
        if case .string(let string) = self { string } else { nil }
    }
}

/// The error that rendering ends with, or nil.
func failure(
    _ template: String, _ context: String = "{}", limits: TemplateLimits = .default
) throws -> TemplateError? {
    do {
        _ = try render(template, context, limits: limits)
        return nil
    } catch let error as TemplateError {
        return error
    }
}

enum Folders {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()

    /// Reference data that does not belong into the repository; nil where it is not at hand.
    static let chatTemplates: URL? = {
        var candidates: [URL] = []
        if let given = ProcessInfo.processInfo.environment["SWINFER_FIXTURES"] {
            candidates.append(URL(filePath: given))
        }
        let repository = tests.deletingLastPathComponent().deletingLastPathComponent()
        candidates.append(repository.deletingLastPathComponent().appending(path: "shared/fixtures"))
        return candidates.map { $0.appending(path: "chat-templates") }
            .first { FileManager.default.fileExists(atPath: $0.appending(path: "cases.json").path) }
    }()

    static let missing: Comment =
        "no chat-templates/cases.json in $SWINFER_FIXTURES or in ../shared/fixtures next to the repository"

    static func read(_ url: URL) throws -> String {
        try String(contentsOf: url, encoding: .utf8)
    }
}
