/// Why a download did not come to its end.
public enum DownloadError: Error, Sendable, Equatable, CustomStringConvertible {
    case badAddress(String)
    case unreachable(url: String, reason: String)
    /// The server answered with an error status.
    case refused(url: String, status: Int)
    case redirects(url: String, reason: String)
    /// The answer contradicts itself or what was known before.
    case badAnswer(url: String, reason: String)
    /// The connection broke again and again; what came is kept.
    case brokenOff(url: String, received: Int, expected: Int?)
    case wrongDigest(path: String, expected: String, found: String)
    case diskFull(path: String, needed: Int, free: Int)
    case cannotWrite(path: String, reason: String)
    case notFound(what: String, hint: String)
    case cancelled

    public var description: String {
        switch self {
        case .badAddress(let address): "'\(address)' is no address: expected http:// or https://"
        case .unreachable(let url, let reason):
            "\(url): cannot be reached: \(reason); check the network, then try again"
        case .refused(let url, let status):
            switch status {
            case 401, 403:
                "\(url): the server refuses access (\(status)); accept the model's terms there and set HF_TOKEN"
            case 404: "\(url): not there (404); check owner, repository and file name"
            case 429: "\(url): too many requests (429); wait a while, or set HF_TOKEN"
            default: "\(url): the server answers \(status); try again later"
            }
        case .redirects(let url, let reason): "\(url): the redirect cannot be followed: \(reason)"
        case .badAnswer(let url, let reason): "\(url): \(reason); try again, or another mirror"
        case .brokenOff(let url, let received, let expected):
            "\(url): the connection broke off after \(received)\(expected.map { " of \($0)" } ?? "") bytes; the same command goes on from there"
        case .wrongDigest(let path, let expected, let found):
            "\(path): the file arrived damaged (SHA-256 \(found), expected \(expected)) and was removed; pull it again"
        case .diskFull(let path, let needed, let free):
            "\(path): \(needed) bytes are needed and \(free) are free; make room or choose another folder with --output"
        case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
        case .notFound(let what, let hint): "\(what): \(hint)"
        case .cancelled: "stopped; the same command goes on from there"
        }
    }
}
