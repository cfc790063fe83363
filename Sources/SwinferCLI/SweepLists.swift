import ArgumentParser
import Swinfer

/// Numbers separated by commas; ranges as llama-bench has them: `1-4`, `128-1024+128`, `512-4096*2`.
package struct IntegerList: ExpressibleByArgument, Sendable {
    package let values: [Int]

    init(_ values: [Int]) { self.values = values }

    package init?(argument: String) {
        var values: [Int] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let some = Self.range(part), values.count + some.count <= Self.limit else { return nil }
            values += some
        }
        self.values = values
    }

    package var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }

    /// Values that a list may have, so that a slip does not run for days.
    private static let limit = 1000
    private static let largest = 1 << 24

    /// The values of one number or range; nil for anything else.
    private static func range(_ text: Substring) -> [Int]? {
        func number(_ text: Substring) -> Int? {
            guard !text.isEmpty, text.allSatisfy(\.isNumber), let value = Int(text), value <= largest else {
                return nil
            }
            return value
        }
        guard let dash = text.firstIndex(of: "-") else { return number(text).map { [$0] } }
        var last = text[text.index(after: dash)...]
        var step: (Int) -> Int = { $0 + 1 }
        if let sign = last.firstIndex(where: { $0 == "+" || $0 == "*" }) {
            guard let amount = number(last[last.index(after: sign)...]), amount > (last[sign] == "+" ? 0 : 1)
            else { return nil }
            step = last[sign] == "+" ? { $0 + amount } : { $0 * amount }
            last = last[..<sign]
        }
        guard let from = number(text[..<dash]), let to = number(last), from <= to else { return nil }
        var values = [from]
        while let value = values.last.map(step), value <= to, value > values[values.count - 1] {
            guard values.count < limit else { return nil }
            values.append(value)
        }
        return values
    }
}

/// Cache types separated by commas.
package struct CacheTypeList: ExpressibleByArgument, Sendable {
    let values: [ModelOptions.CacheType]

    init(_ values: [ModelOptions.CacheType]) { self.values = values }

    package init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        values = parts.compactMap { ModelOptions.CacheType(rawValue: String($0)) }
        guard values.count == parts.count else { return nil }
    }
}
