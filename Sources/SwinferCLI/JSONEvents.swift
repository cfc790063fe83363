import ChatTemplate
import Swinfer

extension GenerationEvent {
    /// The event as a JSON object on one line.
    var json: String {
        switch self {
        case .token(let id, let text):
            let value: TemplateValue = ["event": "token", "id": .int(Int(id)), "text": .string(text)]
            return value.json
        case .logProbabilities(let values): return values.json
        case .finished(let reason, let statistics): return statistics.json(reason)
        }
    }
}

extension TokenLogProbabilities {
    /// The event as a JSON object on one line.
    fileprivate var json: String {
        func add(_ entry: Entry, to object: inout TemplateObject) {
            object["id"] = .int(Int(entry.id))
            object["token"] = .string(entry.text)
            object["bytes"] = .array(entry.bytes.map { TemplateValue.int(Int($0)) })
            object["logprob"] = .double(Double(entry.logProbability))
        }
        var event = TemplateObject()
        event["event"] = .string("logprobs")
        add(chosen, to: &event)
        event["top_logprobs"] = .array(
            top.map { entry in
                var object = TemplateObject()
                add(entry, to: &object)
                return TemplateValue.object(object)
            })
        return TemplateValue.object(event).json
    }
}

extension ChatEvent {
    /// The event as a JSON object on one line.
    var json: String {
        let value: TemplateValue
        switch self {
        case .reasoning(let text): value = ["event": "reasoning", "text": .string(text)]
        case .text(let text): value = ["event": "text", "text": .string(text)]
        case .toolCall(let call):
            let arguments = (try? TemplateValue(json: call.arguments)) ?? .string(call.arguments)
            value = [
                "event": "tool_call", "id": .string(call.id), "name": .string(call.name),
                "arguments": arguments,
            ]
        case .finished(let reason, let statistics): return statistics.json(reason)
        }
        return value.json
    }
}

extension GenerationStatistics {
    fileprivate func json(_ reason: FinishReason) -> String {
        let value: TemplateValue = [
            "event": "finished", "reason": .string(reason.rawValue),
            "prompt_tokens": .int(promptTokens), "prompt_seconds": .double(promptSeconds),
            "generated_tokens": .int(generatedTokens), "generation_seconds": .double(generationSeconds),
            "drafted_tokens": .int(draftedTokens), "accepted_tokens": .int(acceptedTokens),
            "speculation_speed_up": .double(speculationSpeedUp),
            "seed": Int(exactly: seed).map { .int($0) } ?? .bigInt(String(seed)),
        ]
        return value.json
    }
}
