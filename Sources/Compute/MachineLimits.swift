import Glibc
import Kernels

/// What this machine's cores can do at most, measured with the threads of an executor: the two
/// limits that token generation and prompt reading run into.
public struct MachineLimits: Sendable, Equatable {
    /// Bytes per second that all threads together read from memory.
    public var readBandwidth: Double
    /// int8 multiply and add operations per second (two per multiply-accumulate); 0 where
    /// the level in use has no kernel to measure it with.
    public var int8Rate: Double
}

/// A stretch of work and how much of it there was; threads add up what they did.
private struct LimitRun {
    var bytes: UnsafePointer<UInt8>
    var count: Int
    var rounds: Int
    var sink: UnsafeMutablePointer<UInt64>
    var kernels: UnsafePointer<sw_kernels>
}

extension Executor {
    /// Measures the limits: medians of several short runs (about half a second together).
    ///
    /// - Parameter byteCount: memory that is read over and over; far beyond any cache.
    /// - Throws: `ComputeError.outOfMemory` when the buffer to read is refused.
    public func measureLimits(byteCount: Int = 512 << 20) throws(ComputeError) -> MachineLimits {
        // Shared out, so that each thread reads its own part.
        let arena = try Arena(byteCount: byteCount, hugePages: true)
        memset(arena.base, 1, arena.byteCount)
        let sink = UnsafeMutablePointer<UInt64>.allocate(capacity: threadCount * 8)
        sink.initialize(repeating: 0, count: threadCount * 8)
        defer { sink.deallocate() }
        var run = LimitRun(
            bytes: UnsafePointer(arena.base.assumingMemoryBound(to: UInt8.self)), count: arena.byteCount,
            rounds: 0,
            sink: sink, kernels: sw_kernels_active())
        let bandwidth = median(7) {
            seconds(&run) { run, worker in
                let share = worker.share(of: run.count / 4096)
                run.sink[worker.thread * 8] &+= run.kernels.pointee.read_bytes(
                    run.bytes + share.lowerBound * 4096, share.count * 4096)
            }
        }
        run.rounds = 4_000_000
        let rounds = median(5) {
            seconds(&run) { run, worker in
                run.sink[worker.thread * 8] &+= UInt64(
                    truncatingIfNeeded: run.kernels.pointee.int8_rounds(run.rounds))
            }
        }
        let operations =
            Double(run.rounds) * Double(threadCount) * Double(run.kernels.pointee.int8_round_operations)
        return MachineLimits(
            readBandwidth: Double(arena.byteCount) / bandwidth, int8Rate: operations / rounds)
    }

    private func seconds(
        _ run: inout LimitRun, _ body: @escaping @Sendable (LimitRun, borrowing Worker) -> Void
    ) -> Double {
        let start = ContinuousClock.now
        withUnsafePointer(to: &run) { pointer in
            pool.run(UnsafeRawPointer(pointer)) { argument, worker in
                body(argument.assumingMemoryBound(to: LimitRun.self).pointee, worker)
            }
        }
        let (whole, atto) = start.duration(to: ContinuousClock.now).components
        return Double(whole) + Double(atto) * 1e-18
    }

    private func median(_ count: Int, _ body: () -> Double) -> Double {
        let sorted = (0..<count).map { _ in body() }.sorted()
        return sorted[count / 2]
    }
}
