/// Byte pair encoding: neighbours merge in the order of the file's list.
///
/// What merges need not be tokens; only what is left in the end is looked up.
struct BytePairModel: MergeModel, Sendable {
    let table: TextTable
    private let ignoresMerges: Bool
    private let keepsLineFeedRuns: Bool
    private let isByteLevel: Bool

    private let merges: MergeTable
    /// By token: false for those that text must not become.
    private let reachable: [Bool]
    /// Token of each byte for what has none by itself, -1 where there is none.
    private let byteTokens: [Token]

    init(merges: TextList, preTokenizer: PreTokenizer, table: TextTable, reachable: [Bool]) {
        ignoresMerges = preTokenizer.ignoresMerges
        keepsLineFeedRuns = preTokenizer.keepsLineFeedRuns
        isByteLevel = preTokenizer.isByteLevel
        self.merges = MergeTable(merges, table)
        self.table = table
        self.reachable = reachable
        if isByteLevel {
            byteTokens = (0...255).map { 0x21...0x7E ~= $0 ? table.find(named: [UInt8($0)]) : -1 }
        } else {
            byteTokens = (0...255).map { table.find(named: byteName($0)) }
        }
    }

    var hash: RollingHash { table.hash }

    @inline(__always)
    func endOfCharacter(in text: Span<UInt8>, at position: Int, before limit: Int) -> Int {
        isByteLevel ? position + 1 : min(limit, position + characterWidth(text[position]))
    }

    @inline(__always)
    func priority(
        _ left: UInt64, _ right: UInt64, _ range: Range<Int>, middle: Int, in text: Span<UInt8>
    ) -> UInt32 {
        merges.rank(table.hash.pair(left, right))
    }

    func wholeWord(_ range: Range<Int>, in text: Span<UInt8>) -> Token? {
        guard ignoresMerges || (keepsLineFeedRuns && range.allSatisfy { text[$0] == 0x0A }) else {
            return nil
        }
        let found = table.find(text, range)
        return isToken(found) ? found : nil
    }

    private func isToken(_ number: Int32) -> Bool {
        number >= 0 && reachable[Int(number)]
    }

    /// What has no token is written byte by byte, and bytes without a token are left out, as in llama.cpp.
    @inline(__always)
    func append(
        _ symbol: UInt64, _ range: Range<Int>, in text: Span<UInt8>, to tokens: inout [Token]
    ) throws(TokenizerError) {
        let found = table.find(symbol, text, range)
        if isToken(found) {
            tokens.append(found)
            return
        }
        for index in range where isToken(byteTokens[Int(text[index])]) {
            tokens.append(byteTokens[Int(text[index])])
        }
    }
}
