import Compute

extension ModelOptions {
    /// How a streamed model's files are read.
    public enum ReadMethod: String, Sendable, Equatable, CaseIterable {
        /// A ring where the kernel offers one and files can be read past the page cache, else threads.
        case auto
        /// Positional reads by a few threads.
        case threads
        /// io_uring; refused where the kernel does not offer it.
        case ring
    }
}

extension ModelOptions.ReadMethod {
    var compute: Compute.ReadMethod {
        switch self {
        case .auto: .auto
        case .threads: .threads
        case .ring: .ring
        }
    }
}
