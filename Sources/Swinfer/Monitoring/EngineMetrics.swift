import CoreMetrics
import Experts

/// A model's metrics in a caller's backend.
package struct EngineMetrics: Sendable {
    /// A metric and where its value stands. Closures in structures are called as they are; from tuples in an array,
    /// or through key paths, each call would allocate.
    private struct Told<Metric: Sendable>: Sendable {
        let metric: Metric
        let value: @Sendable (EngineStatistics) -> Int
    }

    private let factory: any MetricsFactory
    private let dimensions: [(String, String)]
    private let counters: [Told<Counter>]
    private let gauges: [Told<Gauge>]
    private let reuseRate: Gauge
    private let timeToFirstToken: Timer
    private let timePerToken: Timer
    /// nil where no experts are streamed.
    private let experts: ExpertMetrics?

    init(_ factory: any MetricsFactory, model: String, streamsExperts: Bool) {
        let dimensions = [("model", model)]
        func counter(
            _ metric: ModelMetric, _ value: @escaping @Sendable (EngineStatistics) -> Int
        ) -> Told<Counter> {
            Told(
                metric: Counter(label: metric.rawValue, dimensions: dimensions, factory: factory),
                value: value)
        }
        func gauge(
            _ metric: ModelMetric, _ value: @escaping @Sendable (EngineStatistics) -> Int
        ) -> Told<Gauge> {
            Told(
                metric: Gauge(label: metric.rawValue, dimensions: dimensions, factory: factory), value: value)
        }
        func timer(_ metric: ModelMetric) -> Timer {
            Timer(label: metric.rawValue, dimensions: dimensions, factory: factory)
        }
        self.factory = factory
        self.dimensions = dimensions
        counters = [
            counter(.batches) { $0.batches }, counter(.promptTokens) { $0.promptTokens },
            counter(.generatedTokens) { $0.generatedTokens },
            counter(.requestedTokens) { $0.requestedTokens },
            counter(.reusedTokens) { $0.reusedTokens }, counter(.draftedTokens) { $0.draftedTokens },
            counter(.acceptedTokens) { $0.acceptedTokens }, counter(.pauses) { $0.pauses },
            counter(.drops) { $0.drops }, counter(.shifts) { $0.shifts },
        ]
        gauges = [
            gauge(.running) { $0.running }, gauge(.queued) { $0.queued }, gauge(.sessions) { $0.sessions },
            gauge(.cacheBytes) { $0.cacheBytes }, gauge(.cacheLimit) { $0.cacheLimit },
            gauge(.storedPrefixes) { $0.storedPrefixes },
        ]
        reuseRate = Gauge(label: ModelMetric.reuseRate.rawValue, dimensions: dimensions, factory: factory)
        timeToFirstToken = timer(.timeToFirstToken)
        timePerToken = timer(.timePerToken)
        experts = streamsExperts ? ExpertMetrics(factory, dimensions) : nil
    }

    /// Tells what has changed.
    func update(from last: EngineStatistics, to now: EngineStatistics) {
        for told in counters where told.value(now) != told.value(last) {
            told.metric.increment(by: told.value(now) - told.value(last))
        }
        for told in gauges where told.value(now) != told.value(last) {
            told.metric.record(told.value(now))
        }
        if now.requestedTokens != last.requestedTokens { reuseRate.record(now.hitRate) }
    }

    func update(from last: ExpertStatistics, to now: ExpertStatistics) {
        experts?.update(from: last, to: now)
    }

    func firstToken(after duration: Duration) { timeToFirstToken.recordNanoseconds(duration.nanoseconds) }

    package func token(after duration: Duration) { timePerToken.recordNanoseconds(duration.nanoseconds) }

    /// - Parameter reason: a `FinishReason`'s name, or `failed`.
    func ended(_ reason: String) {
        Counter(
            label: ModelMetric.generations.rawValue, dimensions: dimensions + [("reason", reason)],
            factory: factory
        ).increment()
    }
}

/// What streaming experts costs, in a caller's backend.
private struct ExpertMetrics: Sendable {
    private let hits: Counter
    private let misses: Counter
    private let bytes: Counter
    private let stalls: Counter
    private let hitRate: Gauge

    init(_ factory: any MetricsFactory, _ dimensions: [(String, String)]) {
        func counter(_ metric: ModelMetric) -> Counter {
            Counter(label: metric.rawValue, dimensions: dimensions, factory: factory)
        }
        hits = counter(.expertHits)
        misses = counter(.expertMisses)
        bytes = counter(.expertBytes)
        stalls = counter(.expertStalls)
        hitRate = Gauge(label: ModelMetric.expertHitRate.rawValue, dimensions: dimensions, factory: factory)
    }

    func update(from last: ExpertStatistics, to now: ExpertStatistics) {
        if now == last { return }
        hits.increment(by: now.hits - last.hits)
        misses.increment(by: now.misses - last.misses)
        bytes.increment(by: now.bytesRead - last.bytesRead)
        // Differences of whole numbers add up to the whole.
        stalls.increment(by: Int(now.stallSeconds * 1e6) - Int(last.stallSeconds * 1e6))
        hitRate.record(now.hitRate)
    }
}

extension Duration {
    /// Whole nanoseconds.
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
