import ArgumentParser
import ChatTemplate
import Foundation

struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Renders a chat template.",
        discussion: """
            Reads {"messages": [...], "tools": [...], "add_generation_prompt": true, ...} from \
            standard input; all keys are passed to the template. With --jsonl it reads one such \
            object per line and answers each with a line {"text": ...} or {"error": ...}.

            Example:
              swinfer render --template chatml.jinja --jsonl < conversations.jsonl
            """)

    @Option(help: ArgumentHelp("The template, in the Jinja language.", valueName: "file"))
    var template: String

    @Flag(help: "One JSON object per line in, one per line out.")
    var jsonl = false

    @Option(
        help: ArgumentHelp("What time templates are told, such as 2026-01-02T03:04:05.", valueName: "iso"))
    var now: String?

    func validate() throws {
        if let now, TemplateDate(iso: now) == nil {
            throw ValidationError("--now: '\(now)' is not a time such as 2026-01-02T03:04:05")
        }
    }

    func run() throws {
        let source: String
        do {
            source = try String(contentsOfFile: template, encoding: .utf8)
        } catch {
            throw CommandError("\(template): cannot be read as UTF-8 text")
        }
        let parsed: ChatTemplate
        do {
            parsed = try ChatTemplate(source)
        } catch {
            throw CommandError("\(template): \(error)")
        }
        let date = now.flatMap { TemplateDate(iso: $0) } ?? Self.localTime()
        if jsonl {
            var number = 0
            while let line = readLine() {
                number += 1
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                try Terminal.write(Self.answer(line, number: number, parsed, date).json + "\n")
            }
        } else {
            var input = ""
            while let line = readLine(strippingNewline: false) { input += line }
            let context = try Self.context(input)
            do {
                try Terminal.write(parsed.render(context, now: date))
            } catch let error as TemplateError {
                throw CommandError("\(template): \(error)")
            }
        }
    }

    /// What one line of input is answered with.
    private static func answer(
        _ line: String, number: Int, _ template: ChatTemplate, _ date: TemplateDate
    ) -> TemplateValue {
        let values: [String: TemplateValue]
        do {
            values = try context(line)
        } catch {
            return ["error": .string("line \(number): \(error)")]
        }
        do {
            return ["text": .string(try template.render(values, now: date))]
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    private static func context(_ input: String) throws -> [String: TemplateValue] {
        guard case .object(let object) = try TemplateValue(json: input) else {
            throw CommandError("a JSON object was expected, such as {\"messages\": [...]}")
        }
        var values: [String: TemplateValue] = [:]
        for entry in object.entries { values[entry.key] = entry.value }
        return values
    }

    private static func localTime() -> TemplateDate {
        let fields = Calendar.current.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date())
        return TemplateDate(
            year: fields.year ?? 1970, month: fields.month ?? 1, day: fields.day ?? 1, hour: fields.hour ?? 0,
            minute: fields.minute ?? 0, second: fields.second ?? 0)
    }
}
