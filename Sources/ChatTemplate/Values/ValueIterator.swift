/// Python's iterators.
struct ValueIterator {
    private enum Source {
        case items([Value])
        case text(Text)
        case range(RangeObject)
        case view(DictViewObject)
        case generator(GeneratorObject)
        case loop(LoopObject)
    }

    private let source: Source
    private var index = 0

    init(_ items: [Value] = []) {
        source = .items(items)
    }

    init(_ generator: GeneratorObject) {
        source = .generator(generator)
    }

    /// nil for a value that is not iterable.
    init?(_ value: Value) {
        switch value {
        case .undefined: source = .items([])
        case .list(let list), .tuple(let list): source = .items(list.items)
        case .dict(let dict): source = .items(dict.keys)
        case .string(let text): source = .text(text)
        case .object(let object):
            switch object {
            case let range as RangeObject: source = .range(range)
            case let view as DictViewObject: source = .view(view)
            case let generator as GeneratorObject: source = .generator(generator)
            case let loop as LoopObject: source = .loop(loop)
            default: return nil
            }
        default: return nil
        }
    }

    mutating func next(_ interpreter: Interpreter) throws(TemplateError) -> Value? {
        defer { index += 1 }
        switch source {
        case .items(let items): return index < items.count ? items[index] : nil
        case .text(let text):
            guard index < text.count else { return nil }
            return .string(text.slice(index..<index + 1))
        case .range(let range): return index < range.count ? .int(range[index]) : nil
        case .view(let view): return index < view.dict.count ? view[index] : nil
        case .generator(let generator): return try generator.next()
        case .loop(let loop):
            // As in Python, a loop variable yields each item together with itself.
            guard let item = try loop.next(interpreter) else { return nil }
            return try interpreter.tuple([item, .object(loop)])
        }
    }
}
