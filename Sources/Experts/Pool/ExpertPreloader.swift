import Compute
import Dispatch
import Glibc
import Synchronization

/// Fills a pool with the experts that were popular before, in the background, whenever nobody
/// waits for the disk.
package final class ExpertPreloader: Sendable {
    private let stopped = Atomic<Bool>(false)
    private let finished = DispatchGroup()

    package init() {}

    /// Starts reading, the hottest first, until the pool is full.
    package func start(_ scheduler: ExpertScheduler, _ counts: ExpertCounts) {
        let hottest = counts.hottest
        finished.enter()
        DispatchQueue.global(qos: .utility).async { [self] in
            var room = scheduler.slots
            var next = 0
            while room > 0, next < hottest.count, !stopped.load(ordering: .relaxed) {
                guard scheduler.store.reader.isIdle else {
                    usleep(500)
                    continue
                }
                let (layer, expert) = hottest[next]
                let result = scheduler.store.preload(layer: layer, expert: expert)
                if result == .later {
                    usleep(20_000)
                    continue
                }
                if result == .read { room -= 1 }
                next += 1
            }
            finished.leave()
        }
    }

    /// Starts reading for the first prompt, where nothing is known about which experts are popular.
    package func start(_ scheduler: ExpertScheduler) {
        finished.enter()
        DispatchQueue.global(qos: .utility).async { [self] in
            while !stopped.load(ordering: .relaxed), scheduler.store.readAheadOfPrompt() {}
            finished.leave()
        }
    }

    /// Stops reading and waits until it has.
    package func stop() {
        stopped.store(true, ordering: .relaxed)
        finished.wait()
    }

    /// Waits until everything is read.
    package func wait() { finished.wait() }
}
