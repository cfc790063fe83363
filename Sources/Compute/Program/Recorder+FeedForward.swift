extension Recorder {
    /// target += down x (activation(gate x input) * (up x input)). Name: "ffn_out".
    public func feedForward(
        _ x: Input, gate: Weight, up: Weight, down: Weight, activation: Activation, addTo target: Value
    ) throws(ComputeError) {
        try recordFeedForward(
            x, gate: gate, up: up, down: down, activation: activation, into: target, accumulate: true)
    }

    /// down x (activation(gate x input) * (up x input)). Name: "ffn_out".
    public func feedForward(
        _ x: Input, gate: Weight, up: Weight, down: Weight, activation: Activation
    ) throws(ComputeError) -> Value {
        let output = value(width: down.rows)
        try recordFeedForward(
            x, gate: gate, up: up, down: down, activation: activation, into: output, accumulate: false)
        return output
    }

    /// down x (activation(gate x input) * factors[first..<first + gate's rows]). Name: "ffn_out".
    public func feedForward(
        _ x: Input, gate: Weight, factors: Value, from first: Int, down: Weight, activation: Activation
    ) throws(ComputeError) -> Value {
        try expect(
            first >= 0 && first + gate.rows <= factors.width,
            "\(gate.rows) factors from \(first) on in rows of \(factors.width)")
        use(factors)
        let output = value(width: down.rows)
        try recordFeedForward(
            x, gate: gate, up: gate, down: down, activation: activation,
            factors: Columns(buffer: factors.buffer, first: first, stride: factors.width), into: output,
            accumulate: false)
        return output
    }

    private func recordFeedForward(
        _ x: Input, gate: Weight, up: Weight, down: Weight, activation: Activation,
        factors: Columns? = nil, into target: Value, accumulate: Bool
    ) throws(ComputeError) {
        try expect(
            gate.columns == x.width && up.columns == x.width && gate.rows == up.rows
                && down.columns == up.rows
                && down.rows == target.width,
            "feed-forward matrices do not fit together")
        use(x)
        use(target)
        append(
            .feedForward(
                FeedForwardOperation(
                    source: x.source, pair: GatedPair(gate: gate, up: up, activation: activation),
                    factors: factors, down: down, output: target.buffer, accumulate: accumulate,
                    name: name("ffn_out"))))
    }
}
