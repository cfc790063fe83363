/// Python's `str`: a sequence of Unicode scalars, compared scalar by scalar (Swift's `String`
/// compares by canonical equivalence and counts grapheme clusters; a template does neither).
///
/// A text also remembers which of its characters came from the caller's data (`tainted`) and
/// whether it is markupsafe's `Markup` (what the filters `safe` and `escape` return; adding to
/// it escapes the other side).
final class Text: Sendable {
    let scalars: [Unicode.Scalar]
    /// Sorted, not empty, neither overlapping nor touching.
    let tainted: [Range<Int>]
    let isMarkup: Bool

    init(_ scalars: [Unicode.Scalar], tainted: [Range<Int>] = [], isMarkup: Bool = false) {
        self.scalars = scalars
        self.tainted = tainted
        self.isMarkup = isMarkup
    }

    convenience init(_ string: String, isTainted: Bool = false) {
        let scalars = Array(string.unicodeScalars)
        self.init(scalars, tainted: isTainted && !scalars.isEmpty ? [0..<scalars.count] : [])
    }

    static let empty = Text([])

    var count: Int { scalars.count }
    var isEmpty: Bool { scalars.isEmpty }
    var isTainted: Bool { !tainted.isEmpty }

    /// The scalars as a Swift string.
    var string: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    func slice(_ range: Range<Int>) -> Text {
        if range == 0..<scalars.count { return isMarkup ? Text(scalars, tainted: tainted) : self }
        return Text(Array(scalars[range]), tainted: taint(in: range, movedBy: -range.lowerBound))
    }

    /// Result of an operation that does not say where each character came from.
    func opaque(_ result: [Unicode.Scalar]) -> Text {
        Text(result, tainted: isTainted && !result.isEmpty ? [0..<result.count] : [])
    }

    /// The same text with or without the `Markup` mark.
    func marked(_ markup: Bool = true) -> Text {
        isMarkup == markup ? self : Text(scalars, tainted: tainted, isMarkup: markup)
    }

    /// The runs inside `range`, moved. Takes time in proportion to those only: texts may have many runs.
    func taint(in range: Range<Int>, movedBy offset: Int) -> [Range<Int>] {
        guard !tainted.isEmpty, !range.isEmpty else { return [] }
        var result: [Range<Int>] = []
        var index = firstRun(endingAfter: range.lowerBound)
        while index < tainted.count, tainted[index].lowerBound < range.upperBound {
            let part = tainted[index].clamped(to: range)
            result.append(part.lowerBound + offset..<part.upperBound + offset)
            index += 1
        }
        return result
    }

    func isTainted(at index: Int) -> Bool {
        guard !tainted.isEmpty else { return false }
        let run = firstRun(endingAfter: index)
        return run < tainted.count && tainted[run].contains(index)
    }

    private func firstRun(endingAfter index: Int) -> Int {
        var (low, high) = (0, tainted.count)
        while low < high {
            let middle = (low + high) / 2
            if tainted[middle].upperBound > index { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Text: Hashable {
    static func == (a: Text, b: Text) -> Bool {
        a === b || a.scalars == b.scalars
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(scalars)
    }
}

extension Text: ExpressibleByStringLiteral {
    convenience init(stringLiteral value: String) {
        self.init(value)
    }
}

/// Builds a text from pieces, keeping track of taint.
struct TextBuilder {
    private(set) var scalars: [Unicode.Scalar] = []
    private(set) var tainted: [Range<Int>] = []

    var count: Int { scalars.count }

    mutating func append(_ scalar: Unicode.Scalar, isTainted: Bool = false) {
        if isTainted { taint(scalars.count..<scalars.count + 1) }
        scalars.append(scalar)
    }

    mutating func append(_ text: Text) {
        for run in text.tainted { taint(run.lowerBound + scalars.count..<run.upperBound + scalars.count) }
        scalars.append(contentsOf: text.scalars)
    }

    mutating func append(_ text: Text, _ range: Range<Int>) {
        for run in text.taint(in: range, movedBy: scalars.count - range.lowerBound) { taint(run) }
        scalars.append(contentsOf: text.scalars[range])
    }

    mutating func append(_ string: String) {
        scalars.append(contentsOf: string.unicodeScalars)
    }

    mutating func append(repeating scalar: Unicode.Scalar, count: Int) {
        guard count > 0 else { return }
        scalars.append(contentsOf: repeatElement(scalar, count: count))
    }

    private mutating func taint(_ range: Range<Int>) {
        if let last = tainted.last, last.upperBound == range.lowerBound {
            tainted[tainted.count - 1] = last.lowerBound..<range.upperBound
        } else if !range.isEmpty {
            tainted.append(range)
        }
    }

    func text(isMarkup: Bool = false) -> Text {
        Text(scalars, tainted: tainted, isMarkup: isMarkup)
    }
}
