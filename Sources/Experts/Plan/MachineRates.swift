package import GGUF

/// What a machine can do at most.
package struct MachineRates: Sendable, Equatable {
    /// Bytes per second that all compute threads together read from memory.
    public var readBandwidth: Double
    /// int8 operations per second (two per multiply-accumulate); 0: unknown.
    public var int8Rate: Double
    /// Bytes per second that large parallel reads get from the model's disk.
    public var diskBandwidth: Double
    /// Measured products by type of weights; those of other types are taken to reach the limits above.
    public var products: [TensorType: ProductRate]

    public init(
        readBandwidth: Double, int8Rate: Double = 0, diskBandwidth: Double,
        products: [TensorType: ProductRate] = [:]
    ) {
        self.products = products
        self.readBandwidth = readBandwidth
        self.int8Rate = int8Rate
        self.diskBandwidth = diskBandwidth
    }
}
