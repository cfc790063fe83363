// Searching, splitting and joining text, as Python's str does.
extension Interpreter {
    /// Where `part` begins in `text[range]`; charges for the comparisons made.
    func find(_ part: Text, in text: Text, _ range: Range<Int>, fromEnd: Bool = false) throws(TemplateError)
        -> Int?
    {
        let last = range.upperBound - part.count
        guard last >= range.lowerBound else { return nil }
        guard let first = part.scalars.first else { return fromEnd ? range.upperBound : range.lowerBound }
        var work = 0
        var index = fromEnd ? last : range.lowerBound
        while fromEnd ? index >= range.lowerBound : index <= last {
            work += 1
            if text.scalars[index] == first {
                var length = 1
                while length < part.count, text.scalars[index + length] == part.scalars[length] {
                    length += 1
                }
                work += length
                if length == part.count {
                    try charge(inspected: work)
                    return index
                }
            }
            if work > 1 << 16 {
                try charge(inspected: work)
                work = 0
            }
            index += fromEnd ? -1 : 1
        }
        try charge(inspected: work)
        return nil
    }

    func replace(_ text: Text, _ old: Text, _ new: Text, limit: Int) throws(TemplateError) -> Text {
        let limit = limit < 0 ? Int.max : limit
        var builder = TextBuilder()
        var position = 0
        var count = 0
        if old.isEmpty {
            // Goes between all characters, and at both ends.
            while count < limit, position <= text.count {
                builder.append(new)
                count += 1
                if position < text.count { builder.append(text, position..<position + 1) }
                position += 1
                guard builder.count <= limits.valueLength else { break }
            }
        } else {
            while count < limit, let found = try find(old, in: text, position..<text.count) {
                builder.append(text, position..<found)
                builder.append(new)
                position = found + old.count
                count += 1
                guard builder.count <= limits.valueLength else { break }
            }
        }
        if position < text.count { builder.append(text, position..<text.count) }
        try checkLength(builder.count)
        return builder.text()
    }

    func count(_ part: Text, in text: Text, _ range: Range<Int>) throws(TemplateError) -> Int {
        if part.isEmpty { return range.count + 1 }
        var count = 0
        var position = range.lowerBound
        while position <= range.upperBound, let found = try find(part, in: text, position..<range.upperBound)
        {
            count += 1
            position = found + part.count
        }
        return count
    }

    func strip(_ text: Text, _ characters: Value?, left: Bool, right: Bool) throws(TemplateError) -> Text {
        var range = 0..<text.count
        let set: Set<Unicode.Scalar>?
        switch characters {
        case nil, .some(.none): set = nil
        case .string(let text):
            try charge(produced: text.count * 8)
            set = Set(text.scalars)
        case .some(let other): throw fail("strip arg must be None or str, not \(other.typeName)")
        }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool {
            set.map { $0.contains(scalar) } ?? scalar.isPythonSpace
        }
        if left {
            while let first = range.first, isStripped(text.scalars[first]) { range = range.dropFirst() }
        }
        if right {
            while let last = range.last, isStripped(text.scalars[last]) { range = range.dropLast() }
        }
        try charge(produced: text.count)
        return text.slice(range)
    }

    func split(_ text: Text, _ separator: Value?, limit: Int, fromEnd: Bool) throws(TemplateError) -> [Text] {
        let limit = limit < 0 ? Int.max : limit
        switch separator {
        case nil, .some(.none): return try splitSpace(text, limit, fromEnd)
        case .string(let separator):
            guard !separator.isEmpty else { throw fail("empty separator") }
            return try split(text, separator, limit, fromEnd)
        case .some(let other): throw fail("must be str or None, not \(other.typeName)")
        }
    }

    private func split(_ text: Text, _ separator: Text, _ limit: Int, _ fromEnd: Bool) throws(TemplateError)
        -> [Text]
    {
        var parts: [Text] = []
        var range = 0..<text.count
        while parts.count < limit, let found = try find(separator, in: text, range, fromEnd: fromEnd) {
            let part = fromEnd ? found + separator.count..<range.upperBound : range.lowerBound..<found
            parts.append(text.slice(part))
            range = fromEnd ? range.lowerBound..<found : found + separator.count..<range.upperBound
            try charge(produced: part.count)
        }
        parts.append(text.slice(range))
        if fromEnd { parts.reverse() }
        return parts
    }

    private func splitSpace(_ text: Text, _ limit: Int, _ fromEnd: Bool) throws(TemplateError) -> [Text] {
        var parts: [Text] = []
        var range = 0..<text.count
        func skipSpace() {
            if fromEnd {
                while let last = range.last, text.scalars[last].isPythonSpace { range = range.dropLast() }
            } else {
                while let first = range.first, text.scalars[first].isPythonSpace { range = range.dropFirst() }
            }
        }
        skipSpace()
        while !range.isEmpty {
            var part = range
            if parts.count < limit {
                if fromEnd {
                    while let last = range.last, !text.scalars[last].isPythonSpace {
                        range = range.dropLast()
                    }
                    part = range.upperBound..<part.upperBound
                } else {
                    while let first = range.first, !text.scalars[first].isPythonSpace {
                        range = range.dropFirst()
                    }
                    part = part.lowerBound..<range.lowerBound
                }
                skipSpace()
            } else {
                // What is left counts as one part, stripped on its far side only.
                range = range.dropFirst(range.count)
            }
            parts.append(text.slice(part))
            try charge(produced: part.count)
        }
        if fromEnd { parts.reverse() }
        return parts
    }

    func splitLines(_ text: Text, keepEnds: Bool = false) throws(TemplateError) -> [Text] {
        try charge(produced: text.count)
        var lines: [Text] = []
        var start = 0
        var index = 0
        while index < text.count {
            guard text.scalars[index].isPythonLineBreak else {
                index += 1
                continue
            }
            let end = index
            index +=
                text.scalars[index] == "\r" && index + 1 < text.count && text.scalars[index + 1] == "\n"
                ? 2 : 1
            lines.append(text.slice(start..<(keepEnds ? index : end)))
            start = index
        }
        if start < text.count { lines.append(text.slice(start..<text.count)) }
        return lines
    }

    func joined(_ parts: [Text], _ separator: Text) throws(TemplateError) -> Text {
        var builder = TextBuilder()
        for (index, part) in parts.enumerated() {
            if index > 0 { builder.append(separator) }
            builder.append(part)
            guard builder.count <= limits.valueLength else { break }
        }
        try checkLength(builder.count)
        return builder.text()
    }
}
