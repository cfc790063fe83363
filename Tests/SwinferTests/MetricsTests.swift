import CoreMetrics
import MetricsTestKit
import Swinfer
import Testing

/// What a caller's metrics backend is told.
@Suite struct MetricsTests {
    private let metrics = TestMetrics()

    private func model(_ name: String, _ change: (inout ModelOptions) -> Void = { _ in }) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 128
        options.threads = 2
        options.keepsExpertCounts = false
        change(&options)
        return try Model(path: fixturePath(name), options: options, metrics: metrics)
    }

    private func options(_ count: Int) -> GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        options.ignoreEndOfText = true
        return options
    }

    private func total(_ metric: ModelMetric, _ dimensions: [(String, String)] = []) -> Int64 {
        metrics.counters.filter { counter in
            counter.label == metric.rawValue
                && dimensions.allSatisfy { wanted in counter.dimensions.contains { $0 == wanted } }
        }.reduce(0) { $0 + $1.totalValue }
    }

    private func gauge(_ metric: ModelMetric) throws -> TestRecorder {
        try #require(metrics.recorders.first { $0.label == metric.rawValue })
    }

    private func timer(_ metric: ModelMetric) throws -> [Int64] {
        try #require(metrics.timers.first { $0.label == metric.rawValue }).values
    }

    @Test func tokensAndTimesAreTold() async throws {
        let model = try model("llama")
        let session = try model.makeSession()
        let tokens = (0..<20).map { Int32(3 + $0 * 7 % 100) }
        _ = try await Told(session.generate(conversation: tokens, options: options(5)))
        _ = try await Told(session.generate(conversation: tokens, options: options(3)))
        // The engine tells before it takes up what comes next.
        let statistics = await model.statistics()
        #expect(total(.promptTokens) == Int64(statistics.promptTokens) && statistics.promptTokens >= 20)
        #expect(total(.generatedTokens) == 8)
        #expect(total(.batches) == Int64(statistics.batches))
        #expect(total(.requestedTokens) == Int64(statistics.requestedTokens))
        #expect(total(.reusedTokens) == Int64(statistics.reusedTokens) && statistics.reusedTokens > 0)
        #expect(try gauge(.reuseRate).lastValue == statistics.hitRate)
        #expect(total(.generations, [("reason", "length"), ("model", "llama.gguf")]) == 2)
        #expect(try timer(.timeToFirstToken).count == 2)
        #expect(try timer(.timePerToken).count == 4 + 2)
        #expect(try (timer(.timePerToken) + timer(.timeToFirstToken)).allSatisfy { $0 > 0 })
        #expect(try gauge(.running).values.max() == 1 && gauge(.running).lastValue == 0)
        #expect(try gauge(.cacheBytes).lastValue == Double(statistics.cacheBytes))
        #expect(try gauge(.cacheLimit).lastValue == Double(statistics.cacheLimit))
        #expect(try gauge(.sessions).lastValue == 1)
    }

    /// Those of streaming are there only where something is streamed.
    @Test func streamingIsTold() async throws {
        let model = try model("qwen3moe") { $0.loadMode = .streamed }
        _ = try await Told(model.makeSession().generate("hello", options: options(5)))
        _ = await model.statistics()
        let experts = try #require(model.expertStatistics)
        #expect(total(.expertHits) == Int64(experts.hits) && total(.expertMisses) == Int64(experts.misses))
        #expect(total(.expertBytes) == Int64(experts.bytesRead) && experts.hits + experts.misses > 0)
        #expect(total(.expertStalls) == Int64(experts.stallSeconds * 1e6))
        #expect(try gauge(.expertHitRate).lastValue == experts.hitRate)
    }

    @Test func whatDoesNotHappenIsNotTold() async throws {
        let model = try model("llama")
        _ = try await Told(model.makeSession().generate("hello", options: options(2)))
        _ = await model.statistics()
        let labels = Set((metrics.counters.map(\.label)) + metrics.recorders.map(\.label))
        #expect(!labels.contains(ModelMetric.expertHits.rawValue))
        #expect(total(.pauses) == 0 && total(.drops) == 0 && total(.shifts) == 0)
    }
}
