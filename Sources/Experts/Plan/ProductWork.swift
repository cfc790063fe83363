/// What a token's products with weights of one type take.
package struct ProductWork: Sendable, Equatable {
    /// Bytes of weights that a generated token reads.
    public var bytes: Double
    /// Rows of weights that it multiplies with.
    public var rows: Double
    /// Operations (two per multiply-accumulate) of a prompt token, without the output matrix.
    public var operations: Double
    /// Those of the output matrix, which a prompt takes for its last token only.
    public var outputOperations: Double

    public init(
        bytes: Double = 0, rows: Double = 0, operations: Double = 0, outputOperations: Double = 0
    ) {
        self.bytes = bytes
        self.rows = rows
        self.operations = operations
        self.outputOperations = outputOperations
    }
}

/// How fast a machine's products with weights of one type are.
package struct ProductRate: Sendable, Equatable {
    /// Bytes of weights per second when one token is generated, in long rows: memory's bandwidth, or less
    /// where unpacking the type takes the cores longer.
    public var bandwidth: Double
    /// Seconds that each row takes besides.
    public var rowSeconds: Double
    /// Operations per second when many tokens are read together.
    public var operations: Double

    /// Without seconds for rows, these cost nothing besides their bytes.
    public init(bandwidth: Double, rowSeconds: Double = 0, operations: Double) {
        self.bandwidth = bandwidth
        self.rowSeconds = rowSeconds
        self.operations = operations
    }
}
