/// The decimal notations, without exponents, of the numbers within bounds that are multiples of others.
///
/// Digits come from the left, so that a state must know how the digits so far compare with each bound's
/// and what they leave when divided. Together with the limit on digits that makes finitely many states.
struct NumberAutomaton {
    private enum Phase: UInt8 { case start, minus, zero, whole, point, fraction }

    private struct State: Hashable {
        var phase = Phase.start
        var isNegative = false
        var isZero = true
        var hasFraction = false
        var wholeDigits = 0
        var fractionDigits = 0
        /// -1, 0, 1: less than, equal to or more than each bound so far, signs left out. Until the point,
        /// as if the bound had as many digits.
        var orders: [Int8]
        var remainders: [Int]
    }

    private let bounds: [ExactDecimal]
    private let lower: SchemaFacts.Bound?
    private let upper: SchemaFacts.Bound?
    private var divisors: [(value: Int, places: Int)] = []
    private let kinds: SchemaKinds
    private let mostWhole: Int
    private let mostFraction: Int
    /// Digits after the point that bounds and divisors have.
    private let fractionOfBounds: Int
    private let pointer: String

    /// Digits of a number that a double always tells apart.
    private static let exactDigits = 15
    private static let largestDivisor = 100_000

    init(_ facts: SchemaFacts, _ kinds: SchemaKinds) throws(GrammarError) {
        lower = facts.lower
        upper = facts.upper
        bounds = [facts.lower, facts.upper].compactMap { $0?.value }
        self.kinds = kinds
        pointer = facts.pointer
        var places = bounds.map(\.fraction.count).max() ?? 0
        for (value, pointer) in facts.multiples {
            guard let divisor = value.scaled(value.fraction.count), divisor <= Self.largestDivisor else {
                throw GrammarError(
                    .limit, "multipleOf with more digits than \(Self.largestDivisor) has",
                    at: .pointer(pointer))
            }
            divisors.append((divisor, value.fraction.count))
            places = max(places, value.fraction.count)
        }
        fractionOfBounds = places
        mostWhole = max(Self.exactDigits, bounds.map(\.whole.count).max() ?? 0)
        mostFraction = kinds.contains(.fraction) ? max(6, places + 2) : 0
    }

    func automaton() throws(GrammarError) -> ScalarAutomaton {
        let start = State(
            orders: Array(repeating: 0, count: bounds.count),
            remainders: Array(repeating: 0, count: divisors.count))
        var numbers = [start: 0]
        var states = [start]
        var result: [ScalarAutomaton.State] = []
        while result.count < states.count {
            let state = states[result.count]
            var edges: [ScalarAutomaton.Edge] = []
            for symbol in "-.0123456789".unicodeScalars {
                guard let next = step(state, symbol) else { continue }
                let number = numbers[next] ?? states.count
                if number == states.count {
                    numbers[next] = number
                    states.append(next)
                }
                edges.append(.init(scalars: symbol.value...symbol.value, target: number))
            }
            guard states.count <= 4 * ScalarAutomaton.largest else {
                throw GrammarError(
                    .limit, "the bounds and multipleOf together are too large", at: .pointer(pointer))
            }
            result.append(.init(edges: edges, accepts: accepts(state)))
        }
        return ScalarAutomaton(states: result)
    }

    private func step(_ state: State, _ symbol: Unicode.Scalar) -> State? {
        var next = state
        if symbol == "-" {
            guard state.phase == .start else { return nil }
            next.phase = .minus
            next.isNegative = true
            return next
        }
        if symbol == "." {
            guard state.phase == .zero || state.phase == .whole, mostFraction > 0 else { return nil }
            next.phase = .point
            next.orders = bounds.indices.map { wholeOrder(state, $0) }
            next.wholeDigits = min(state.wholeDigits, Self.exactDigits)
            return next
        }
        let digit = UInt8(symbol.value - 48)
        switch state.phase {
        case .start, .minus, .whole:
            if state.phase != .whole, digit == 0 {
                next.phase = .zero
                return next
            }
            guard state.wholeDigits < mostWhole else { return nil }
            next.phase = .whole
            for index in bounds.indices where next.orders[index] == 0 {
                let whole = bounds[index].whole
                if state.wholeDigits < whole.count {
                    next.orders[index] = Self.order(digit, whole[state.wholeDigits])
                }
            }
            next.wholeDigits += 1
        case .zero: return nil
        case .point, .fraction:
            let places = state.fractionDigits
            guard places < mostFraction,
                places < fractionOfBounds || state.wholeDigits + places < Self.exactDigits
            else { return nil }
            next.phase = .fraction
            for index in bounds.indices where next.orders[index] == 0 {
                let fraction = bounds[index].fraction
                next.orders[index] = Self.order(digit, places < fraction.count ? fraction[places] : 0)
            }
            next.fractionDigits += 1
            if digit != 0 { next.hasFraction = true }
        }
        if digit != 0 { next.isZero = false }
        for (index, divisor) in divisors.enumerated() {
            if state.phase == .point || state.phase == .fraction, state.fractionDigits >= divisor.places {
                if digit != 0 { return nil }
            } else {
                next.remainders[index] = (state.remainders[index] * 10 + Int(digit)) % divisor.value
            }
        }
        return next
    }

    private static func order(_ left: UInt8, _ right: UInt8) -> Int8 {
        left < right ? -1 : left > right ? 1 : 0
    }

    /// How the whole part compares with a bound's, once it is complete.
    private func wholeOrder(_ state: State, _ index: Int) -> Int8 {
        let count = bounds[index].whole.count
        if state.wholeDigits != count { return state.wholeDigits < count ? -1 : 1 }
        return state.orders[index]
    }

    private func accepts(_ state: State) -> Bool {
        switch state.phase {
        case .start, .minus, .point: return false
        case .zero, .whole, .fraction: break
        }
        if state.isZero, state.isNegative { return false }
        if state.hasFraction ? !kinds.contains(.fraction) : !kinds.contains(.integer) { return false }
        for (index, divisor) in divisors.enumerated() {
            var remainder = state.remainders[index]
            for _ in min(state.fractionDigits, divisor.places)..<divisor.places {
                remainder = remainder * 10 % divisor.value
            }
            if remainder != 0 { return false }
        }
        var index = 0
        if let lower {
            let order = order(state, index)
            if order < 0 || (order == 0 && lower.isExclusive) { return false }
            index += 1
        }
        if let upper {
            let order = order(state, index)
            if order > 0 || (order == 0 && upper.isExclusive) { return false }
        }
        return true
    }

    /// How the number compares with a bound.
    private func order(_ state: State, _ index: Int) -> Int8 {
        let bound = bounds[index]
        if state.isZero { return bound.isZero ? 0 : bound.isNegative ? 1 : -1 }
        if state.isNegative != bound.isNegative || bound.isZero { return state.isNegative ? -1 : 1 }
        var magnitude = state.phase == .fraction ? state.orders[index] : wholeOrder(state, index)
        // Digits of the bound that are left make it larger.
        if magnitude == 0, state.fractionDigits < bound.fraction.count { magnitude = -1 }
        return state.isNegative ? -magnitude : magnitude
    }
}
