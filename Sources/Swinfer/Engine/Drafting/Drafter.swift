import Compute

/// Tells how a text probably goes on, at less cost than the model. Lives on the engine's thread.
protocol Drafter: AnyObject, Sendable {
    /// What probably follows a text of which the model has evaluated all but the last token.
    func propose(for text: [Int32], _ memory: SessionMemory, _ wish: DraftWish) throws -> Draft

    /// The model has evaluated some tokens of a text, whose next one is known; their rows in its last
    /// batch begin at `row`.
    func observe(
        _ text: [Int32], evaluated: Range<Int>, row: Int, of model: Executor, _ memory: SessionMemory
    ) throws
}

/// What a generation wants of a drafter.
struct DraftWish {
    /// Tokens at most.
    var limit: Int
    /// A draft ends before a token that is less likely than this.
    var leastProbability: Float
    /// Tokens that the text may not have.
    var forbidden: [Int32]
    /// What the text may look like; nil: anything.
    var path: DraftPath?
    /// Tokens of the text that the drafter may take in beforehand, if it is far behind.
    var readLimit: Int
}

/// What a drafter has to say.
enum Draft {
    /// It has taken in a part of the text, and comes to the end of it later.
    case reading
    case tokens([Int32])
}

/// What a drafter knows of a session's text. Touched on the engine's thread.
class DraftMemory {
    let cache: SequenceCache

    init(_ cache: SequenceCache) { self.cache = cache }

    /// The session took over another text, or another's memory of its own.
    func textWasReplaced() {}
}

extension Executor {
    /// The most likely token after the last row of the last batch that may come there; nil: it is less likely than
    /// wished.
    func likeliestToken(_ wish: inout DraftWish) -> Int32? {
        let logits = unsafe logits(output: 0)
        guard let start = logits.baseAddress else { return nil }
        let count = program.vocabularySize
        for token in wish.forbidden where token >= 0 && Int(token) < count {
            unsafe start[Int(token)] = -.infinity
        }
        var token = unsafe Sampler.largest(UnsafeBufferPointer(start: start, count: count))
        if wish.path?.follow(token) == false {
            unsafe wish.path?.refuse(UnsafeMutableBufferPointer(start: start, count: count))
            token = unsafe Sampler.largest(UnsafeBufferPointer(start: start, count: count))
            guard unsafe start[Int(token)].isFinite, wish.path?.follow(token) == true else { return nil }
        }
        let maximum = unsafe start[Int(token)]
        guard maximum.isFinite else { return nil }
        if wish.leastProbability == 0 { return token }
        let sum = unsafe LogitScan.exponentialSum(start, count, reference: maximum)
        return 1 / sum >= Double(wish.leastProbability) ? token : nil
    }
}
