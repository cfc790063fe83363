import Compute
import Experts
import GGUF
import Models

extension Model {
    /// How a model would lie in memory on this machine now, with the speed that its memory and disk
    /// let one expect: measures both, for one to two seconds. Loads no weights.
    ///
    /// - Throws: `SwinferError` when the file is no model, or the memory does not hold it.
    public static func plan(path: String, options: ModelOptions = ModelOptions()) throws(SwinferError)
        -> MemoryPlan
    {
        try options.validate()
        do {
            let file = try GGUFFile(path: path)
            let loaded = try Registry.load(file, expertsUsed: options.expertsUsed)
            var executorOptions = options.executor(trainedContext: loaded.contextLength)
            executorOptions.contextLength = min(executorOptions.contextLength, 1024)
            let executor = try Executor(loaded.program, options: executorOptions)
            let limits = try executor.measureLimits()
            let footprint = try ModelFootprint(loaded.program, options: executorOptions)
            var products: [TensorType: ProductRate] = [:]
            try executor.measureKernels(types: Set(footprint.work.keys.map(\.name))) { speed in
                guard let type = TensorType(name: speed.type) else { return }
                products[type] = ProductRate(
                    bandwidth: speed.bandwidthOfLongRows, rowSeconds: speed.rowSeconds,
                    operations: speed.panelRate)
            }
            let disk = try FileReader(file, method: options.readMethod.compute).measureBandwidth()
            var notes: [String] = []
            return try Placement.plan(
                loaded, options, options.executor(trainedContext: loaded.contextLength),
                Placement.earlierCounts(file, loaded.program, options, &notes),
                rates: MachineRates(
                    readBandwidth: limits.readBandwidth, int8Rate: limits.int8Rate, diskBandwidth: disk,
                    products: products))
        } catch { throw SwinferError(error) }
    }
}
