/// What a value must satisfy: the keywords of one or several schemas together, without references and
/// alternatives.
struct SchemaFacts {
    struct Bound {
        var value: ExactDecimal
        var isExclusive: Bool
    }

    /// A text of the schema, such as a pattern, and where it stands.
    struct Located {
        var text: String
        var pointer: String
    }

    /// `prefixItems` and `items` of one schema.
    struct Items {
        var prefix: [Int]
        /// nil: not said.
        var rest: Int?
    }

    /// `properties`, `patternProperties` and `additionalProperties` of one schema.
    struct Members {
        var named: [(name: String, schema: Int)]
        var patterns: [(pattern: Located, schema: Int)]
        /// nil: not said.
        var additional: Int?
    }

    /// Of the schema that these facts begin with.
    let pointer: String
    var kinds: SchemaKinds = .all
    var isTyped = false
    /// Kinds that keywords are about.
    var mentioned: SchemaKinds = []
    var allowed: [JSONValue]?
    var excluded: [(value: JSONValue, pointer: String)] = []

    var lower: Bound?
    var upper: Bound?
    var multiples: [(value: ExactDecimal, pointer: String)] = []

    var leastLength = 0
    var mostLength: Int?
    var patterns: [Located] = []
    var excludedPatterns: [Located] = []
    var formats: [Located] = []

    var items: [Items] = []
    var leastItems = 0
    var hasLeastItems = false
    var mostItems: Int?
    var unique: String?

    var members: [Members] = []
    var required: [String] = []
    var leastMembers = 0
    var leastMembersPointer = ""
    var mostMembers: Int?
    /// Schemas of the names.
    var names: [(schema: Int, pointer: String)] = []

    init(pointer: String) { self.pointer = pointer }

    /// The kinds that are generated: without a type, those that the keywords are about.
    var generatedKinds: SchemaKinds {
        isTyped || mentioned.isEmpty ? kinds : kinds.intersection(mentioned)
    }

    /// Whether any value will do.
    var isFree: Bool {
        kinds == .all && mentioned.isEmpty && allowed == nil && excluded.isEmpty
    }

    mutating func raiseLower(_ value: ExactDecimal, exclusive: Bool) {
        if let lower, value < lower.value || (value == lower.value && (lower.isExclusive || !exclusive)) {
            return
        }
        lower = Bound(value: value, isExclusive: exclusive)
    }

    mutating func sinkUpper(_ value: ExactDecimal, exclusive: Bool) {
        if let upper, upper.value < value || (value == upper.value && (upper.isExclusive || !exclusive)) {
            return
        }
        upper = Bound(value: value, isExclusive: exclusive)
    }

    mutating func allow(_ values: [JSONValue]) {
        allowed = allowed.map { known in known.filter { values.contains($0) } } ?? values
    }
}
