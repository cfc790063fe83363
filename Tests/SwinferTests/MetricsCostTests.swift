import AllocationCounter
import CoreMetrics
import Logging
import Swinfer
import TestSupport
import Testing

/// A metrics backend that only counts what it is told, as cheaply as one can.
private final class CountingMetrics: MetricsFactory, CounterHandler, RecorderHandler, TimerHandler,
    @unchecked Sendable
{
    var told = 0

    func increment(by amount: Int64) { told += 1 }
    func reset() {}
    func record(_ value: Int64) { told += 1 }
    func record(_ value: Double) { told += 1 }
    func recordNanoseconds(_ duration: Int64) { told += 1 }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { self }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        self
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { self }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

@Suite struct MetricsCostTests {
    /// What the engine does for metrics after each token.
    @Test(.enabled(if: isOptimized)) func tokensAllocateNothing() throws {
        let backend = CountingMetrics()
        let monitor = EngineMonitor(Logger(label: "quiet"), backend, model: "model", store: nil)
        let metrics = try #require(monitor.metrics)
        var statistics = EngineStatistics()
        // Other tests allocate at the same time: the least of many tokens is this one's own.
        var least = Int.max
        for token in 0..<20_000 where least > 0 {
            let before = allocation_count()
            statistics.batches += 1
            statistics.generatedTokens += 1
            statistics.draftedTokens += 3
            statistics.acceptedTokens += 2
            statistics.requestedTokens += 2
            statistics.reusedTokens += 1
            statistics.cacheBytes += 256
            statistics.running = token % 3
            metrics.token(after: .milliseconds(token))
            monitor.update(statistics)
            least = min(least, Int(allocation_count() - before))
        }
        #expect(least == 0)
        // Six counters, cache and reuse rate, the time, and mostly those that run.
        #expect(backend.told >= 9)
    }
}
