import Dispatch
import Swinfer
import Synchronization

// The functions of include/swinfer.h. What C holds are retained objects.

public typealias TextCallback = @convention(c) (UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Int32

/// Writes a text with its zero byte, cut to what there is room for.
private func write(_ text: String, to error: UnsafeMutablePointer<CChar>?, _ size: Int) {
    guard let error = unsafe error, size > 0 else { return }
    var place = 0
    for byte in text.utf8.prefix(size - 1) {
        unsafe error[place] = CChar(bitPattern: byte)
        place += 1
    }
    unsafe error[place] = 0
}

@_cdecl("swinfer_load")
public func load(
    path: UnsafePointer<CChar>?, context: Int32, threads: Int32, error: UnsafeMutablePointer<CChar>?,
    errorSize: Int
) -> UnsafeMutableRawPointer? {
    var options = ModelOptions()
    if context > 0 { options.contextLength = Int(context) }
    if threads > 0 { options.threads = Int(threads) }
    do {
        let file = try unsafe path.map { unsafe String(cString: $0) } ?? BuiltInModel.path()
        let model = try Model(path: file, options: options)
        return unsafe Unmanaged.passRetained(model).toOpaque()
    } catch let failure {
        unsafe write("\(failure)", to: error, errorSize)
        return nil
    }
}

@_cdecl("swinfer_free")
public func free(model: UnsafeMutableRawPointer?) {
    if let model = unsafe model { unsafe Unmanaged<Model>.fromOpaque(model).release() }
}

@_cdecl("swinfer_session_new")
public func newSession(
    model: UnsafeMutableRawPointer?, error: UnsafeMutablePointer<CChar>?, errorSize: Int
) -> UnsafeMutableRawPointer? {
    guard let model = unsafe model else {
        unsafe write("swinfer_session_new: there is no model", to: error, errorSize)
        return nil
    }
    do {
        let session = try unsafe Unmanaged<Model>.fromOpaque(model).takeUnretainedValue().makeSession()
        return unsafe Unmanaged.passRetained(session).toOpaque()
    } catch let failure {
        unsafe write("\(failure)", to: error, errorSize)
        return nil
    }
}

@_cdecl("swinfer_session_free")
public func freeSession(session: UnsafeMutableRawPointer?) {
    if let session = unsafe session { unsafe Unmanaged<Session>.fromOpaque(session).release() }
}

@_cdecl("swinfer_cancel")
public func cancel(session: UnsafeMutableRawPointer?) {
    if let session = unsafe session {
        unsafe Unmanaged<Session>.fromOpaque(session).takeUnretainedValue().cancel()
    }
}

@_cdecl("swinfer_generate")
public func generate(
    session: UnsafeMutableRawPointer?, prompt: UnsafePointer<CChar>?, maxTokens: Int32, temperature: Float,
    seed: Int64, callback: TextCallback?, user: UnsafeMutableRawPointer?,
    error: UnsafeMutablePointer<CChar>?, errorSize: Int
) -> Int32 {
    guard let session = unsafe session, let prompt = unsafe prompt else {
        unsafe write("swinfer_generate: there is no session or no prompt", to: error, errorSize)
        return -1
    }
    var options = GenerationOptions()
    options.maxTokens = maxTokens < 0 ? nil : Int(maxTokens)
    options.temperature = temperature
    options.seed = seed < 0 ? nil : UInt64(seed)
    let text = unsafe String(cString: prompt)
    let owner = unsafe Unmanaged<Session>.fromOpaque(session).takeUnretainedValue()
    do {
        let stream = try owner.generate(text, options: options)
        let end = Ending()
        let callback = unsafe callback
        nonisolated(unsafe) let user = unsafe user
        Task {
            do {
                for try await event in stream {
                    switch event {
                    case .token(_, let text):
                        let stop = unsafe text.withCString { unsafe callback?($0, user) ?? 0 }
                        if stop != 0 { owner.cancel() }
                    case .finished(let reason, _): end.set(code(reason), nil)
                    default: break
                    }
                }
            } catch {
                end.set(-1, "\(error)")
            }
            end.close()
        }
        let (result, failure) = end.wait()
        if let failure { unsafe write(failure, to: error, errorSize) }
        return result
    } catch let failure {
        unsafe write("\(failure)", to: error, errorSize)
        return -1
    }
}

/// The numbers of swinfer.h.
private func code(_ reason: FinishReason) -> Int32 {
    switch reason {
    case .endOfText: 0
    case .length: 1
    case .contextFull: 2
    case .cancelled: 3
    default: 4
    }
}

/// What a waiting thread is told.
private final class Ending: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let state = Mutex<(Int32, String?)>((-1, nil))

    func set(_ code: Int32, _ error: String?) { state.withLock { $0 = (code, error) } }
    func close() { semaphore.signal() }
    func wait() -> (Int32, String?) {
        semaphore.wait()
        return state.withLock { $0 }
    }
}
