/// How a streamed model's files are read.
package enum ReadMethod: String, Sendable, CaseIterable {
    /// The ring where the kernel offers it and files can be read past the page cache, which measured
    /// faster (docs/experts.md), else threads.
    case auto
    /// Positional reads by a few threads.
    case threads
    /// io_uring; refused where the kernel does not offer it.
    case ring
}

/// Performs a reader's requests, first come first served, some of them at once.
///
/// What every request comes to is told to a `ReadBoard`. Engines differ in nothing that a caller
/// sees but speed: what the kernel's answers mean is decided by `ReadFiles.step` for all.
protocol ReadEngine: AnyObject, Sendable {
    /// Puts reads in line.
    func submit(_ requests: UnsafeBufferPointer<FileReader.Request>)

    /// Whether no request waits for its turn: one more would delay nobody.
    var isIdle: Bool { get }

    /// Performs what is in line, and ends.
    func stop()
}
