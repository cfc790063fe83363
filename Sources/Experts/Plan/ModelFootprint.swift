package import GGUF

/// What a model takes of memory, and what a token reads of it: everything that a memory plan
/// depends on, in bytes.
///
/// Made from a loaded program (`ModelFootprint(_:options:)`), or by hand from a model's published
/// shapes, for models that are not on this machine.
package struct ModelFootprint: Sendable, Equatable {
    /// The routed experts of one layer.
    public struct ExpertLayer: Sendable, Equatable {
        /// Experts in the layer.
        public var experts: Int
        /// Experts that one token is routed to.
        public var used: Int
        /// Bytes of one expert: gate, up and down together.
        public var bytesPerExpert: Int

        public init(experts: Int, used: Int, bytesPerExpert: Int) {
            self.experts = experts
            self.used = used
            self.bytesPerExpert = bytesPerExpert
        }

        /// Bytes of all experts of the layer.
        public var byteCount: Int { experts * bytesPerExpert }
        /// Bytes of the experts that one token is routed to.
        public var bytesPerToken: Int { used * bytesPerExpert }
    }

    /// Bytes of weights that must be in memory all the time: all but the routed experts and
    /// `rowTableBytes`.
    public var denseBytes: Int
    /// Bytes of tables of which a token reads a single row, such as token embeddings that are
    /// not the output matrix too. They count as dense where everything is in memory.
    public var rowTableBytes: Int
    /// Bytes of dense weights that generating one token reads.
    public var denseBytesPerToken: Int
    /// Layers with routed experts, in the program's order; empty for a dense model.
    public var expertLayers: [ExpertLayer]
    /// Bytes of keys and values that one more position takes in a sequence.
    public var cacheBytesPerToken: Int
    /// Bytes of recurrent state that a sequence takes, whatever its length.
    public var stateBytesPerSequence: Int
    /// Bytes of working memory: buffers between ops, one batch's rows.
    public var scratchBytes: Int
    /// int8 operations (two per multiply-accumulate) that one token takes.
    public var int8OperationsPerToken: Double
    /// Of these, the output matrix's: a prompt takes them once, for its last token.
    public var outputOperations: Double

    /// The products of a token by the type of their weights; empty: not known.
    public var work: [TensorType: ProductWork]

    public init(
        denseBytes: Int, rowTableBytes: Int = 0, denseBytesPerToken: Int? = nil,
        expertLayers: [ExpertLayer] = [], cacheBytesPerToken: Int = 0, stateBytesPerSequence: Int = 0,
        scratchBytes: Int = 0, int8OperationsPerToken: Double = 0, outputOperations: Double = 0,
        work: [TensorType: ProductWork] = [:]
    ) {
        self.denseBytes = denseBytes
        self.rowTableBytes = rowTableBytes
        self.denseBytesPerToken = denseBytesPerToken ?? denseBytes
        self.expertLayers = expertLayers
        self.cacheBytesPerToken = cacheBytesPerToken
        self.stateBytesPerSequence = stateBytesPerSequence
        self.scratchBytes = scratchBytes
        self.int8OperationsPerToken = int8OperationsPerToken
        self.outputOperations = outputOperations
        self.work = work
    }

    /// int8 operations of a prompt of `tokens`.
    public func promptOperations(_ tokens: Int) -> Double {
        Double(tokens) * (int8OperationsPerToken - outputOperations) + outputOperations
    }

    /// Bytes of all routed experts.
    public var expertBytes: Int { expertLayers.reduce(0) { $0 + $1.byteCount } }
    /// Bytes of the routed experts that one token needs, all layers together.
    public var expertBytesPerToken: Int { expertLayers.reduce(0) { $0 + $1.bytesPerToken } }
    /// Bytes of all weights.
    public var weightBytes: Int { denseBytes + rowTableBytes + expertBytes }
    /// Bytes of weights that generating one token reads.
    public var bytesPerToken: Int { denseBytesPerToken + expertBytesPerToken }
    /// Bytes of the largest expert.
    public var largestExpert: Int { expertLayers.map(\.bytesPerExpert).max() ?? 0 }

    /// Bytes of keys, values and state of `sequences` sequences of `positions` positions each.
    public func cacheBytes(positions: Int, sequences: Int = 1) -> Int {
        sequences * (positions * cacheBytesPerToken + stateBytesPerSequence)
    }

    /// The smallest pool that streaming works with: one token's experts, and what prompts are
    /// read through.
    public var smallestPool: Int {
        expertLayers.isEmpty ? 0 : expertBytesPerToken + transientBytes
    }

    /// Experts that pass through memory while a prompt is read, without being kept.
    public static let transientExperts = 8

    /// Bytes of the slots that prompts are read through.
    public var transientBytes: Int { ModelFootprint.transientExperts * largestExpert }
}
