/// A parsed template with every variable resolved to a slot: what the interpreter runs.
struct Program: Sendable {
    var body: [Statement]
    /// Where each occurrence of a name lives, by the number that the parser gave it.
    var references: [Reference]
    /// What the resolver knows about loops, macros and other scopes, by their `id`.
    var scopes: [ScopeInfo]
    var root: Scope
    var rootSlots: Int
}

/// A variable, seen from the function that uses it.
struct Reference: Sendable, Equatable {
    /// How many functions outwards: 0 is the one that runs.
    var hops: Int
    var slot: Int
}

/// What has to happen to a scope's variables when it is entered, and which to forget afterwards.
struct Scope: Sendable {
    enum Load: Sendable {
        /// Take the value from the rendering's context.
        case resolve(slot: Int, name: String)
        /// Start with the value of the outer variable of that name.
        case alias(slot: Int, from: Reference)
        case clear(slot: Int)
    }

    var loads: [Load] = []
    var slots: [Int] = []
}

/// jinja2 compiles a template to Python functions; macros, call blocks, recursive loops and loop
/// filters are functions of their own, with slots of their own.
enum ScopeInfo: Sendable {
    case unused
    case plain(Scope)
    case loop(LoopInfo)
    case macro(MacroInfo)
    case block(BlockInfo)
}

struct LoopInfo: Sendable {
    var scope: Scope
    var otherwise: Scope
    /// Slot of the variable `loop`, for loops that use it.
    var loopSlot: Int?
    /// Slots of a recursive loop's own function.
    var slotCount: Int
    var test: LoopTest?
}

/// The filter of a loop (`for x in y if test`) is a function of its own with its own copy of the
/// loop's target: it may run ahead of the body.
struct LoopTest: Sendable {
    var target: Target
    var scope: Scope
    var slotCount: Int
}

struct MacroInfo: Sendable {
    var scope: Scope
    var slotCount: Int
    var parameterSlots: [Int]
    var callerSlot: Int?
    var keywordsSlot: Int?
    var positionalSlot: Int?
    /// Whether `caller` is used in the body (also when it is a declared parameter).
    var usesCaller: Bool
}

struct BlockInfo: Sendable {
    var scope: Scope
    var slotCount: Int
    /// Variables of the template that the block sees.
    var visible: [(name: String, from: Reference)]
    /// Variables assigned at the top level, in the root's slots; seen by all blocks.
    var rootVisible: [(name: String, slot: Int)]
}
