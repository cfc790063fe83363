import Foundation

/// A logarithmic or linear scale from values to places, with its marks.
package struct Axis {
    package let range: ClosedRange<Double>
    package let places: ClosedRange<Double>
    package let isLogarithmic: Bool

    private let reversed: Bool
    private let own: [Double]

    /// - Parameters:
    ///   - reversed: the largest value at the smallest place, as on a page's vertical axis.
    ///   - ownMarks: the values themselves are marked, and the scale goes from the least to the greatest.
    package init(
        _ values: [Double], places: ClosedRange<Double>, logarithmic: Bool, reversed: Bool = false,
        ownMarks: Bool = false
    ) {
        let known = values.filter { $0.isFinite && (!logarithmic || $0 > 0) }
        let low = known.min() ?? 1
        let high = known.max() ?? 1
        own = ownMarks ? Set(known).sorted() : []
        if logarithmic {
            range = low / 1.25...max(high, low) * 1.25
        } else if ownMarks {
            let room = high > low ? (high - low) * 0.06 : 1
            range = low - room...high + room
        } else {
            range = 0...max(high * 1.08, 1e-9)
        }
        self.places = places
        isLogarithmic = logarithmic
        self.reversed = reversed
    }

    package func place(_ value: Double) -> Double {
        let share: Double
        if isLogarithmic {
            let safe = max(value, range.lowerBound)
            share = log(safe / range.lowerBound) / log(range.upperBound / range.lowerBound)
        } else {
            share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        }
        let length = places.upperBound - places.lowerBound
        return reversed ? places.upperBound - share * length : places.lowerBound + share * length
    }

    /// Round values within the range.
    package var marks: [Double] {
        if !own.isEmpty {
            // As many as can be read beside each other.
            var last = -Double.infinity
            return own.filter { value in
                guard abs(place(value) - last) >= 44 else { return false }
                last = place(value)
                return true
            }
        }
        if isLogarithmic {
            let all = (-3...6).flatMap { power in [1.0, 2, 5].map { $0 * pow(10, Double(power)) } }
            let inside = all.filter(range.contains)
            return inside.count > 9
                ? inside.filter { log10($0) == log10($0).rounded() } : inside
        }
        let rough = range.upperBound / 5
        let power = pow(10, floor(log10(rough)))
        let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
        return Array(stride(from: 0, through: range.upperBound, by: step))
    }
}
