public import GGUF

/// Sums of the squared inputs of every weight: which columns matter how much.
///
/// Give it to an executor (``Executor/inputCollector``), run batches, take it off, read ``sums``.
/// It costs nothing when it is off, and slows batches down a little when it is on.
@safe
public final class InputCollector: @unchecked Sendable {
    /// What came in for one tensor.
    public struct Sums: Sendable {
        public let name: String
        /// Inputs of a matrix.
        public let columns: Int
        /// Matrices that were chosen apart (experts); 1 for a dense tensor. Matrices that every token goes
        /// through (latent attention's, one per head) count as one, with the columns of all of them.
        public let matrices: Int
        /// [matrices][columns] sums of squares.
        public internal(set) var squares: [Float]
        /// [matrices] rows that went in.
        public internal(set) var counts: [Int]
    }

    struct Entry {
        let name: String
        let columns: Int
        let matrices: Int
        /// Whether tokens choose among the matrices.
        let areChosen: Bool
        let squares: UnsafeMutablePointer<Float>
        let counts: UnsafeMutablePointer<Int>
    }

    private var entries: [Entry] = []
    /// Which entry a tensor has, by where its bytes begin and by its name.
    private var places: [UInt: Int] = [:]
    private var names: [String: Int] = [:]

    /// - Parameter file: the model that the executor runs, the same object
    public init(_ file: GGUFFile) {
        for tensor in file.tensors where tensor.dimensions.count > 1 {
            let matrices = tensor.dimensions.count > 2 ? tensor.dimensions[2] : 1
            let count = tensor.rowElements * matrices
            let squares = UnsafeMutablePointer<Float>.allocate(capacity: count)
            squares.initialize(repeating: 0, count: count)
            let counts = UnsafeMutablePointer<Int>.allocate(capacity: matrices)
            counts.initialize(repeating: 0, count: matrices)
            places[UInt(bitPattern: file.bytes(of: tensor).baseAddress)] = entries.count
            names[tensor.name] = entries.count
            entries.append(
                Entry(
                    name: tensor.name, columns: tensor.rowElements, matrices: matrices,
                    areChosen: tensor.name.contains("exps"), squares: squares, counts: counts))
        }
    }

    /// Knows a streamed model's tensors where they lie in memory, too.
    func learn(_ memory: WeightMemory) {
        for (name, place) in memory.places { places[UInt(bitPattern: place)] = names[name] }
    }

    deinit {
        for entry in entries {
            entry.squares.deallocate()
            entry.counts.deallocate()
        }
    }

    /// What was collected of the tensors that any input went into, by name.
    public var sums: [Sums] {
        entries.compactMap { entry in
            let counts = Array(UnsafeBufferPointer(start: entry.counts, count: entry.matrices))
            guard counts.contains(where: { $0 > 0 }) else { return nil }
            let squares = UnsafeBufferPointer(start: entry.squares, count: entry.matrices * entry.columns)
            return Sums(
                name: entry.name, columns: entry.areChosen ? entry.columns : squares.count,
                matrices: entry.areChosen ? entry.matrices : 1, squares: Array(squares),
                counts: entry.areChosen ? counts : [counts[0]])
        }
        .sorted { $0.name < $1.name }
    }

    func entry(of weight: Weight) -> Entry? {
        places[UInt(bitPattern: weight.base)].map { entries[$0] }
    }
}

extension Run {
    /// Adds the squares of a weight's inputs. Every thread of the team calls it and takes some of
    /// the columns.
    ///
    /// - Parameters:
    ///   - matrix: which of the weight's matrices
    ///   - index: the rows of the input; nil: the first `count`
    func collect(
        _ weight: Weight, matrix: Int = 0, _ input: UnsafePointer<Float>, stride: Int,
        index: UnsafePointer<Int32>? = nil, count: Int, thread: Int
    ) {
        guard let collector, count > 0,
            let entry = collector.takeUnretainedValue().entry(of: weight), entry.columns == weight.columns,
            matrix < entry.matrices
        else { return }
        let first = weight.columns * thread / threads
        let end = weight.columns * (thread + 1) / threads
        let sums = entry.squares + matrix * weight.columns
        for place in 0..<count {
            let row = input + (index.map { Int($0[place]) } ?? place) * stride
            for column in first..<end { sums[column] += row[column] * row[column] }
        }
        if thread == 0 { entry.counts[matrix] += count }
    }

    /// Inputs of a product with a matrix for every head.
    func collectHeads(_ product: HeadProduct, thread: Int) {
        for head in 0..<product.weight.matrices {
            collect(
                product.weight, matrix: head, product.input + head * product.inputStep,
                stride: product.inputStride, count: product.rows, thread: thread)
        }
    }
}
