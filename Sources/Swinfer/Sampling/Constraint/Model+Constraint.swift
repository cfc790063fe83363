package import Grammar
import Synchronization
import Tokenizer

extension Model {
    /// A matcher of a constraint on this model's vocabulary.
    ///
    /// - Throws: `SwinferError.invalidConstraint` with the place of what is wrong.
    package func matcher(_ constraint: OutputConstraint) throws(SwinferError) -> GrammarMatcher {
        return try matcher(constraint.program(token: token(named:)))
    }

    /// A matcher of a grammar on this model's vocabulary, whose tree is built once.
    ///
    /// - Parameter rendered: control tokens that are text: their names.
    /// - Throws: `SwinferError.invalidConstraint` when the vocabulary has no text.
    package func matcher(
        _ program: GrammarProgram, rendered: Set<Int32> = []
    ) throws(SwinferError) -> GrammarMatcher {
        guard tokenizer.vocabulary.hasText else {
            throw .invalidConstraint("this model's vocabulary has no text that a grammar could match")
        }
        let trie = tokenTries.withLock { known in
            let trie = known[rendered] ?? TokenTrie(vocabulary: tokenizer.vocabulary, rendered: rendered)
            known[rendered] = trie
            return trie
        }
        return GrammarMatcher(program: program, trie: trie)
    }

    /// The token that a name in a grammar stands for.
    func token(named name: String) -> Int32? {
        let tokens = try? tokenizer.encode(name, addSpecial: false, parseSpecial: true)
        return tokens?.count == 1 ? tokens?.first : nil
    }
}
