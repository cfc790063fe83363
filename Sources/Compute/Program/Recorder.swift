/// Rows of numbers between two ops: as many rows as the batch has, `width` floats each.
public struct Value: Sendable, Equatable {
    let buffer: Int32
    public let width: Int
}

/// A value as the input of a product, possibly through an RMS norm that the product's op
/// computes itself.
public struct Input {
    let source: Source
    public var width: Int { source.width }
}

/// Writes a model's forward pass down as a flat program of coarse ops.
///
/// A model calls these functions once, at load. The functions check widths and throw
/// `ComputeError.invalidConfiguration` on a mismatch, so that contradictory metadata is an
/// error at load and never a wild read later.
public final class Recorder {
    /// The layer whose number goes into names such as "attn_out-3"; nil outside layers.
    public var layer: Int?

    var operations: [Operation] = []
    private(set) var names: [String] = []
    var buffers: [BufferPlan] = []
    var ropes: [Rope] = []
    var caches: [AttentionCacheSpec] = []
    var states: [RecurrentStateSpec] = []
    var planKeys: [AttentionPlanKey] = []
    var expertLayers: [ExpertsOperation] = []
    private(set) var vocabularySize = 0
    /// Cache that a layer's attention made, for layers that read it again.
    var cacheOfLayer: [Int: Int] = [:]
    let memory = ProgramMemory()

    public init() {}

    /// A buffer's width and the ops between which it lives.
    struct BufferPlan {
        let width: Int
        var first: Int
        var last: Int
    }

    // MARK: Ops

    /// Rows of the embedding table, times `scale`. Name: "inp_embd".
    public func embed(_ table: Weight, scale: Float = 1) throws(ComputeError) -> Value {
        try expect(
            vocabularySize == 0 || table.rows == vocabularySize,
            "embeddings of \(table.rows) and of \(vocabularySize) tokens")
        setVocabulary(table.rows)
        let output = value(width: table.columns)
        append(
            .embed(EmbedOperation(table: table, scale: scale, output: output.buffer, name: name("inp_embd"))))
        return output
    }

    /// x / sqrt(mean(x^2) + epsilon) * weight, computed by the op that takes it as its input.
    ///
    /// Fewer weights than the rows have elements stand for segments of the rows, each with a mean
    /// of its own.
    public func normalize(_ x: Value, _ weight: Vector, epsilon: Float, name: String) throws(ComputeError)
        -> Input
    {
        try expect(
            weight.count > 0 && x.width % weight.count == 0,
            "norm of \(weight.count) weights on rows of \(x.width)")
        return Input(
            source: Source(
                buffer: x.buffer, width: x.width, norm: weight.base, segment: weight.count,
                epsilon: epsilon, name: self.name(name)))
    }

    /// A value as it is.
    public func plain(_ x: Value) -> Input {
        Input(
            source: Source(
                buffer: x.buffer, width: x.width, norm: nil, segment: x.width, epsilon: 0, name: -1))
    }

    /// One of several products of the same input.
    public struct Projection {
        let weight: Weight
        let bias: Vector?
        let name: String
        public init(_ weight: Weight, bias: Vector? = nil, name: String) {
            self.weight = weight
            self.bias = bias
            self.name = name
        }
    }

    /// Products of one input with several matrices, in one op.
    public func project(_ x: Input, _ projections: [Projection]) throws(ComputeError) -> [Value] {
        try record(x, projections, into: projections.map { value(width: $0.weight.rows) }, accumulate: false)
    }

    /// target += weight x input + bias. Name: "NAME".
    public func project(
        _ x: Input, _ weight: Weight, bias: Vector? = nil, addTo target: Value, name: String
    ) throws(ComputeError) {
        try expect(
            target.width == weight.rows, "\(name): \(weight.rows) outputs added to rows of \(target.width)")
        _ = try record(x, [Projection(weight, bias: bias, name: name)], into: [target], accumulate: true)
    }

