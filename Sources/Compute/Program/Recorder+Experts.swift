extension Recorder {
    /// A mixture-of-experts block.
    public struct Experts {
        /// [experts][input]
        public var router: Weight
        /// Added to the router's logits.
        public var routerBias: Vector?
        /// What the router reads; nil: what the experts read.
        public var routerInput: Input?
        /// gate, up: [experts][expert width][input]; down: [experts][output][expert width]
        public var gate: Weight
        public var up: Weight
        public var down: Weight
        /// [experts x expert width], [experts x expert width], [experts x output]
        public var gateBias: Vector?
        public var upBias: Vector?
        public var downBias: Vector?
        /// [experts] factors on what the experts give
        public var downScale: Vector?
        /// Experts per token.
        public var used: Int
        public var routing: Routing
        public var activation: Activation
        public var shared: SharedExpert?

        public init(
            router: Weight, gate: Weight, up: Weight, down: Weight, used: Int, routing: Routing,
            activation: Activation
        ) {
            self.router = router
            self.gate = gate
            self.up = up
            self.down = down
            self.used = used
            self.routing = routing
            self.activation = activation
        }
    }

    /// A feed-forward block of a width of its own that every token passes.
    public struct SharedExpert {
        let gate: Weight
        let up: Weight
        let down: Weight
        let scale: Weight?

        /// - Parameter scale: one row; its product with the input, through a sigmoid, weights the result.
        public init(gate: Weight, up: Weight, down: Weight, scale: Weight? = nil) {
            self.gate = gate
            self.up = up
            self.down = down
            self.scale = scale
        }
    }

    /// target += shared expert + sum over the chosen experts of weight x expert(input).
    /// Name: "ffn_moe_out".
    public func experts(_ x: Input, _ e: Experts, addTo target: Value) throws(ComputeError) {
        try record(x, e, into: target, accumulate: true)
    }

    /// Shared expert + sum over the chosen experts of weight x expert(input). Name: "ffn_moe_out".
    public func experts(_ x: Input, _ e: Experts) throws(ComputeError) -> Value {
        let output = value(width: e.down.rows)
        try record(x, e, into: output, accumulate: false)
        return output
    }

    private func record(
        _ x: Input, _ e: Experts, into target: Value, accumulate: Bool
    ) throws(ComputeError) {
        try check(e, width: x.width, output: target.width)
        let count = e.router.rows
        if let error = e.routing.problem(experts: count, used: e.used) {
            throw .invalidConfiguration((layer.map { "layer \($0): " } ?? "") + error)
        }
        use(x)
        if let input = e.routerInput { use(input) }
        use(target)
        let operation = ExpertsOperation(
            source: x.source, routerSource: e.routerInput?.source, router: e.router,
            routerBias: e.routerBias?.base,
            pair: GatedPair(
                gate: e.gate, up: e.up, gateBias: e.gateBias?.base, upBias: e.upBias?.base,
                activation: e.activation),
            down: e.down, downBias: e.downBias?.base, downScale: e.downScale?.base,
            shared: e.shared.map {
                SharedExpertStep(
                    pair: GatedPair(gate: $0.gate, up: $0.up, activation: e.activation), down: $0.down,
                    scale: $0.scale)
            },
            count: count, used: e.used, routing: e.routing, output: target.buffer, accumulate: accumulate,
            layer: expertLayers.count, name: name("ffn_moe_out"))
        expertLayers.append(operation)
        append(.experts(operation))
    }

    private func check(_ e: Experts, width: Int, output: Int) throws(ComputeError) {
        let count = e.router.rows
        try expect(
            e.gate.matrices == count && e.up.matrices == count && e.down.matrices == count
                && e.router.columns == (e.routerInput?.width ?? width)
                && e.gate.columns == width && e.up.columns == width && e.gate.rows == e.up.rows
                && e.down.columns == e.up.rows && e.down.rows == output,
            "expert matrices do not fit together")
        let vectors: [(Vector?, Int, String)] = [
            (e.routerBias, count, "router bias"), (e.gateBias, count * e.gate.rows, "gate bias"),
            (e.upBias, count * e.up.rows, "up bias"), (e.downBias, count * output, "down bias"),
            (e.downScale, count, "down scale"),
        ]
        for (vector, expected, name) in vectors {
            guard let vector else { continue }
            try expect(vector.count == expected, "\(name) of \(vector.count) for \(expected)")
        }
        if e.downScale != nil {
            // The scale is folded into the router's weight.
            try expect(
                e.downBias == nil && !e.routing.weightsInput,
                "experts with both a scale and a bias or weighted inputs are not supported")
        }
        guard let shared = e.shared else { return }
        try expect(e.routerInput == nil, "a shared expert beside a router with its own input")
        try expect(
            shared.gate.columns == width && shared.up.columns == width
                && shared.gate.rows == shared.up.rows && shared.down.columns == shared.up.rows
                && shared.down.rows == output,
            "the shared expert's matrices do not fit together")
        if let scale = shared.scale {
            try expect(scale.rows == 1 && scale.columns == width, "the shared expert's gate does not fit")
        }
    }
}
