import Foundation
import Synchronization

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// One request without redirects, as a session of its own.
final class WebRequest: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
        var answer: WebAnswer?
        var failure: (any Error)?
        var stopped = false
        var received = 0
        var continuation: CheckedContinuation<WebAnswer, any Error>?
    }

    private let address: String
    private let earlier: [String: String]
    private let begin: @Sendable (WebAnswer) throws -> Bool
    private let piece: @Sendable (Data) throws -> Void
    private let state = Mutex(State())

    /// - Parameter earlier: headers of answers that led here.
    init(
        _ address: String, _ earlier: [String: String],
        _ begin: @escaping @Sendable (WebAnswer) throws -> Bool,
        _ piece: @escaping @Sendable (Data) throws -> Void
    ) {
        self.address = address
        self.earlier = earlier
        self.begin = begin
        self.piece = piece
    }

    func run(_ request: URLRequest) async throws -> WebAnswer {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = request.timeoutInterval
        configuration.urlCache = nil
        configuration.httpShouldSetCookies = false
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        let task = session.dataTask(with: request)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.continuation = continuation }
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        completionHandler(start(response) ? .allow : .cancel)
    }

    /// Notes the head; whether the body is wanted.
    private func start(_ response: URLResponse) -> Bool {
        guard let response = response as? HTTPURLResponse else { return true }
        var headers = earlier
        for (name, value) in response.allHeaderFields {
            if let name = name as? String, let value = value as? String { headers[name.lowercased()] = value }
        }
        let answer = WebAnswer(url: address, status: response.statusCode, headers: headers)
        let known = state.withLock { state in
            defer { state.answer = answer }
            return state.answer != nil
        }
        guard !known, (200..<300).contains(response.statusCode) else { return true }
        do {
            if try begin(answer) { return true }
            state.withLock { $0.stopped = true }
        } catch {
            state.withLock { $0.failure = error }
        }
        return false
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        // A redirect's or an error's body is nobody's.
        let wanted = state.withLock { state in
            state.failure == nil && !state.stopped && (200..<300).contains(state.answer?.status ?? 0)
        }
        guard wanted else { return }
        do {
            try piece(data)
            state.withLock { $0.received += data.count }
        } catch {
            state.withLock { $0.failure = error }
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if let response = task.response, state.withLock({ $0.answer == nil }) { _ = start(response) }
        let (continuation, result) = state.withLock {
            state -> (CheckedContinuation<WebAnswer, any Error>?, Result<WebAnswer, any Error>) in
            let continuation = state.continuation
            state.continuation = nil
            return (continuation, outcome(state, error))
        }
        continuation?.resume(with: result)
    }

    private func outcome(_ state: State, _ error: (any Error)?) -> Result<WebAnswer, any Error> {
        if let failure = state.failure { return .failure(failure) }
        if let answer = state.answer, state.stopped || error == nil || !(200..<300).contains(answer.status) {
            return .success(answer)
        }
        if (error as? URLError)?.code == .cancelled { return .failure(DownloadError.cancelled) }
        let reason = error.map { $0.localizedDescription } ?? "no answer"
        return .failure(
            state.answer == nil
                ? DownloadError.unreachable(url: address, reason: reason)
                : DownloadError.brokenOff(url: address, received: state.received, expected: nil))
    }
}
