/// Sets of call stacks, shared and without duplicates.
///
/// A set is a list of (place to return to, set of the stacks below it), with at most one entry for each
/// place, and a mark for the empty stack. Sets that hold the same stacks have the same number, so that
/// ambiguous grammars, whose stacks multiply, share all that their stacks have in common.
struct StackSets {
    struct Entry: Hashable {
        var place: Int32
        var below: Int32
    }

    private struct Key: Hashable {
        var hasEmpty: Bool
        var entries: [Entry]
    }

    /// The set of the empty stack alone.
    static let bottom: Int32 = 0

    private let program: GrammarProgram
    private var keys: [Key]
    private var numbers: [Key: Int32]
    private var unions: [UInt64: Int32] = [:]
    /// Places on the longest stack of each set.
    private(set) var depths: [Int32]
    /// Bytes that it takes at least to return through one of each set's stacks.
    private(set) var shortest: [Int]

    init(_ program: GrammarProgram) {
        self.program = program
        let bottom = Key(hasEmpty: true, entries: [])
        keys = [bottom]
        numbers = [bottom: Self.bottom]
        depths = [0]
        shortest = [0]
    }

    var count: Int { keys.count }

    func hasEmpty(_ set: Int32) -> Bool { keys[Int(set)].hasEmpty }
    func entries(_ set: Int32) -> [Entry] { keys[Int(set)].entries }

    /// The stacks of a set with a place on top.
    mutating func push(_ place: Int32, on set: Int32) -> Int32 {
        number(Key(hasEmpty: false, entries: [Entry(place: place, below: set)]))
    }

    /// The stacks of both sets.
    mutating func union(_ left: Int32, _ right: Int32) -> Int32 {
        if left == right { return left }
        let pair = UInt64(UInt32(min(left, right))) << 32 | UInt64(UInt32(max(left, right)))
        if let known = unions[pair] { return known }
        let (a, b) = (keys[Int(left)], keys[Int(right)])
        var entries: [Entry] = []
        var (i, j) = (0, 0)
        while i < a.entries.count || j < b.entries.count {
            if j == b.entries.count || (i < a.entries.count && a.entries[i].place < b.entries[j].place) {
                entries.append(a.entries[i])
                i += 1
            } else if i == a.entries.count || b.entries[j].place < a.entries[i].place {
                entries.append(b.entries[j])
                j += 1
            } else {
                let below = union(a.entries[i].below, b.entries[j].below)
                entries.append(Entry(place: a.entries[i].place, below: below))
                i += 1
                j += 1
            }
        }
        let result = number(Key(hasEmpty: a.hasEmpty || b.hasEmpty, entries: entries))
        unions[pair] = result
        return result
    }

    /// A set of another table in this one.
    mutating func adopt(_ set: Int32, of other: StackSets, _ known: inout [Int32: Int32]) -> Int32 {
        if let number = known[set] { return number }
        var key = other.keys[Int(set)]
        for index in key.entries.indices {
            key.entries[index].below = adopt(key.entries[index].below, of: other, &known)
        }
        let result = number(key)
        known[set] = result
        return result
    }

    private mutating func number(_ key: Key) -> Int32 {
        if let known = numbers[key] { return known }
        let result = Int32(keys.count)
        var depth: Int32 = 0
        var length = key.hasEmpty ? 0 : GrammarProgram.unreachable
        for entry in key.entries {
            depth = max(depth, depths[Int(entry.below)] + 1)
            length = min(length, program.shortest[Int(entry.place)] + shortest[Int(entry.below)])
        }
        keys.append(key)
        numbers[key] = result
        depths.append(depth)
        shortest.append(min(length, GrammarProgram.unreachable - 1))
        return result
    }
}
