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