    private func record(
        _ x: Input, _ projections: [Projection], into outputs: [Value], accumulate: Bool
    ) throws(ComputeError) -> [Value] {
        var products: [Product] = []
        for (projection, output) in zip(projections, outputs) {
            let weight = projection.weight
            try expect(
                weight.columns == x.width,
                "\(projection.name): matrix of \(weight.columns) columns on rows of \(x.width)")
            if let bias = projection.bias {
                try expect(
                    bias.count == weight.rows, "\(projection.name): bias of \(bias.count) for \(weight.rows)")
            }
            products.append(
                Product(
                    weight: weight, bias: projection.bias?.base, output: output.buffer,
                    accumulate: accumulate,
                    name: name(projection.name)))
        }
        use(x)
        outputs.forEach(use)
        append(
            .project(
                ProjectOperation(
                    source: x.source, products: memory.store(products), count: products.count,
                    anyQuantized: products.contains { $0.weight.quantized })))
        return outputs
    }

    /// target += norm(x), for models that normalize what a block gives back. Name: "NAME".
    public func add(_ x: Input, to target: Value, name: String) throws(ComputeError) {
        try add([x], to: target, name: name)
    }

    /// target = scale x (target + norm(sum of the terms)). Name: "NAME".
    ///
    /// - Parameters:
    ///   - terms: one or two, each through its own norm first.
    ///   - norm: weights of the RMS norm of their sum; nil: the sum as it is.
    public func add(
        _ terms: [Input], norm: Vector? = nil, epsilon: Float = 0, to target: Value, scale: Float = 1,
        name: String
    ) throws(ComputeError) {
        try expect(terms.count == 1 || terms.count == 2, "\(name): \(terms.count) terms")
        for x in terms {
            try expect(
                x.width == target.width, "\(name): rows of \(x.width) added to rows of \(target.width)")
            use(x)
        }
        if let norm {
            try expect(
                norm.count == target.width, "\(name): norm of \(norm.count) on rows of \(target.width)")
        }
        use(target)
        append(
            .add(
                AddOperation(
                    source: terms[0].source, second: terms.count > 1 ? terms[1].source : nil,
                    norm: norm?.base, epsilon: epsilon, scale: scale, target: target.buffer,
                    name: self.name(name))))
    }

    /// The logits of the rows whose outputs are wanted. Name: "result_output".
    ///
    /// - Parameters:
    ///   - softcap: logits become softcap * tanh(logit / softcap); 0: none.
    ///   - scale: factor on the logits.
    public func head(_ x: Input, _ weight: Weight, softcap: Float = 0, scale: Float = 1) throws(ComputeError)
    {
        try expect(
            weight.columns == x.width, "output matrix of \(weight.columns) columns on rows of \(x.width)")
        try expect(
            vocabularySize == weight.rows,
            "output matrix of \(weight.rows) rows for \(vocabularySize) embeddings")
        use(x)
        append(.head(HeadOperation(source: x.source, weight: weight, softcap: softcap, scale: scale)))
    }

    // MARK: Bookkeeping

    func setVocabulary(_ rows: Int) { vocabularySize = rows }

    func expect(_ condition: Bool, _ text: @autoclosure () -> String) throws(ComputeError) {
        if !condition {
            let place = layer.map { "layer \($0): " } ?? ""
            throw ComputeError.invalidConfiguration(place + text())
        }
    }

    func value(width: Int) -> Value {
        buffers.append(BufferPlan(width: width, first: operations.count, last: operations.count))
        return Value(buffer: Int32(buffers.count - 1), width: width)
    }

    func use(_ value: Value) { buffers[Int(value.buffer)].last = operations.count }
    func use(_ input: Input) { buffers[Int(input.source.buffer)].last = operations.count }

    func append(_ operation: Operation) { operations.append(operation) }

    func name(_ base: String) -> Int32 {
        names.append(layer.map { "\(base)-\($0)" } ?? base)
        return Int32(names.count - 1)
    }

    func index<Element: Equatable>(of element: Element, in list: inout [Element]) -> Int {
        if let index = list.firstIndex(of: element) { return index }
        list.append(element)
        return list.count - 1
    }
}

/// Arrays that a program's ops point into.
final class ProgramMemory: @unchecked Sendable {
    private var blocks: [UnsafeMutableRawPointer] = []

    func store<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        block.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(block))
        return UnsafePointer(block)
    }

    deinit { for block in blocks { block.deallocate() } }
}
