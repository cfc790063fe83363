extension SchemaExpansion {
    /// Keywords that say nothing about validity.
    private static let annotations: Set<String> = [
        "$schema", "$id", "id", "$comment", "$anchor", "$defs", "definitions", "$vocabulary", "title",
        "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly",
        "contentEncoding", "contentMediaType", "contentSchema", "externalDocs", "xml", "discriminator",
        "propertyOrdering", "enumDescriptions", "markdownDescription",
    ]

    /// Adds the keywords of a schema; false when nothing can satisfy them.
    mutating func read(
        _ members: [JSONMember], _ node: Pending, _ pointer: String, _ work: inout Work
    ) throws(GrammarError) -> Bool {
        let ancestors = node.ancestors + [node.schema]
        var types: SchemaKinds?
        var isNullable = false
        var items = SchemaFacts.Items(prefix: [], rest: nil)
        var hasItems = false
        var object = SchemaFacts.Members(named: [], patterns: [], additional: nil)
        var hasMembers = false
        let names = Set(members.map(\.name))

        for member in members {
            let keyword = SchemaReader(
                name: member.name, value: member.value,
                pointer: SchemaStore.append(member.name, to: pointer))
            switch member.name {
            case "type": types = try readTypes(keyword)
            case "nullable": isNullable = try keyword.bool()
            case "enum": work.facts.allow(try keyword.array())
            case "const": work.facts.allow([member.value])
            case "$ref":
                let target = try store.resolve(try keyword.string(), at: keyword.pointer)
                work.pending.append(Pending(schema: target, ancestors: ancestors))
            case "allOf":
                for (_, schema) in try keyword.schemas(&store) {
                    work.pending.append(Pending(schema: schema, ancestors: ancestors))
                }
            case "anyOf", "oneOf":
                let branches = try keyword.schemas(&store)
                if branches.isEmpty { throw keyword.error("must not be empty") }
                work.alternatives.append(
                    Alternatives(
                        pointer: keyword.pointer,
                        branches: branches.map { Pending(schema: $0.schema, ancestors: ancestors) },
                        isExclusive: member.name == "oneOf" && branches.count > 1))
            case "not": if try !readNot(keyword, &work.facts) { return false }

            case "prefixItems":
                items.prefix = try keyword.schemas(&store).map(\.schema)
                hasItems = true
            case "items":
                hasItems = true
                if case .array = member.value {
                    // Draft 7's form of prefixItems.
                    items.prefix = try keyword.schemas(&store).map(\.schema)
                } else {
                    items.rest = keyword.schema(&store)
                }
            case "additionalItems":
                // It says something only beside an array of items.
                if case .array = JSONValue.object(members)["items"] { items.rest = keyword.schema(&store) }

            case "properties":
                object.named = try keyword.schemas(&store)
                hasMembers = true
            case "patternProperties":
                for (name, schema) in try keyword.schemas(&store) {
                    object.patterns.append(
                        (.init(text: name, pointer: SchemaStore.append(name, to: keyword.pointer)), schema))
                }
                hasMembers = true
            case "additionalProperties":
                object.additional = keyword.schema(&store)
                hasMembers = true
            default:
                if try readNumber(keyword, names, JSONValue.object(members), &work.facts) { continue }
                if try readString(keyword, &work.facts) { continue }
                if try readCount(keyword, &work.facts) { continue }
                if Self.annotations.contains(member.name) || member.name.hasPrefix("x-") { continue }
                throw GrammarError(
                    .unsupported, "the keyword \(member.name) is not supported", at: .pointer(keyword.pointer)
                )
            }
        }
        if var types {
            if isNullable { types.insert(.null) }
            work.facts.kinds.formIntersection(types)
            work.facts.isTyped = true
        }
        if hasItems {
            work.facts.items.append(items)
            work.facts.mentioned.insert(.array)
        }
        if hasMembers {
            work.facts.members.append(object)
            work.facts.mentioned.insert(.object)
        }
        return true
    }

    private func readTypes(_ keyword: SchemaReader) throws(GrammarError) -> SchemaKinds {
        let names: [String]
        if case .string(let name) = keyword.value { names = [name] } else { names = try keyword.strings() }
        var kinds: SchemaKinds = []
        for name in names {
            guard let kind = SchemaKinds(name: name) else { throw keyword.error("\(name) is unknown") }
            kinds.formUnion(kind)
        }
        return kinds
    }

    /// `not` with a type, values or a pattern.
    private mutating func readNot(
        _ keyword: SchemaReader, _ facts: inout SchemaFacts
    ) throws(GrammarError) -> Bool {
        let refusal = keyword.error(
            "is supported only with type, enum, const or a string's pattern", .unsupported)
        if case .bool(let flag) = keyword.value { return !flag }
        let members = try keyword.object().filter { !Self.annotations.contains($0.name) }
        if members.isEmpty { return false }
        func isString(_ member: JSONMember) -> Bool {
            member.name == "type" && member.value == .string("string")
        }
        if members.count == 2, members.contains(where: isString),
            let pattern = members.first(where: { $0.name == "pattern" })
        {
            guard case .string(let text) = pattern.value else { throw refusal }
            facts.excludedPatterns.append(.init(text: text, pointer: keyword.pointer + "/pattern"))
            return true
        }
        guard members.count == 1 else { throw refusal }
        let inner = SchemaReader(
            name: members[0].name, value: members[0].value,
            pointer: SchemaStore.append(members[0].name, to: keyword.pointer))
        switch inner.name {
        case "type": facts.kinds.subtract(try readTypes(inner))
        case "enum": facts.excluded += try inner.array().map { ($0, inner.pointer) }
        case "const": facts.excluded.append((inner.value, inner.pointer))
        default: throw refusal
        }
        return true
    }

    private func readNumber(
        _ keyword: SchemaReader, _ names: Set<String>, _ schema: JSONValue, _ facts: inout SchemaFacts
    ) throws(GrammarError) -> Bool {
        switch keyword.name {
        // A boolean is draft 4's and OpenAPI 3.0's form.
        case "minimum":
            facts.raiseLower(try keyword.number(), exclusive: schema["exclusiveMinimum"] == .bool(true))
        case "maximum":
            facts.sinkUpper(try keyword.number(), exclusive: schema["exclusiveMaximum"] == .bool(true))
        case "exclusiveMinimum":
            if case .bool = keyword.value { return true }
            facts.raiseLower(try keyword.number(), exclusive: true)
        case "exclusiveMaximum":
            if case .bool = keyword.value { return true }
            facts.sinkUpper(try keyword.number(), exclusive: true)
        case "multipleOf":
            let value = try keyword.number()
            if value.isZero || value.isNegative { throw keyword.error("must be more than 0") }
            facts.multiples.append((value, keyword.pointer))
        case "format":
            switch try keyword.string() {
            case "float", "double": break
            case "int32":
                facts.raiseLower(ExactDecimal(Int(Int32.min)), exclusive: false)
                facts.sinkUpper(ExactDecimal(Int(Int32.max)), exclusive: false)
            case "int64":
                facts.raiseLower(ExactDecimal(Int.min), exclusive: false)
                facts.sinkUpper(ExactDecimal(Int.max), exclusive: false)
            default: return false
            }
        default: return false
        }
        facts.mentioned.formUnion(.number)
        return true
    }

    private func readString(
        _ keyword: SchemaReader, _ facts: inout SchemaFacts
    ) throws(GrammarError) -> Bool {
        switch keyword.name {
        case "minLength": facts.leastLength = max(facts.leastLength, try keyword.count())
        case "maxLength": facts.mostLength = min(facts.mostLength ?? Int.max, try keyword.count())
        case "pattern":
            facts.patterns.append(.init(text: try keyword.string(), pointer: keyword.pointer))
        case "format":
            let name = try keyword.string()
            guard StringFormat.patterns[name] != nil else {
                throw keyword.error(
                    "\(name) is not supported; these are: \(StringFormat.patterns.keys.sorted().joined(separator: ", "))",
                    .unsupported)
            }
            facts.formats.append(.init(text: name, pointer: keyword.pointer))
        default: return false
        }
        facts.mentioned.insert(.string)
        return true
    }

    private mutating func readCount(
        _ keyword: SchemaReader, _ facts: inout SchemaFacts
    ) throws(GrammarError) -> Bool {
        switch keyword.name {
        case "minItems":
            facts.leastItems = max(facts.leastItems, try keyword.count())
            facts.hasLeastItems = true
            facts.mentioned.insert(.array)
        case "maxItems":
            facts.mostItems = min(facts.mostItems ?? Int.max, try keyword.count())
            facts.mentioned.insert(.array)
        case "uniqueItems":
            if try keyword.bool() { facts.unique = keyword.pointer }
            facts.mentioned.insert(.array)
        case "required":
            // Draft 3's form, and OpenAPI's mistake.
            if case .bool = keyword.value { throw keyword.error("must be an array of names") }
            for name in try keyword.strings() where !facts.required.contains(name) {
                facts.required.append(name)
            }
            facts.mentioned.insert(.object)
        case "minProperties":
            facts.leastMembers = max(facts.leastMembers, try keyword.count())
            facts.leastMembersPointer = keyword.pointer
            facts.mentioned.insert(.object)
        case "maxProperties":
            facts.mostMembers = min(facts.mostMembers ?? Int.max, try keyword.count())
            facts.mentioned.insert(.object)
        case "propertyNames":
            facts.names.append((keyword.schema(&store), keyword.pointer))
            facts.mentioned.insert(.object)
        default: return false
        }
        return true
    }
}
