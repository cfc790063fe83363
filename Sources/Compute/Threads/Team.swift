import Kernels
import Synchronization

/// What the threads of one parallel region share: a barrier and counters that hand out work.
///
/// Trivial on purpose: threads copy it and touch no reference count inside a region.
package struct Team: BitwiseCopyable {
    /// One counter to a cache line, so that threads do not disturb each other.
    struct Line: ~Copyable {
        let value = Atomic<Int>(0)
        private let padding: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
    }

    let count: Int
    private let arrived: UnsafeMutablePointer<Line>
    private let generation: UnsafeMutablePointer<Line>
    /// Three rounds of `count` counters. A round is used by one loop, while the next is zero
    /// and the one before is being reset.
    private let counters: UnsafeMutablePointer<Line>

    static let rounds = 3

    init(count: Int) {
        self.count = count
        arrived = .allocate(capacity: 2 + Team.rounds * count)
        for i in 0..<2 + Team.rounds * count { (arrived + i).initialize(to: Line()) }
        generation = arrived + 1
        counters = arrived + 2
    }

    func deallocate() {
        for i in 0..<2 + Team.rounds * count { (arrived + i).deinitialize(count: 1) }
        arrived.deallocate()
    }

    /// Waits until every thread of the team has come here.
    @inline(__always)
    func barrier() {
        if count == 1 { return }
        let current = generation.pointee.value.load(ordering: .relaxed)
        if arrived.pointee.value.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == count {
            arrived.pointee.value.store(0, ordering: .relaxed)
            generation.pointee.value.store(current &+ 1, ordering: .releasing)
            return
        }
        var spins = 0
        while generation.pointee.value.load(ordering: .acquiring) == current {
            spins &+= 1
            // Long waits mean that another process has our core: let it finish.
            if spins > 2048, spins & 63 == 0 { sw_yield() } else { sw_pause() }
        }
    }

    /// The counter of `thread` in a round.
    @inline(__always)
    func take(round: Int, thread: Int) -> Int {
        counters[round * count + thread].value.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    @inline(__always)
    func reset(round: Int, thread: Int) {
        counters[round * count + thread].value.store(0, ordering: .relaxed)
    }
}

/// One thread's view of a parallel region.
package struct Worker {
    let thread: Int
    let team: Team
    private var round = 0

    init(thread: Int, team: Team) {
        self.thread = thread
        self.team = team
    }

    @inline(__always)
    package func barrier() { team.barrier() }

    /// Runs `body` for every unit in 0..<units on some thread of the team, each once.
    ///
    /// Every thread owns a contiguous share and helps others once it is done, so neighbouring
    /// units stay on one core while a delayed core loses its work to the rest. All threads must
    /// call this in the same order, with a barrier between two calls.
    @inline(__always)
    package mutating func forEach(units: Int, _ body: (Int) -> Void) {
        let count = team.count
        if count == 1 {
            for unit in 0..<units { body(unit) }
            return
        }
        let current = round
        round = current + 1 == Team.rounds ? 0 : current + 1
        // The round after next was last used before the previous barrier, by nobody since.
        team.reset(round: round + 1 == Team.rounds ? 0 : round + 1, thread: thread)
        for step in 0..<count {
            var owner = thread + step
            if owner >= count { owner -= count }
            let first = units * owner / count
            let end = units * (owner + 1) / count
            while true {
                let unit = first + team.take(round: current, thread: owner)
                if unit >= end { break }
                body(unit)
            }
        }
    }

    /// The same, with units handed out in ascending order, whichever thread is free: for units that
    /// may have to wait for earlier ones.
    @inline(__always)
    package mutating func forEachInOrder(units: Int, _ body: (Int) -> Void) {
        let current = round
        round = current + 1 == Team.rounds ? 0 : current + 1
        team.reset(round: round + 1 == Team.rounds ? 0 : round + 1, thread: thread)
        while true {
            let unit = team.take(round: current, thread: 0)
            if unit >= units { break }
            body(unit)
        }
    }

    /// This thread's fixed share of `count` equal items.
    @inline(__always)
    func share(of items: Int) -> Range<Int> {
        items * thread / team.count..<items * (thread + 1) / team.count
    }
}
