/// What a header may hold. Real files stay far below each limit; a hostile one is stopped before it
/// costs more than some 64 MB of memory or a second of time.
enum Limits {
    /// Key-value pairs of a file.
    static let keys = 16_384
    /// Bytes of a key. The specification allows 65,535, real ones have fewer than 100.
    static let keyBytes = 1_024
    /// Tensors of a model, over all its files.
    static let tensors = 65_536
    /// Bytes of a tensor's name. llama.cpp takes 63.
    static let tensorNameBytes = 256
    /// Sizes of a tensor's shape.
    static let dimensions = 4
    /// Bytes of one string that is a value by itself (chat templates, whole tokenizer files).
    static let stringBytes = 48 << 20
    /// Elements of an array (the largest vocabularies have 262,144 tokens and 600,000 merges).
    static let arrayElements = 1 << 22
    /// Arrays in arrays in arrays.
    static let arrayDepth = 4
    /// Bytes of everything before the tensor data.
    static let headerBytes = 256 << 20
    /// `general.alignment`, in bytes.
    static let alignment = 1 << 24
    /// Files of a split model.
    static let shards = 512
}
