import Glibc

/// Positional reads by a few threads.
@safe
final class ReadThreads: ReadEngine, @unchecked Sendable {
    private let queue = ReadQueue()
    private var threads: [pthread_t] = []

    init(_ files: ReadFiles, _ board: ReadBoard, count: Int) {
        threads = (0..<max(1, count)).map { _ in
            startThread { [queue] in
                while let request = queue.next(waiting: true) {
                    board.finish(request, files.perform(request))
                }
            }
        }
    }

    var isIdle: Bool { queue.isEmpty }

    func submit(_ requests: UnsafeBufferPointer<FileReader.Request>) { queue.append(requests) }

    func stop() {
        queue.stop()
        for thread in threads { pthread_join(thread, nil) }
        threads.removeAll()
    }
}

/// Starts a thread that is to be joined.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        { raw in
            Unmanaged<ThreadBody>.fromOpaque(raw!).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(ThreadBody(body)).toOpaque())
    precondition(status == 0, "cannot start a reading thread: errno \(status)")
    return thread
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
