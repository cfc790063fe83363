// Operations.swift: the ops of a recorded program.
//
// All of them are trivial values: threads walk the list and copy what they need, without a
// reference count or an existential. Arrays lie in memory that the program owns.

/// Where an op reads its rows, and the RMS norm they pass through first (if any).
struct Source: BitwiseCopyable {
    var buffer: Int32
    var width: Int
    var norm: UnsafePointer<Float>?
    /// Elements that one norm covers: the width, or a part of it that repeats with the same weights.
    var segment: Int
    var epsilon: Float
    /// Name of the normalized rows, for the dump hook; -1: none.
    var name: Int32
}

/// output (+)= weight x source + bias
struct Product: BitwiseCopyable {
    var weight: Weight
    var bias: UnsafePointer<Float>?
    var output: Int32
    var accumulate: Bool
    var name: Int32
}

struct EmbedOperation: BitwiseCopyable {
    var table: Weight
    var scale: Float
    var output: Int32
    var name: Int32
}

struct ProjectOperation: BitwiseCopyable {
    var source: Source
    var products: UnsafePointer<Product>
    var count: Int
    var anyQuantized: Bool
}

/// An RMS norm of query, key or value vectors.
struct HeadNormStep: BitwiseCopyable {
    /// nil: ones.
    var weight: UnsafePointer<Float>?
    /// One mean over all heads of a row, instead of one per head.
    var allHeads: Bool
    var afterRotation: Bool
}

struct AttentionOperation: BitwiseCopyable {
    /// -1, like `turnedQuery` and `output`, where they are latent attention's.
    var query: Int32
    /// Columns from one query head to the next in `query`; in `turnedQuery` they lie end to end.
    var queryStep: Int
    /// Through a sigmoid, factors on the first head's results; other heads' follow `queryStep` apart.
    var gate: Columns?
    /// Which keys rows look at, where those are the values too; nil: those of the plan.
    var selection: KeySelection?
    /// Where the turned queries go: `query` itself, unless a norm reads all heads of a row while
    /// other threads turn some of them.
    var turnedQuery: Int32
    /// -1: the keys and values that another layer wrote.
    var key: Int32
    var value: Int32
    var output: Int32
    var heads: Int
    var kvHeads: Int
    var keyDimensions: Int
    var valueDimensions: Int
    var queryNorm: HeadNormStep?
    var keyNorm: HeadNormStep?
    var valueNorm: HeadNormStep?
    var epsilon: Float
    var temperature: QueryTemperature?
    /// Index of the rope table; -1: positions are not encoded.
    var rope: Int32
    var ropeDimensions: Int
    var ropePairing: Int32
    var scale: Float
    var softcap: Float
    var sinks: UnsafePointer<Float>?
    /// Index of the cache layer and of the plan of key ranges.
    var cache: Int
    var plan: Int
    var name: Int32
}

/// Some of the columns of a buffer, as many as their use needs.
struct Columns: BitwiseCopyable {
    var buffer: Int32
    var first: Int
    var stride: Int
}

struct FeedForwardOperation: BitwiseCopyable {
    var source: Source
    var pair: GatedPair
    /// What the activated gate is multiplied with instead of the product with `pair.up`.
    var factors: Columns?
    var down: Weight
    var output: Int32
    var accumulate: Bool
    var name: Int32
}

/// A feed-forward block that every token passes beside its routed experts.
struct SharedExpertStep: BitwiseCopyable {
    var pair: GatedPair
    var down: Weight
    /// One row whose product with the input, through a sigmoid, weights the result.
    var scale: Weight?
}

/// Two products of the same input that an activation joins.
struct GatedPair: BitwiseCopyable {
    var gate: Weight
    var up: Weight
    /// [rows], or [experts][rows] for the weights of experts
    var gateBias: UnsafePointer<Float>?
    var upBias: UnsafePointer<Float>?
    var activation: Activation

    var quantized: Bool { gate.quantized || up.quantized }
    var floats: Bool { !gate.quantized || !up.quantized }

    /// One expert's.
    @inline(__always)
    func matrix(_ which: Int) -> GatedPair {
        GatedPair(
            gate: gate.matrix(which), up: up.matrix(which), gateBias: gateBias.map { $0 + which * up.rows },
            upBias: upBias.map { $0 + which * up.rows }, activation: activation)
    }
}

extension GatedPair {
    /// One expert's, where a scheduler has put it.
    @inline(__always)
    func matrix(_ which: Int, at place: ExpertPlace) -> GatedPair {
        GatedPair(
            gate: gate.matrix(at: place.gate), up: up.matrix(at: place.up),
            gateBias: gateBias.map { $0 + which * up.rows }, upBias: upBias.map { $0 + which * up.rows },
            activation: activation)
    }
}

struct ExpertsOperation: BitwiseCopyable {
    var source: Source
    /// What the router reads, where that is not what the experts read.
    var routerSource: Source?
    var router: Weight
    var routerBias: UnsafePointer<Float>?
    var pair: GatedPair
    var down: Weight
    /// [experts][output width]
    var downBias: UnsafePointer<Float>?
    /// [experts] factors on what the experts give
    var downScale: UnsafePointer<Float>?
    var shared: SharedExpertStep?
    var count: Int
    var used: Int
    var routing: Routing
    var output: Int32
    var accumulate: Bool
    /// Index among the program's expert layers, for traces.
    var layer: Int
    var name: Int32
}

/// target = scale x (target + norm(source + second))
struct AddOperation: BitwiseCopyable {
    var source: Source
    var second: Source?
    var norm: UnsafePointer<Float>?
    var epsilon: Float
    var scale: Float
    var target: Int32
    var name: Int32
}

struct HeadOperation: BitwiseCopyable {
    var source: Source
    var weight: Weight
    var softcap: Float
    var scale: Float
}

enum Operation: BitwiseCopyable {
    case embed(EmbedOperation)
    case predictionInput(PredictionInputOperation)
    case project(ProjectOperation)
    case attention(AttentionOperation)
    case latent(LatentOperation)
    case deltaNet(DeltaNetOperation)
    case selectKeys(SelectKeysOperation)
    case feedForward(FeedForwardOperation)
    case experts(ExpertsOperation)
    case add(AddOperation)
    case head(HeadOperation)
}

/// The nonlinearity between gate and down.
public enum Activation: Sendable, BitwiseCopyable {
    /// silu(gate) * up
    case silu
    /// gelu(gate) * up, the tanh form
    case gelu
    /// gpt-oss: g = min(gate, limit), u = up within +-limit; g * sigmoid(alpha * g) * (u + 1)
    case swiGLUClamped(alpha: Float, limit: Float)
}
