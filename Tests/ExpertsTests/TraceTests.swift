import Compute
import Experts
import Foundation
import GGUF
import Models
import Testing

@Suite struct TraceTests {
    private func folder() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("swinfer-\(UUID().uuidString)").path
    }

    @Test func countsSurviveAFile() {
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let counts = ExpertCounts([[1, 0, 7], [5, 5, 0]])
        let path = "\(folder)/a/b/model.counts"
        #expect(counts.write(path))
        #expect(ExpertCounts.read(path, shape: [3, 3]) == .counts(counts))
        #expect(ExpertCounts.read(path, shape: [3, 4]) == .damaged)
        #expect(ExpertCounts.read("\(path)x", shape: [3, 3]) == .none)
        #expect(try! FileManager.default.contentsOfDirectory(atPath: "\(folder)/a/b") == ["model.counts"])
    }

    @Test func damagedCountsAreNotRead() {
        let text = ExpertCounts([[1, 2], [3, 4]]).text
        for length in 0..<text.utf8.count - 1 {
            let part = String(decoding: Array(text.utf8)[..<length], as: UTF8.self)
            // Without its last line the file is not whole.
            #expect(ExpertCounts(text: part) == nil, "\(length) bytes")
        }
        #expect(ExpertCounts(text: text.replacingOccurrences(of: "3", with: "-3")) == nil)
        #expect(ExpertCounts(text: text.replacingOccurrences(of: "3", with: "x")) == nil)
    }

    @Test func hottestAreSharesOfTheirLayer() {
        let counts = ExpertCounts([[10, 90, 0], [3, 0, 1]])
        #expect(counts.hottest.map { [$0.layer, $0.expert] } == [[0, 1], [1, 0], [1, 2], [0, 0]])
        #expect(counts.adding([[1, 1, 1], [0, 0, 0]]).counts == [[11, 91, 1], [3, 0, 1]])
        #expect(counts.adding([[1]]).counts == [[1]])
    }

    @Test func recordedRoutingsAreThoseThatWereCounted() throws {
        let path = folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let program = try Registry.load(file).program
        let executor = try Executor(
            program, options: ExecutorOptions(threads: 2, contextLength: 64, batchLength: 64))
        executor.observeRouting(try RoutingRecorder(path: path, layers: program.expertCounts))
        let sequence = try executor.makeSequence()
        for range in [0..<10, 10..<11, 11..<12] {
            try executor.run(
                Batch([
                    Batch.Piece(
                        sequence: sequence, position: range.lowerBound,
                        tokens: range.map { Int32($0 + 3) }[...], outputs: .last)
                ]))
        }
        executor.observeRouting(nil)
        let trace = try RoutingTrace(path: path)
        #expect(trace.layers == program.expertCounts)
        #expect(trace.steps.map(\.tokens) == [10, 10, 1, 1, 1, 1])
        #expect(trace.steps.map(\.layer) == [0, 1, 0, 1, 0, 1])
        #expect(trace.counts.counts == executor.expertPopularity())
        // A record cut short is left out; nonsense is refused.
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        try data.dropLast(6).write(to: URL(fileURLWithPath: path))
        #expect(try RoutingTrace(path: path).steps.count == 5)
        try Data("hello there".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: RoutingTrace.Damage.self) { try RoutingTrace(path: path) }
    }

    /// One layer, single tokens.
    private func trace(_ steps: [[Int32]], experts: Int = 8) -> RoutingTrace {
        RoutingTrace(
            layers: [experts], steps: steps.map { RoutingTrace.Step(layer: 0, tokens: 1, chosen: $0) })
    }

    @Test func simulationsCount() {
        // A loop over three experts in two slots: LRU never hits, the best policy does.
        let loop = trace((0..<12).map { [Int32($0 % 3)] })
        let recent = Simulation.run(loop, policy: .policy(.leastRecent), slots: 2)
        #expect(recent.hits == 0 && recent.misses == 12)
        let best = Simulation.run(loop, policy: .belady, slots: 2)
        #expect(best.hits == 6 && best.misses == 6)
        let all = Simulation.run(loop, policy: .policy(.standard), slots: 3)
        #expect(all.hits == 9 && all.misses == 3)
        let later = Simulation.run(loop, policy: .policy(.standard), slots: 3, skipping: 0.5)
        #expect(later.hits == 6 && later.misses == 0 && later.hitRate == 1)
    }

    @Test func noPolicyBeatsBelady() {
        var state: UInt64 = 7
        func random(_ count: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % count
        }
        let steps = (0..<600).map { _ -> [Int32] in
            var chosen: Set<Int32> = []
            while chosen.count < 3 { chosen.insert(Int32(min(random(16), random(16)))) }
            return chosen.sorted()
        }
        let trace = trace(steps, experts: 16)
        for slots in [3, 5, 8, 12] {
            let best = Simulation.run(trace, policy: .belady, slots: slots).hits
            for policy in Simulation.policies {
                #expect(Simulation.run(trace, policy: policy, slots: slots).hits <= best)
            }
        }
    }
}
