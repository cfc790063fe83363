/// A thread's memory for one key head of a delta net over a chunk of tokens.
struct DeltaScratch: BitwiseCopyable {
    /// [chunk][key dimensions]: convolved and normalized; the queries scaled too.
    var queries: UnsafeMutablePointer<Float>
    var keys: UnsafeMutablePointer<Float>
    /// [chunk][value dimensions]: convolved; then what the state learns.
    var values: UnsafeMutablePointer<Float>
    /// [chunk][value dimensions]: results of the state alone, then of the chunk
    var results: UnsafeMutablePointer<Float>
    var inner: UnsafeMutablePointer<Float>
    /// [value dimensions][chunk] and [key dimensions][chunk]
    var turnedValues: UnsafeMutablePointer<Float>
    var turnedKeys: UnsafeMutablePointer<Float>
    /// [chunk][chunk]: key x key, query x key; and one of them with its decay
    var keyProducts: UnsafeMutablePointer<Float>
    var queryProducts: UnsafeMutablePointer<Float>
    var decayed: UnsafeMutablePointer<Float>
    /// [value dimensions][key dimensions]
    var update: UnsafeMutablePointer<Float>
    /// [chunk] beta, and the logarithm of the decay since before the chunk
    var rates: UnsafeMutablePointer<Float>
    var decays: UnsafeMutablePointer<Float>

    /// Tokens that are taken together as matrix products.
    static let chunk = 64
    /// Fewer tokens than this go one by one.
    static let chunkedTokens = 8

    /// Where everything lies, for heads of these sizes; nil base: only counts.
    init(_ base: UnsafeMutablePointer<Float>, keyDimensions: Int, valueDimensions: Int) {
        let chunk = DeltaScratch.chunk
        var next = base
        func take(_ floats: Int) -> UnsafeMutablePointer<Float> {
            defer { next += (floats + 15) & ~15 }
            return next
        }
        queries = take(chunk * keyDimensions)
        keys = take(chunk * keyDimensions)
        values = take(chunk * valueDimensions)
        results = take(chunk * valueDimensions)
        inner = take(chunk * valueDimensions)
        turnedValues = take(chunk * valueDimensions)
        turnedKeys = take(chunk * keyDimensions)
        keyProducts = take(chunk * chunk)
        queryProducts = take(chunk * chunk)
        decayed = take(chunk * chunk)
        update = take(valueDimensions * keyDimensions)
        rates = take(chunk)
        decays = take(chunk)
    }

    /// Floats that `init` lays out.
    static func floats(keyDimensions: Int, valueDimensions: Int) -> Int {
        3 * (chunk * keyDimensions + 15) + 4 * (chunk * valueDimensions + 15) + 3 * chunk * chunk
            + valueDimensions * keyDimensions + 15 + 2 * chunk
    }
}
