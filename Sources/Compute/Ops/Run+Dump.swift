extension Run {
    /// Hands the named results of an op to the dump hook.
    func dumpResults(of operation: Operation) {
        guard let hook = dump else { return }
        func give(_ name: Int32, _ values: UnsafePointer<Float>, _ width: Int, _ count: Int) {
            if name < 0 { return }
            hook.pointee.body(
                hook.pointee.names[Int(name)], width, UnsafeBufferPointer(start: values, count: count * width)
            )
        }
        func giveBuffer(_ name: Int32, _ index: Int32) {
            give(name, buffer(index), widths[Int(index)], rows)
        }
        /// Normalized rows never leave the op; what it prepared is still there.
        func giveSource(_ source: Source) {
            if source.norm == nil { return }
            give(source.name, rows == 1 ? locals[0].floats : preparedFloats, source.width, rows)
        }
        switch operation {
        case .embed(let o): giveBuffer(o.name, o.output)
        case .predictionInput(let o): giveBuffer(o.name, o.output)
        case .project(let o):
            giveSource(o.source)
            for index in 0..<o.count { giveBuffer(o.products[index].name, o.products[index].output) }
        case .attention(let o): giveBuffer(o.name, o.output)
        case .latent(let o): giveBuffer(o.name, o.output)
        case .deltaNet(let o): giveBuffer(o.name, o.output)
        case .selectKeys: break
        case .feedForward(let o):
            giveSource(o.source)
            giveBuffer(o.name, o.output)
        case .experts(let o):
            giveSource(o.source)
            giveBuffer(o.name, o.output)
        case .add(let o): giveBuffer(o.name, o.target)
        case .head(let o):
            if outputCount > 0 {
                hook.pointee.body(
                    "result_output", o.weight.rows,
                    UnsafeBufferPointer(start: logits, count: outputCount * o.weight.rows))
            }
        }
    }
}
