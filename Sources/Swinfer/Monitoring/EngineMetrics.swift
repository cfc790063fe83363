import CoreMetrics
import Experts

/// A model's metrics in a caller's backend.
package struct EngineMetrics: Sendable {
    private typealias Statistic = any KeyPath<EngineStatistics, Int> & Sendable

    private let factory: any MetricsFactory
    private let dimensions: [(String, String)]
    private let counters: [(counter: Counter, statistic: Statistic)]
    private let gauges: [(gauge: Gauge, statistic: Statistic)]
    private let reuseRate: Gauge
    private let timeToFirstToken: Timer
    private let timePerToken: Timer
    /// nil where no experts are streamed.
    private let experts: ExpertMetrics?

    init(_ factory: any MetricsFactory, model: String, streamsExperts: Bool) {
        let dimensions = [("model", model)]
        func counter(_ metric: ModelMetric, _ statistic: Statistic) -> (Counter, Statistic) {
            (Counter(label: metric.rawValue, dimensions: dimensions, factory: factory), statistic)
        }
        func gauge(_ metric: ModelMetric, _ statistic: Statistic) -> (Gauge, Statistic) {
            (Gauge(label: metric.rawValue, dimensions: dimensions, factory: factory), statistic)
        }
        func timer(_ metric: ModelMetric) -> Timer {
            Timer(label: metric.rawValue, dimensions: dimensions, factory: factory)
        }
        self.factory = factory
        self.dimensions = dimensions
        counters = [
            counter(.batches, \.batches), counter(.promptTokens, \.promptTokens),
            counter(.generatedTokens, \.generatedTokens), counter(.requestedTokens, \.requestedTokens),
            counter(.reusedTokens, \.reusedTokens), counter(.draftedTokens, \.draftedTokens),
            counter(.acceptedTokens, \.acceptedTokens), counter(.pauses, \.pauses),
            counter(.drops, \.drops), counter(.shifts, \.shifts),
        ]
        gauges = [
            gauge(.running, \.running), gauge(.queued, \.queued), gauge(.sessions, \.sessions),
            gauge(.cacheBytes, \.cacheBytes), gauge(.cacheLimit, \.cacheLimit),
            gauge(.storedPrefixes, \.storedPrefixes),
        ]
        reuseRate = Gauge(label: ModelMetric.reuseRate.rawValue, dimensions: dimensions, factory: factory)
        timeToFirstToken = timer(.timeToFirstToken)
        timePerToken = timer(.timePerToken)
        experts = streamsExperts ? ExpertMetrics(factory, dimensions) : nil
    }

    /// Tells what has changed.
    func update(from last: EngineStatistics, to now: EngineStatistics) {
        for (counter, statistic) in counters where now[keyPath: statistic] != last[keyPath: statistic] {
            counter.increment(by: now[keyPath: statistic] - last[keyPath: statistic])
        }
        for (gauge, statistic) in gauges where now[keyPath: statistic] != last[keyPath: statistic] {
            gauge.record(now[keyPath: statistic])
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
