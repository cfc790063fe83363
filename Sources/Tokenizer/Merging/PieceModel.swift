/// SentencePiece's merging: of the neighbours that make a token, those of the highest score merge first.
struct PieceModel: MergeModel, Sendable {
    let table: TextTable
    private let priorities: [UInt32]
    /// By token: false for those that text must not become.
    private let reachable: [Bool]
    /// Token of each byte for what has none by itself, -1 where there is none.
    private let byteTokens: [Token]
    private let unknown: Token?

    init(scores: [Float], table: TextTable, reachable: [Bool], unknown: Token?) {
        self.table = table
        self.reachable = reachable
        self.unknown = unknown
        priorities =
            scores.isEmpty ? Array(repeating: 0, count: table.count) : scores.map(Self.priority)
        byteTokens = (0...255).map { byte in
            let named = table.find(named: byteName(byte))
            return named >= 0 ? named : table.find(named: [UInt8(byte)])
        }
    }

    var hash: RollingHash { table.hash }

    /// A number that falls as the score rises, below the one that means no merge.
    private static func priority(_ score: Float) -> UInt32 {
        // What is no number is no reason to merge early. Adding zero makes -0 the 0 that it equals.
        let bits = score.isNaN ? (-Float.infinity).bitPattern : (score + 0).bitPattern
        let rising = bits >> 31 == 0 ? bits | 1 << 31 : ~bits
        return min(~rising, .max - 1)
    }

    @inline(__always)
    func endOfCharacter(in text: Span<UInt8>, at position: Int, before limit: Int) -> Int {
        min(limit, position + characterWidth(text[position]))
    }

    @inline(__always)
    func priority(
        _ left: UInt64, _ right: UInt64, _ range: Range<Int>, middle: Int, in text: Span<UInt8>
    ) -> UInt32 {
        guard range.count <= table.longest else { return .max }
        let joined = table.hash.joining(left, right, count: range.upperBound - middle)
        let found = table.find(joined, text, range)
        return found >= 0 && reachable[Int(found)] ? priorities[Int(found)] : .max
    }

    func wholeWord(_ range: Range<Int>, in text: Span<UInt8>) -> Token? { nil }

    @inline(__always)
    func append(
        _ symbol: UInt64, _ range: Range<Int>, in text: Span<UInt8>, to tokens: inout [Token]
    ) throws(TokenizerError) {
        let found = table.find(symbol, text, range)
        if found >= 0, reachable[Int(found)] {
            tokens.append(found)
            return
        }
        for index in range {
            let token = byteTokens[Int(text[index])]
            if token >= 0 {
                tokens.append(token)
            } else if let unknown {
                tokens.append(unknown)
            } else {
                throw .cannotEncode(byte: text[index])
            }
        }
    }
}
