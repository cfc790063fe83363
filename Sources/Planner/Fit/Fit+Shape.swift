extension Fit {
    /// A model of the catalog in one mix.
    public init(
        _ shape: ModelShape, _ mix: Mix, _ settings: RunSettings, machine: Machine, device: Machine.Device
    ) {
        self.init(
            model: shape.name, parameters: shape.parameterCount,
            activeParameters: shape.activeParameterCount, mix: mix,
            footprint: shape.footprint(in: mix, settings), steps: shape.stepsPerToken, machine: machine,
            device: device, context: settings.context, batch: settings.batch)
    }

    /// Slower than this, a smaller quantization is the better choice.
    static let usefulRate = 5.0

    /// The best mix that stays in memory with this context; where none does, the best that streams at a
    /// useful rate, else the fastest; where nothing runs, the smallest.
    public static func best(
        _ shape: ModelShape, _ settings: RunSettings, machine: Machine, device: Machine.Device,
        mixes: [Mix]? = nil
    ) -> Fit? {
        let mixes = mixes ?? shape.usualMixes
        var streamed: Fit?
        var last: Fit?
        for mix in mixes {
            let fit = Fit(shape, mix, settings, machine: machine, device: device)
            // Rows that are no whole blocks fall back to larger types: then a mix saves nothing.
            if let last, fit.weightBytes >= last.weightBytes { continue }
            if fit.verdict < .streamed { return fit }
            if fit.verdict == .streamed, (streamed?.decode ?? 0) < min(usefulRate, fit.decode ?? 0) {
                streamed = fit
            }
            last = fit
        }
        return streamed ?? last
    }
}

extension ModelShape {
    /// Mixes that files of this model come in, the best first.
    public var usualMixes: [Mix] {
        // Published with experts of four bits; better ones hold nothing more.
        architecture == "gpt-oss" ? [.mxfp4] : Mix.ladder
    }
}
