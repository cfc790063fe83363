package import Grammar
import Synchronization
import Tokenizer

extension Model {
    /// A matcher of a constraint on this model's vocabulary.
    ///
    /// - Throws: `SwinferError.invalidConstraint` with the place of what is wrong.
    package func matcher(_ constraint: OutputConstraint) throws(SwinferError) -> GrammarMatcher {
        let tokenizer = tokenizer
        guard tokenizer.vocabulary.hasText else {
            throw .invalidConstraint("this model's vocabulary has no text that a grammar could match")
        }
        let program = try constraint.program { name in
            let tokens = try? tokenizer.encode(name, addSpecial: false, parseSpecial: true)
            return tokens?.count == 1 ? tokens?.first : nil
        }
        return matcher(program)
    }

    /// A matcher of a grammar on this model's vocabulary, whose tree is built once.
    package func matcher(_ program: GrammarProgram) -> GrammarMatcher {
        let trie = tokenTrie.withLock { known in
            let trie = known ?? TokenTrie(vocabulary: tokenizer.vocabulary)
            known = trie
            return trie
        }
        return GrammarMatcher(program: program, trie: trie)
    }
}
