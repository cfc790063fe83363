package import Compute
import GGUF

extension ModelFootprint {
    /// What a recorded program takes when it runs with these options.
    ///
    /// - Throws: `ComputeError` when cache types do not fit the model.
    public init(_ program: Program, options: ExecutorOptions) throws(ComputeError) {
        let sizes = try ProgramSizes(program, options: options)
        self.init(
            denseBytes: sizes.dense, rowTableBytes: sizes.rowTable,
            expertLayers: sizes.experts.map {
                ExpertLayer(experts: $0.count, used: $0.used, bytesPerExpert: $0.bytes)
            },
            cacheBytesPerToken: sizes.cachePerToken, stateBytesPerSequence: sizes.statePerSequence,
            scratchBytes: sizes.scratch, int8OperationsPerToken: sizes.int8Operations,
            outputOperations: sizes.outputOperations,
            work: Dictionary(
                uniqueKeysWithValues: sizes.work.compactMap { type, work in
                    TensorType(rawValue: UInt32(type)).map {
                        (
                            $0,
                            ProductWork(
                                bytes: work.bytes, rows: work.rows, operations: work.operations,
                                outputOperations: work.outputOperations)
                        )
                    }
                }))
    }
}
