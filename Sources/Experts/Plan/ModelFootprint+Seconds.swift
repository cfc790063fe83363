import GGUF

extension ModelFootprint {
    /// Seconds that a generated token's weights take when all are in memory.
    public func weightSeconds(_ rates: MachineRates) -> Double {
        var known = 0.0
        var seconds = 0.0
        for (type, work) in work {
            guard let product = rates.products[type], product.bandwidth > 0 else { continue }
            known += work.bytes
            seconds +=
                work.bytes / min(rates.readBandwidth, product.bandwidth) + work.rows * product.rowSeconds
        }
        return seconds + max(0, Double(bytesPerToken) - known) / rates.readBandwidth
    }

    /// Seconds that the products of a prompt of `tokens` take.
    public func promptProductSeconds(_ tokens: Int, _ rates: MachineRates) -> Double {
        var seconds = 0.0
        var known = 0.0
        for (type, work) in work {
            let operations = Double(tokens) * work.operations + work.outputOperations
            if let product = rates.products[type], product.operations > 0 {
                seconds += operations / product.operations
                if type.isQuantized { known += operations }
            }
        }
        return seconds + max(0, promptOperations(tokens) - known) / rates.int8Rate
    }
}
