// Operations+Delta.swift: the op of gated delta net layers.

/// A gated delta net: linear attention whose state is a matrix per value head.
struct DeltaNetOperation: BitwiseCopyable {
    /// [2 x key heads x key dimensions + value heads x value dimensions], before the convolution.
    var mixed: Int32
    /// [value heads x value dimensions]
    var gate: Int32
    /// [value heads], before the sigmoid; and before the softplus.
    var beta: Int32
    var alpha: Int32
    var output: Int32
    var keyHeads: Int
    var valueHeads: Int
    var keyDimensions: Int
    var valueDimensions: Int
    /// Value heads of a key head stand together; otherwise every `keyHeads`-th belongs to it.
    var grouped: Bool
    /// [kernel][channels]
    var convolution: UnsafePointer<Float>
    var kernel: Int
    /// [value heads]: what is added to alpha, and minus the decay's rate.
    var alphaBias: UnsafePointer<Float>
    var rate: UnsafePointer<Float>
    /// [value dimensions]
    var norm: UnsafePointer<Float>
    var epsilon: Float
    /// Index of the layer's state in a sequence's memory.
    var state: Int
    var name: Int32

    var channels: Int { 2 * keyHeads * keyDimensions + valueHeads * valueDimensions }
    var valueHeadsPerKey: Int { valueHeads / keyHeads }

    /// The n-th value head that belongs to a key head.
    @inline(__always)
    func valueHead(_ n: Int, of keyHead: Int) -> Int {
        grouped ? keyHead * valueHeadsPerKey + n : n * keyHeads + keyHead
    }
}
