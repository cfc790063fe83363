/// Rules that are being put together to a grammar, from several sources.
package struct RuleSet {
    private(set) var rules: [GrammarExpression] = []
    private var places: [(name: String, place: GrammarError.Place)] = []
    /// Calls that may be open at once.
    private(set) var deepest: Int

    package init(deepest: Int = 256) { self.deepest = deepest }

    /// Adds a rule and returns its number.
    @discardableResult
    package mutating func add(_ rule: GrammarExpression, _ name: String) -> Int {
        add(rule, name, at: .whole)
    }

    @discardableResult
    mutating func add(_ rule: GrammarExpression, _ name: String, at place: GrammarError.Place) -> Int {
        rules.append(rule)
        places.append((name, place))
        return rules.count - 1
    }

    /// The number of a rule that is set later.
    package mutating func reserve(_ name: String) -> Int { add(.never, name) }

    package mutating func set(_ rule: Int, _ expression: GrammarExpression) { rules[rule] = expression }

    /// Adds another set's rules; returns what their numbers have grown by.
    mutating func add(_ other: RuleSet) -> Int {
        let offset = rules.count
        rules += other.rules.map { $0.shifted(by: offset) }
        places += other.places
        deepest = max(deepest, other.deepest)
        return offset
    }

    func place(_ rule: Int) -> (name: String, place: GrammarError.Place) {
        rule < places.count ? places[rule] : ("a repetition", .whole)
    }

    // MARK: Sources

    /// Adds a GBNF grammar; returns the number of its root.
    ///
    /// - Throws: as `GrammarProgram.init(gbnf:token:)`.
    package mutating func add(
        gbnf: String, token: @escaping (String) -> Int32?
    ) throws(GrammarError) -> Int {
        var parser = try GBNFParser(gbnf, resolve: token)
        let (rules, root) = try parser.parse()
        return root + add(rules)
    }

    /// Adds the values of a schema; returns the number of their rule.
    ///
    /// - Throws: as `GrammarProgram.init(schema:)`.
    package mutating func add(
        _ schema: JSONSchema, as dialect: ValueDialect = .json
    ) throws(GrammarError) -> Int {
        let (rules, root) = try SchemaCompiler.rules(schema.root, dialect)
        return root + add(rules)
    }

    /// Adds the values that an object's members may have, each by itself, for formats that have tags in place
    /// of an object.
    ///
    /// - Parameters:
    ///   - closer: what ends a value; none contains it.
    ///   - isText: whether a member's value is a text as it is, and not JSON.
    package mutating func add(
        membersOf schema: JSONSchema, until closer: String, isText: (String) -> Bool
    ) throws(GrammarError) -> [MemberRule] {
        var (rules, members) = try SchemaCompiler.members(schema.root, closer, isText)
        let offset = add(rules)
        for index in members.indices { members[index].rule += offset }
        return members
    }
}

/// An object's member, and the rule of its values.
package struct MemberRule {
    package var name: String
    package var isRequired: Bool
    package var rule: Int
}

extension GrammarProgram {
    /// Compiles rules.
    ///
    /// - Throws: ``GrammarError`` when they are too large or nothing can satisfy them.
    package init(_ rules: RuleSet, root: Int) throws(GrammarError) {
        try self.init(rules: rules.rules, root: root, deepest: rules.deepest) { rules.place($0) }
    }
}
