extension Executor {
    /// Negative log-probabilities of the tokens that followed the last batch's wanted rows.
    public func surprises(of tokens: [Int32]) -> [Double] {
        eachRow(tokens.count) { row, index, scratch in row.surprise(Int(tokens[index]), scratch) }
    }

    /// 16-bit words of a row as ``compressedLogits(rows:)`` gives it.
    public var compressedRowWords: Int { LogitRow.words(program.vocabularySize) }

    /// The first rows that the last batch wanted, as llama.cpp saves log-probabilities: two float32 and
    /// a 16-bit code for each token.
    public func compressedLogits(rows: Int) -> [UInt16] {
        let words = compressedRowWords
        var result = [UInt16](repeating: 0, count: rows * words)
        result.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let target = buffer.baseAddress!
            let done: [Bool] = eachRow(rows) { row, index, scratch in
                row.compress(into: target + index * words, scratch)
                return true
            }
            precondition(done.count == rows)
        }
        return result
    }

    /// The last batch's wanted rows against those of another model.
    ///
    /// - Parameters:
    ///   - tokens: that followed the rows
    ///   - base: a compressed row for each
    public func divergences(of tokens: [Int32], from base: ArraySlice<UInt16>) -> [RowDivergence] {
        let words = compressedRowWords
        precondition(base.count == tokens.count * words)
        return base.withUnsafeBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress!
            return eachRow(tokens.count) { row, index, scratch in
                row.diverge(from: base + index * words, token: Int(tokens[index]), scratch)
            }
        }
    }

    private func eachRow<Result: Sendable>(
        _ count: Int, _ body: @Sendable (LogitRow, Int, UnsafeMutablePointer<Float>) -> Result
    ) -> [Result] {
        let width = program.vocabularySize
        return [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
            nonisolated(unsafe) let target = buffer.baseAddress!
            nonisolated(unsafe) let rows = (0..<count).map { UnsafePointer(logits(output: $0).baseAddress!) }
            let shares = max(1, min(threadCount, count))
            let share = (count + shares - 1) / shares
            concurrently(pieces: shares) { piece in
                let scratch = UnsafeMutablePointer<Float>.allocate(capacity: width)
                defer { scratch.deallocate() }
                for index in piece * share..<max(piece * share, min(count, (piece + 1) * share)) {
                    (target + index).initialize(
                        to: body(LogitRow(values: rows[index], count: width), index, scratch))
                }
            }
            initialized = count
        }
    }
}
