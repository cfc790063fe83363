import Glibc

/// A request on its way: what to ask the kernel for next, and what its answer means.
struct OngoingRead: BitwiseCopyable {
    enum Outcome {
        /// The rest has to be asked for.
        case goesOn
        /// The file system opens files for direct reads and then refuses them.
        case refusedDirect
        /// An errno, `FileReader.shortRead`, or 0: all bytes are there.
        case ended(Int)
    }

    let request: FileReader.Request
    let isDirect: Bool
    private let start: Int
    private let target: UnsafeMutableRawPointer
    /// Bytes from `start` that there must be, and that are asked for: direct reads are of whole pages.
    private let wanted: Int
    private let whole: Int
    private var done = 0

    init(_ request: FileReader.Request, direct: Bool) {
        let page = FileReader.page
        let lead = direct ? request.offset % page : 0
        self.request = request
        isDirect = direct
        start = request.offset - lead
        target = request.target - lead
        wanted = lead + request.count
        whole = direct ? (wanted + page - 1) / page * page : wanted
    }

    /// The next read.
    var offset: Int { start + done }
    var count: Int { min(whole - done, 1 << 30) }
    var address: UnsafeMutableRawPointer { target + done }

    /// - Parameter result: bytes that the next read has brought, or a negative errno.
    mutating func take(_ result: Int) -> Outcome {
        if result < 0 {
            switch Int32(-result) {
            case EINTR, EAGAIN: return .goesOn
            case EINVAL where isDirect: return .refusedDirect
            default: return .ended(-result)
            }
        }
        if result == 0 { return .ended(FileReader.shortRead) }
        done += result
        if done >= wanted { return .ended(0) }
        if isDirect {
            // A direct read goes on where a page begins.
            let rest = done % FileReader.page
            if rest >= result { return .ended(FileReader.shortRead) }
            done -= rest
        }
        return .goesOn
    }
}
