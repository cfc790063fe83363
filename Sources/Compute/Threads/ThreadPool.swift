import CNuma
import Glibc
import Kernels
import Synchronization

/// Persistent, pinned threads that run one body at a time, together with the calling thread.
///
/// A region starts in about a microsecond while the threads still spin, and after a longer
/// pause through a condition variable. One region at a time: callers are serialized by the
/// engine's thread.
package final class ThreadPool: @unchecked Sendable {
    package typealias Body = @Sendable (UnsafeRawPointer, inout Worker) -> Void

    let team: Team
    /// Which CPU each thread runs on; the first is the caller's.
    let cores: [Int]
    private var threads: [pthread_t] = []
    /// The caller's part of the team. Workers outlive regions, as their rounds go on.
    private var caller: Worker
    private let shared: UnsafeMutablePointer<Shared>

    /// What the threads see; reached by pointer so that a region touches no reference count.
    struct Shared: ~Copyable {
        let generation = Atomic<Int>(0)
        let sleepers = Atomic<Int>(0)
        let stop = Atomic<Bool>(false)
        var body: Body?
        var argument: UnsafeRawPointer?
        var mutex = pthread_mutex_t()
        var wake = pthread_cond_t()
    }

    /// Threads spin this many pauses (some tens of microseconds) before they park.
    private static let spinLimit = 4096

    /// - Parameters:
    ///   - count: threads including the caller's.
    ///   - cores: CPUs to pin to, one per thread; empty: threads are not pinned.
    package init(count: Int, cores: [Int]) {
        team = Team(count: max(1, count))
        self.cores = cores
        caller = Worker(thread: 0, team: team)
        shared = .allocate(capacity: 1)
        shared.initialize(to: Shared())
        pthread_mutex_init(&shared.pointee.mutex, nil)
        pthread_cond_init(&shared.pointee.wake, nil)
        for thread in 1..<max(1, count) {
            let start = Start(
                thread: thread, core: thread < cores.count ? cores[thread] : nil, team: team, shared: shared)
            var handle = pthread_t()
            let argument = UnsafeMutablePointer<Start>.allocate(capacity: 1)
            argument.initialize(to: start)
            let status = pthread_create(&handle, nil, { ThreadPool.threadMain($0!) }, argument)
            // Without its threads a team would wait for ever at its first barrier.
            precondition(status == 0, "cannot start compute thread \(thread): errno \(status)")
            threads.append(handle)
        }
    }

    deinit {
        shared.pointee.stop.store(true, ordering: .releasing)
        shared.pointee.generation.wrappingAdd(1, ordering: .acquiringAndReleasing)
        wakeSleepers()
        for thread in threads { pthread_join(thread, nil) }
        pthread_cond_destroy(&shared.pointee.wake)
        pthread_mutex_destroy(&shared.pointee.mutex)
        shared.deinitialize(count: 1)
        shared.deallocate()
        team.deallocate()
    }

    /// Runs `body(argument, worker)` once on every thread of the team and returns when all are done.
    package func run(_ argument: UnsafeRawPointer, _ body: @escaping Body) {
        shared.pointee.body = body
        shared.pointee.argument = argument
        shared.pointee.generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if shared.pointee.sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeSleepers() }
        body(argument, &caller)
        team.barrier()
    }

    private func wakeSleepers() {
        pthread_mutex_lock(&shared.pointee.mutex)
        pthread_cond_broadcast(&shared.pointee.wake)
        pthread_mutex_unlock(&shared.pointee.mutex)
    }

    private struct Start {
        let thread: Int
        let core: Int?
        let team: Team
        let shared: UnsafeMutablePointer<Shared>
    }

    private static func threadMain(_ raw: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let pointer = raw.assumingMemoryBound(to: Start.self)
        let start = pointer.move()
        pointer.deallocate()
        if let core = start.core { pinCurrentThread(to: core) }
        let shared = start.shared
        var worker = Worker(thread: start.thread, team: start.team)
        var seen = 0
        while true {
            var spins = 0
            while shared.pointee.generation.load(ordering: .acquiring) == seen {
                spins += 1
                if spins < spinLimit {
                    sw_pause()
                    continue
                }
                pthread_mutex_lock(&shared.pointee.mutex)
                shared.pointee.sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
                while shared.pointee.generation.load(ordering: .sequentiallyConsistent) == seen {
                    pthread_cond_wait(&shared.pointee.wake, &shared.pointee.mutex)
                }
                shared.pointee.sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                pthread_mutex_unlock(&shared.pointee.mutex)
            }
            seen = shared.pointee.generation.load(ordering: .acquiring)
            if shared.pointee.stop.load(ordering: .acquiring) { return nil }
            guard let body = shared.pointee.body, let argument = shared.pointee.argument else { continue }
            body(argument, &worker)
            start.team.barrier()
        }
    }
}

/// Keeps the calling thread on one CPU; without effect where that is not allowed.
func pinCurrentThread(to core: Int) {
    guard core >= 0, let mask = numa_allocate_cpumask() else { return }
    defer { numa_bitmask_free(mask) }
    guard core < Int(mask.pointee.size) else { return }
    numa_bitmask_setbit(mask, UInt32(core))
    numa_sched_setaffinity(0, mask)
}

extension ThreadPool {
    /// Pins the calling thread, which is to run the regions, to the first thread's core.
    func adoptCurrentThread() {
        if let core = cores.first { pinCurrentThread(to: core) }
    }
}
