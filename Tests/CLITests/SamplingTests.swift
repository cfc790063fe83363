import Foundation
import Testing

@Suite struct SamplingTests {
    private func text(_ arguments: [String]) throws -> Command {
        try Command(
            ["run", Command.model("qwen3moe"), "-p", "hello", "-n", "10", "--seed", "3", "--ignore-eos"]
                + arguments)
    }

    @Test func everySamplerIsReachable() throws {
        let plain = try text([])
        for arguments in [
            ["--repeat-penalty", "2", "--repeat-last-n", "8"], ["--presence-penalty", "5"],
            ["--frequency-penalty", "5"], ["--top-nsigma", "0.5"], ["--typical", "0.2"],
            ["--xtc-probability", "1", "--xtc-threshold", "0.001"],
            ["--dynatemp-range", "0.8", "--dynatemp-exp", "3"], ["--mirostat", "1", "--mirostat-ent", "1"],
            ["--mirostat", "2", "--mirostat-lr", "0.5"], ["-l", "100+100"], ["--samplers", "top-k"],
        ] {
            let run = try text(arguments)
            #expect(run.status == 0, "\(arguments): \(run.errors)")
            #expect(run.output != plain.output, "\(arguments)")
        }
        let dry = ["--dry-multiplier", "9", "--dry-base", "2", "--dry-allowed-length", "1"]
        let more = [
            "--dry-penalty-last-n", "200", "--dry-sequence-breaker", "none", "--temp", "0", "-n", "60",
        ]
        #expect(try text(dry + more).output != text(["--temp", "0", "-n", "60"]).output)
    }

    @Test func logProbabilitiesPrecedeTheirTokens() throws {
        struct Line: Decodable {
            struct Top: Decodable { let id: Int, logprob: Float }
            let event: String, id: Int?, logprob: Float?
            let top_logprobs: [Top]?
        }
        let run = try text(["--temp", "0", "--json", "--logprobs", "2"])
        let lines = try run.text.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        #expect(lines.count == 21, "\(run.errors)")
        for index in stride(from: 0, to: lines.count - 1, by: 2) {
            #expect(lines[index].event == "logprobs" && lines[index + 1].event == "token")
            #expect(lines[index].id == lines[index + 1].id)
            let top = lines[index].top_logprobs ?? []
            #expect(
                top.count == 2 && top[0].logprob >= top[1].logprob && top[0].logprob == lines[index].logprob)
        }
        #expect(try text(["--logprobs", "2"]).status == 64)
        #expect(try text(["--json", "--logprobs", "21"]).status == 64)
    }

    @Test func badValuesAreBadUsage() throws {
        for arguments in [
            ["--repeat-penalty", "0"], ["--repeat-last-n", "-1"], ["--typical", "2"], ["--mirostat", "3"],
            ["--samplers", "top_k;what"], ["-l", "12"], ["-l", "x+1"], ["--dry-base", "0.5"],
            ["--xtc-threshold", "7"], ["--dynatemp-range", "-1"],
        ] {
            let run = try text(arguments)
            #expect(run.status == 64 && run.errors.contains(arguments[0].drop { $0 == "-" }), "\(arguments)")
        }
    }
}
