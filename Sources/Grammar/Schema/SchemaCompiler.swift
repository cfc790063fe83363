/// Writes the rules of a schema.
struct SchemaCompiler {
    var expansion: SchemaExpansion
    let dialect: ValueDialect
    private(set) var rules: [GrammarExpression] = []
    private var pointers: [String] = []
    private var known: [[Int]: Int] = [:]

    /// Rules that every schema has.
    enum Common: Int, CaseIterable {
        case blanks, character, string, number, value, object, array
    }

    /// Places for calls: a level of an object takes two, of an array one. Foundation reads 512 levels.
    private static let deepest = 256

    static func rules(
        _ schema: JSONValue, _ dialect: ValueDialect
    ) throws(GrammarError) -> (RuleSet, root: Int) {
        var compiler = try SchemaCompiler(schema, dialect)
        let root = try compiler.rule([0])
        return (compiler.result, root)
    }

    var result: RuleSet {
        var result = RuleSet(deepest: Self.deepest)
        for (rule, pointer) in zip(rules, pointers) { result.add(rule, "#\(pointer)", at: .pointer(pointer)) }
        return result
    }

    init(_ schema: JSONValue, _ dialect: ValueDialect) throws(GrammarError) {
        expansion = try SchemaExpansion(schema)
        self.dialect = dialect
        for common in Common.allCases { _ = add(common.expression(dialect), "") }
    }

    mutating func add(_ rule: GrammarExpression, _ pointer: String) -> Int {
        rules.append(rule)
        pointers.append(pointer)
        return rules.count - 1
    }

    mutating func set(_ rule: Int, _ expression: GrammarExpression) { rules[rule] = expression }

    /// The rule of the values that satisfy all of some schemas, which are in order.
    mutating func rule(_ schemas: [Int]) throws(GrammarError) -> Int {
        if let rule = known[schemas] { return rule }
        let pointer = schemas.first.map { expansion.store.nodes[$0].pointer } ?? ""
        let rule = add(.never, pointer)
        known[schemas] = rule
        var branches: [GrammarExpression] = []
        for facts in try expansion.expand(schemas) { branches.append(try compile(facts)) }
        rules[rule] = branches.count == 1 ? branches[0] : .choice(branches)
        return rule
    }

    private mutating func compile(_ facts: SchemaFacts) throws(GrammarError) -> GrammarExpression {
        if facts.isFree { return Common.value.rule }
        if let allowed = facts.allowed {
            var distinct: [JSONValue] = []
            for value in allowed where !distinct.contains(value) {
                if try expansion.admits(value, facts) { distinct.append(value) }
            }
            return .choice(
                try distinct.map { value throws(GrammarError) in try written(value, facts.pointer) })
        }
        var kinds = facts.generatedKinds
        var branches: [GrammarExpression] = []
        for (value, pointer) in facts.excluded {
            switch value {
            case .null: kinds.remove(.null)
            case .string: break
            case .bool where !kinds.contains(.boolean): break
            case .bool(let flag):
                kinds.remove(.boolean)
                if try expansion.admits(.bool(!flag), facts) { branches.append(.text("\(!flag)")) }
            default:
                guard kinds.isDisjoint(with: SchemaKinds(of: value)) else {
                    throw GrammarError(
                        .unsupported, "not: \(value.kind) cannot be excluded", at: .pointer(pointer))
                }
            }
        }
        if kinds.contains(.object) { branches.append(try object(facts)) }
        if kinds.contains(.array) { branches.append(try array(facts)) }
        if kinds.contains(.string) { branches.append(try string(facts)) }
        if !kinds.isDisjoint(with: .number) { branches.append(try number(facts, kinds)) }
        if kinds.contains(.boolean) { branches.append(.choice([.text("true"), .text("false")])) }
        if kinds.contains(.null) { branches.append(.text("null")) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func string(_ facts: SchemaFacts) throws(GrammarError) -> GrammarExpression {
        let isPlain =
            facts.patterns.isEmpty && facts.excludedPatterns.isEmpty && facts.formats.isEmpty
            && !facts.excluded.contains { $0.value.text != nil }
        guard isPlain, dialect.isPlainJSON || (facts.leastLength == 0 && facts.mostLength == nil) else {
            return try dialect.strings(expansion.strings(facts))
        }
        if facts.leastLength == 0, facts.mostLength == nil { return Common.string.rule }
        for length in [facts.leastLength, facts.mostLength ?? 0] where length > GrammarProgram.largest / 4 {
            throw GrammarError(
                .limit, "strings of a length of \(length); up to \(GrammarProgram.largest / 4) is supported",
                at: .pointer(facts.pointer))
        }
        return .sequence([
            .text("\""),
            .repeated(Common.character.rule, least: facts.leastLength, most: facts.mostLength),
            .text("\""),
        ])
    }

    private func number(
        _ facts: SchemaFacts, _ kinds: SchemaKinds
    ) throws(GrammarError) -> GrammarExpression {
        let isPlain = facts.lower == nil && facts.upper == nil && facts.multiples.isEmpty
        if isPlain, kinds.contains(.fraction) {
            if kinds.contains(.integer) { return Common.number.rule }
        } else if isPlain {
            return Common.integer
        }
        return .automaton(try NumberAutomaton(facts, kinds).automaton(), .plain)
    }
}
