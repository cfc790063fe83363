extension Recorder {
    /// A gated delta net layer between its projections: a causal convolution over the last few
    /// tokens, then per value head a matrix S that decays and learns what its keys' values are:
    ///
    ///     S = exp(g) S;  S += k (beta (v - S'k))';  out = S'q
    ///
    /// From Gated DeltaNet (Yang et al. 2024, https://arxiv.org/abs/2412.06464).
    public struct DeltaNet {
        public var keyHeads: Int
        public var valueHeads: Int
        public var keyDimensions: Int
        public var valueDimensions: Int
        /// Value heads of a key head stand together; otherwise every `keyHeads`-th belongs to it.
        public var grouped: Bool
        /// [channels][kernel] as files have it
        public var convolution: Vector
        public var kernel: Int
        /// [value heads]
        public var alphaBias: Vector
        /// [value heads]: minus the rate of decay
        public var rate: Vector
        /// [value dimensions]: RMS norm of every head's result
        public var norm: Vector
        public var epsilon: Float

        public init(
            keyHeads: Int, valueHeads: Int, keyDimensions: Int, valueDimensions: Int, grouped: Bool,
            convolution: Vector, kernel: Int, alphaBias: Vector, rate: Vector, norm: Vector, epsilon: Float
        ) {
            self.keyHeads = keyHeads
            self.valueHeads = valueHeads
            self.keyDimensions = keyDimensions
            self.valueDimensions = valueDimensions
            self.grouped = grouped
            self.convolution = convolution
            self.kernel = kernel
            self.alphaBias = alphaBias
            self.rate = rate
            self.norm = norm
            self.epsilon = epsilon
        }

        var channels: Int { 2 * keyHeads * keyDimensions + valueHeads * valueDimensions }
    }

    /// The convolution, the recurrence, and the norm of its result times silu(gate).
    ///
    /// mixed: queries, keys and values of all heads one after the other; gate: [value heads x value
    /// dimensions]; beta, alpha: [value heads]; result: [value heads x value dimensions]. Name:
    /// "final_output".
    public func deltaNet(
        mixed: Value, gate: Value, beta: Value, alpha: Value, _ d: DeltaNet
    ) throws(ComputeError) -> Value {
        try check(d)
        let width = d.valueHeads * d.valueDimensions
        try expect(
            mixed.width == d.channels && gate.width == width && beta.width == d.valueHeads
                && alpha.width == d.valueHeads, "the inputs of the delta net do not fit its heads")
        states.append(
            RecurrentStateSpec(
                convolutionFloats: (d.kernel - 1) * d.channels,
                matrixFloats: width * d.keyDimensions))
        let output = value(width: width)
        for input in [mixed, gate, beta, alpha] { use(input) }
        // Neighbouring channels lie together, so that they are convolved at once.
        let taps = (0..<d.kernel).flatMap { tap in
            (0..<d.channels).map { d.convolution[$0 * d.kernel + tap] }
        }
        append(
            .deltaNet(
                DeltaNetOperation(
                    mixed: mixed.buffer, gate: gate.buffer, beta: beta.buffer, alpha: alpha.buffer,
                    output: output.buffer, keyHeads: d.keyHeads, valueHeads: d.valueHeads,
                    keyDimensions: d.keyDimensions, valueDimensions: d.valueDimensions, grouped: d.grouped,
                    convolution: memory.store(taps), kernel: d.kernel, alphaBias: d.alphaBias.base,
                    rate: d.rate.base, norm: d.norm.base, epsilon: d.epsilon, state: states.count - 1,
                    name: name("final_output"))))
        return output
    }

    private func check(_ d: DeltaNet) throws(ComputeError) {
        try expect(
            d.keyHeads > 0 && d.valueHeads > 0 && d.valueHeads % d.keyHeads == 0,
            "\(d.valueHeads) value heads do not divide among \(d.keyHeads) key heads")
        try expect(
            d.keyDimensions > 0 && d.keyDimensions <= 1024 && d.valueDimensions > 0
                && d.valueDimensions <= 1024,
            "delta net heads of \(d.keyDimensions) and \(d.valueDimensions) are outside 1...1024")
        try expect(d.kernel > 0 && d.kernel <= 64, "convolution over \(d.kernel) tokens")
        try expect(
            d.convolution.count == d.channels * d.kernel && d.alphaBias.count == d.valueHeads
                && d.rate.count == d.valueHeads && d.norm.count == d.valueDimensions,
            "the delta net's vectors do not fit its heads")
    }
}
