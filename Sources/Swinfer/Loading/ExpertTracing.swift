import Compute
import Experts
import GGUF
import Models
import Synchronization

/// Keeps what a model's runs teach about its experts: saved counts, the preloading that uses
/// them, and recorded routings.
final class ExpertTracing: Sendable {
    private let executor: Executor
    private let path: String?
    private let preloader: ExpertPreloader?
    private let recorder: RoutingRecorder?
    private let state: Mutex<State>

    private struct State {
        /// Of earlier runs, and what this one had counted when it was last saved.
        var saved: ExpertCounts?
        var counted: [[Int64]]
    }

    init(_ placement: Placement, _ file: GGUFFile, _ options: ModelOptions) throws {
        executor = placement.executor
        let keeps = options.keepsExpertCounts && placement.loaded.program.expertLayerCount > 0
        path = keeps ? ExpertCounts.path(for: file) : nil
        state = Mutex(
            State(
                saved: placement.earlier,
                counted: placement.loaded.program.expertCounts.map { Array(repeating: 0, count: $0) }))
        recorder = try options.recordExperts.map {
            try RoutingRecorder(path: $0, layers: placement.loaded.program.expertCounts)
        }
        if let scheduler = placement.scheduler {
            let preloader = ExpertPreloader()
            if let earlier = placement.earlier {
                preloader.start(scheduler, earlier)
            } else {
                preloader.start(scheduler)
            }
            self.preloader = preloader
        } else {
            preloader = nil
        }
        if let recorder { executor.observeRouting(recorder) }
    }

    deinit {
        preloader?.stop()
        save()
    }

    /// Counted routings of all runs, this one's so far included.
    var counts: ExpertCounts {
        let now = executor.expertPopularity()
        return state.withLock { state in
            let new = zip(now, state.counted).map { zip($0, $1).map { $0 &- $1 } }
            return state.saved?.adding(new) ?? ExpertCounts(new)
        }
    }

    /// Writes the counts to the user's cache, if anything was counted since the last time, and what
    /// was recorded to its file.
    func save() {
        recorder?.flush()
        guard let path else { return }
        let now = executor.expertPopularity()
        state.withLock { state in
            let new = zip(now, state.counted).map { zip($0, $1).map { $0 &- $1 } }
            guard new.joined().contains(where: { $0 != 0 }) else { return }
            let sum = state.saved?.adding(new) ?? ExpertCounts(new)
            if sum.write(path) {
                state.saved = sum
                state.counted = now
            }
        }
    }
}
