import Compute
import GGUF
import Models

extension Model {
    /// Elements of an embedding.
    public var embeddingLength: Int { loaded.program.hiddenWidth }

    /// The vector that stands for a text: the hidden states after the final norm, pooled.
    ///
    /// - Parameters:
    ///   - text: begin and end tokens are added to it as the vocabulary asks.
    ///   - pooling: nil: what the file names (`ARCHITECTURE.pooling_type`), or the mean.
    ///   - normalize: scale the vector to length 1.
    /// - Returns: `embeddingLength` numbers.
    /// - Throws: `SwinferError` when the text has no tokens or too many for the context.
    public func embed(
        _ text: String, pooling: Pooling? = nil, normalize: Bool = true
    ) async throws -> [Float] {
        try await embed([tokenize(text)], pooling: pooling, normalize: normalize)[0]
    }

    /// The vectors of several texts, which go through the model in shared batches.
    public func embed(
        _ texts: [String], pooling: Pooling? = nil, normalize: Bool = true
    ) async throws -> [[Float]] {
        try await embed(texts.map { try tokenize($0) }, pooling: pooling, normalize: normalize)
    }

    /// The vectors of several sequences of tokens.
    public func embed(
        _ texts: [[Int32]], pooling: Pooling? = nil, normalize: Bool = true
    ) async throws -> [[Float]] {
        for tokens in texts {
            if tokens.isEmpty { throw SwinferError.emptyPrompt }
            if tokens.count > information.contextLength {
                throw SwinferError.promptTooLong(
                    tokens: tokens.count, contextLength: information.contextLength)
            }
        }
        let pooling = pooling ?? self.pooling
        do {
            return try await engine.perform { executor in
                var run = EmbeddingRun(executor, texts, pooling)
                try run.run()
                return run.vectors(normalize: normalize)
            }
        } catch {
            throw SwinferError(error)
        }
    }

    /// What the file names, or the mean.
    private var pooling: Pooling {
        let value = try? loaded.file.metadata.int("\(loaded.architecture).pooling_type")
        return value.flatMap { Pooling(metadata: $0) } ?? .mean
    }
}

/// Texts on their way through the model, several in a batch where they fit.
private struct EmbeddingRun {
    let executor: Executor
    let texts: [[Int32]]
    let pooling: Pooling
    /// Sums, in double precision so that long texts lose nothing.
    private var sums: [[Double]]
    private var row: [Float]

    init(_ executor: Executor, _ texts: [[Int32]], _ pooling: Pooling) {
        self.executor = executor
        self.texts = texts
        self.pooling = pooling
        row = [Float](repeating: 0, count: executor.program.hiddenWidth)
        sums = texts.map { _ in [] }
    }

    mutating func run() throws {
        var text = 0
        var position = 0
        var sequence: SequenceCache?
        while text < texts.count {
            var batch = Batch()
            var parts: [(text: Int, positions: Range<Int>)] = []
            var room = executor.options.batchLength
            while room > 0, text < texts.count {
                let tokens = texts[text]
                let end = min(tokens.count, position + room)
                let cache = try sequence ?? executor.makeSequence()
                batch.pieces.append(
                    Batch.Piece(
                        sequence: cache, position: position, tokens: tokens[position..<end], outputs: .none))
                parts.append((text, position..<end))
                room -= end - position
                let isWhole = end == tokens.count
                sequence = isWhole ? nil : cache
                position = isWhole ? 0 : end
                text += isWhole ? 1 : 0
            }
            try unsafe executor.run(batch)
            var first = 0
            for part in parts {
                pool(part.text, part.positions, firstRow: first)
                first += part.positions.count
            }
        }
    }

    private mutating func pool(_ text: Int, _ positions: Range<Int>, firstRow: Int) {
        for position in positions where isWanted(position, of: texts[text].count) {
            let number = firstRow + position - positions.lowerBound
            unsafe row.withUnsafeMutableBufferPointer { unsafe executor.hiddenState(row: number, into: $0) }
            if sums[text].isEmpty { sums[text] = [Double](repeating: 0, count: row.count) }
            for index in row.indices { sums[text][index] += Double(row[index]) }
        }
    }

    private func isWanted(_ position: Int, of count: Int) -> Bool {
        switch pooling {
        case .mean: true
        case .cls: position == 0
        case .last: position == count - 1
        }
    }

    func vectors(normalize: Bool) -> [[Float]] {
        zip(sums, texts).map { sum, tokens in
            var scale = pooling == .mean ? 1 / Double(tokens.count) : 1
            if normalize {
                let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
                // A vector of zeros has no direction and stays what it is.
                scale = length > 0 ? 1 / length : 0
            }
            return sum.map { Float($0 * scale) }
        }
    }
}
