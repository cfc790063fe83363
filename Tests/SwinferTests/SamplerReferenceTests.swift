import Foundation
import Swinfer
import TestSupport
import Testing

/// What llama.cpp's samplers leave of the same logits (Resources/samplers.json, made by running them).
@Suite struct SamplerReferenceTests {
    struct Case: Decodable, CustomStringConvertible {
        struct Stage: Decodable {
            let kind: String
            /// nil: minus infinity.
            let values: [Float?]
            let breakers: [String]?
        }
        let tokens: Int
        let seed: UInt64
        let spread: Float
        let history: Int
        let samplers: [Stage]
        /// Candidates left, the sum of their tokens, the most likely with their probabilities, and the
        /// least likely.
        let count: Int
        let sum: Int
        let top: [[Float]]
        let last: Int32

        var description: String {
            "\(tokens) tokens, seed \(seed), history \(history): "
                + samplers.map { "\($0.kind) \($0.values) \($0.breakers ?? [])" }.joined(separator: ", ")
        }

        var logits: [Float] {
            var source = SplitMix(state: seed)
            return (0..<tokens).map { index in
                let bits = source.next()
                let sum = (0..<4).reduce(0) { $0 + Int(bits >> UInt64(16 * $1) & 0xFFFF) }
                return Float(sum - 131_072) / 16384 * spread + (index % 97 == 5 ? 4 : 0)
            }
        }

        var text: [Int32] {
            var source = SplitMix(state: seed ^ 0xABCDEF)
            var text: [Int32] = []
            while text.count < history {
                let bits = source.next()
                if bits % 3 == 0, text.count > 12 {
                    let start = Int((bits >> 8) % UInt64(text.count - 8))
                    text += text[start..<min(text.count, start + 3 + Int(bits >> 40) % 6)]
                } else {
                    text.append(Int32((bits >> 8) % UInt64(min(tokens, 40))))
                }
            }
            return Array(text[..<history])
        }

        var options: GenerationOptions {
            var options = GenerationOptions()
            options.samplers = samplers.compactMap { GenerationOptions.SamplerKind(rawValue: $0.kind) }
            for stage in samplers {
                let values = stage.values.map { $0 ?? -.infinity }
                switch stage.kind {
                case "top_k": options.topK = Int(values[0])
                case "top_p": options.topP = values[0]
                case "min_p": options.minP = values[0]
                case "typ_p": options.typicalP = values[0]
                case "top_n_sigma": options.topNSigma = values[0]
                case "xtc":
                    options.xtcProbability = 1
                    options.xtcThreshold = values[0]
                case "temperature":
                    options.temperature = values[0]
                    options.dynamicTemperatureRange = values[1]
                    options.dynamicTemperatureExponent = values[2]
                case "mirostat", "mirostat2":
                    options.mirostat = stage.kind == "mirostat" ? .first : .second
                    options.mirostatEntropy = values[0]
                    options.temperature = 1
                case "penalties":
                    options.repeatLastTokens = Int(values[0])
                    options.repeatPenalty = values[1]
                    options.frequencyPenalty = values[2]
                    options.presencePenalty = values[3]
                case "dry":
                    options.dry.multiplier = values[0]
                    options.dry.base = values[1]
                    options.dry.allowedLength = Int(values[2])
                    options.dry.lastTokens = Int(values[3])
                    options.dry.sequenceBreakers = stage.breakers ?? []
                case "logit_bias":
                    for index in stride(from: 0, to: values.count, by: 2) {
                        options.logitBias[Int32(values[index])] = values[index + 1]
                    }
                default: Issue.record("unknown sampler \(stage.kind)")
                }
            }
            return options
        }
    }

    @Test func agreeWithLlamaCpp() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Resources/samplers.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count >= 400)
        let model = try Model(path: BuiltInModel.path())
        var breakers: [[String]: DRYBreakers] = [:]
        for expected in cases {
            let options = expected.options
            try options.validate()
            let texts = options.dry.sequenceBreakers
            if breakers[texts] == nil { breakers[texts] = model.dryBreakers(texts) }
            var sampler = Sampler(
                options, seed: 1, history: expected.text, breakers: breakers[texts] ?? .none)
            let found = expected.logits.withUnsafeBufferPointer { sampler.distribution($0) }
            #expect(found.count == expected.count, "\(expected)")
            #expect(found.reduce(0) { $0 + Int($1.token) } == expected.sum, "\(expected)")
            #expect(found.last?.token == expected.last, "\(expected)")
            for (candidate, wanted) in zip(found, expected.top) {
                #expect(
                    candidate.token == Int32(wanted[0]) && abs(candidate.probability - wanted[1]) < 1e-5,
                    "\(expected): \(candidate), wanted \(wanted)")
            }
        }
    }
}
