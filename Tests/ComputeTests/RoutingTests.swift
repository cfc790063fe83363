import Compute
import Foundation
import Kernels
import TestSupport
import Testing

/// Choice and weights of a routing, with the working memory it needs.
private func choose(
    _ routing: Routing, _ logits: [Float], used: Int
) -> (chosen: [Int], weights: [Float]) {
    var chosen = [Int32](repeating: -1, count: used)
    var weights = [Float](repeating: .nan, count: used)
    var scratch = [Float](repeating: .nan, count: 3 * logits.count)
    unsafe routing.choose(
        logits, experts: logits.count, used: used, sw_kernels_active(), chosen: &chosen, weights: &weights,
        scratch: &scratch)
    return (chosen.map { Int($0) }, weights)
}

// The same, written down plainly, in double precision.

private func softmax(_ x: [Double]) -> [Double] {
    let top = x.max() ?? 0
    let powers = x.map { exp($0 - top) }
    return powers.map { $0 / powers.reduce(0, +) }
}

private func scores(_ gating: Routing.Gating, _ logits: [Float]) -> [Double] {
    let x = logits.map { Double($0) }
    return switch gating {
    case .softmax: softmax(x)
    case .sigmoid: x.map { 1 / (1 + exp(-$0)) }
    case .softmaxOfChosen: x
    }
}

/// What each group counts for, of experts that are ordered by `order`.
private func worth(_ groups: Routing.Groups, _ order: [Double]) -> [Double] {
    let size = order.count / groups.count
    return (0..<groups.count).map { group in
        let sorted = order[group * size..<(group + 1) * size].sorted(by: >)
        return groups.score == .best ? sorted[0] : sorted[0] + sorted[1]
    }
}

private func reference(
    _ routing: Routing, bias: [Float]?, _ logits: [Float], used: Int
) -> (chosen: [Int], weights: [Double]) {
    let scores = scores(routing.gating, logits)
    var order = scores
    if let bias { for index in order.indices { order[index] += Double(bias[index]) } }
    if let groups = routing.groups {
        let size = order.count / groups.count
        let worth = worth(groups, order)
        let open = (0..<groups.count).sorted { (worth[$0], -$0) > (worth[$1], -$1) }.prefix(groups.used)
        for group in 0..<groups.count where !open.contains(group) {
            for index in group * size..<(group + 1) * size { order[index] = -.infinity }
        }
    }
    let chosen = Array(order.indices.sorted { (order[$0], -$0) > (order[$1], -$1) }.prefix(used))
    var weights = chosen.map { scores[$0] }
    if routing.gating == .softmaxOfChosen { weights = softmax(weights) }
    if routing.normalized {
        let sum = weights.reduce(0, +) + Double(routing.epsilon)
        weights = weights.map { $0 / sum }
    }
    return (chosen, weights.map { $0 * Double(routing.scale) })
}

/// Logits and a bias of every expert. What the experts are ordered by differs by much more than
/// single precision rounds, and so do the groups, so that there is one right choice.
private struct Inputs {
    var logits: [Float]
    var bias: [Float]?

    init(_ routing: Routing, experts: Int, biased: Bool, using generator: inout SplitMix) {
        repeat {
            if biased {
                logits = (0..<experts).map { _ in Float.random(in: -4...4, using: &generator) }
                let order = Inputs.apart(experts, -1...2, using: &generator)
                bias = zip(order, scores(routing.gating, logits)).map { Float($0 - $1) }
            } else {
                logits = Inputs.apart(experts, -4...4, using: &generator).map { Float($0) }
            }
        } while !hasOrderedGroups(routing)
    }

    /// Numbers in any order, no two nearer than half of the mean distance.
    private static func apart(
        _ count: Int, _ range: ClosedRange<Double>, using generator: inout SplitMix
    ) -> [Double] {
        let step = (range.upperBound - range.lowerBound) / Double(count)
        return (0..<count).shuffled(using: &generator).map {
            range.lowerBound + (Double($0) + Double.random(in: 0.25...0.75, using: &generator)) * step
        }
    }

    private func hasOrderedGroups(_ routing: Routing) -> Bool {
        guard let groups = routing.groups else { return true }
        let bias = bias ?? logits.map { _ in 0 }
        let order = zip(scores(routing.gating, logits), bias).map { $0 + Double($1) }
        let sorted = worth(groups, order).sorted()
        return zip(sorted, sorted.dropFirst()).allSatisfy {
            $1 - $0 > 1e-5 * max(abs($0), abs($1))
        }
    }
}

@Suite struct RoutingTests {
    /// Bytes that a `Vector` may point to for as long as the process lives.
    private func vector(_ values: [Float]) -> Vector {
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
        unsafe memory.initialize(from: values, count: values.count)
        return unsafe Vector(base: UnsafePointer(memory), count: values.count)
    }

    @Test(arguments: [Routing.Gating.softmax, .sigmoid, .softmaxOfChosen])
    func agreesWithReference(gating: Routing.Gating) {
        var generator = SplitMix(state: 7)
        for (experts, used) in [(4, 1), (8, 2), (16, 4), (60, 4), (64, 8), (256, 8), (256, 256), (1, 1)] {
            for groups in [nil, (2, 1), (4, 2), (8, 4)] as [(Int, Int)?] {
                for score in [Routing.Groups.Score.best, .bestTwo] {
                    for biased in [false, true] {
                        for normalized in [false, true] {
                            var routing = Routing(gating: gating, normalized: normalized, scale: 2.5)
                            routing.groups = groups.map {
                                Routing.Groups(count: $0.0, used: $0.1, score: score)
                            }
                            if routing.problem(experts: experts, used: used) != nil { continue }
                            let inputs = Inputs(
                                routing, experts: experts, biased: biased, using: &generator)
                            if let bias = inputs.bias { routing.selectionBias = vector(bias) }
                            let found = choose(routing, inputs.logits, used: used)
                            let expected = reference(
                                routing, bias: inputs.bias, inputs.logits, used: used)
                            let place = "\(experts) \(used) \(String(describing: groups)) \(biased)"
                            #expect(found.chosen == expected.chosen, "\(place)")
                            for (a, b) in zip(found.weights, expected.weights) {
                                #expect(abs(Double(a) - b) <= 1e-5 * max(1, abs(b)), "\(place): \(a) \(b)")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func tiesGoToTheLowerNumber() {
        #expect(
            choose(Routing(normalized: true), [1, 2, 2, 1, 2], used: 4).chosen == [1, 2, 4, 0])
        var routing = Routing(gating: .sigmoid, normalized: true)
        routing.groups = Routing.Groups(count: 3, used: 1, score: .bestTwo)
        #expect(choose(routing, [1, 1, 1, 1, 1, 1], used: 2).chosen == [0, 1])
    }

    /// Scores that round to the same number still order by their logits.
    @Test func saturatedScoresKeepTheirOrder() {
        let routing = Routing(gating: .sigmoid, normalized: false)
        #expect(choose(routing, [30, 60, 40, 50], used: 3).chosen == [1, 3, 2])
    }

    /// Whatever the numbers, the chosen experts exist and are different.
    @Test func brokenNumbersChooseSomething() {
        for gating in [Routing.Gating.softmax, .sigmoid, .softmaxOfChosen] {
            for logits in [
                [Float](repeating: .nan, count: 8), [Float](repeating: -.infinity, count: 8),
                [.infinity, .nan, 0, -.infinity, .infinity, 1, .nan, 2],
            ] {
                for groups in [nil, Routing.Groups(count: 4, used: 2, score: .bestTwo)] {
                    let routing = Routing(gating: gating, groups: groups, normalized: true)
                    let chosen = choose(routing, logits, used: 4).chosen
                    #expect(Set(chosen).count == 4 && chosen.allSatisfy { (0..<8).contains($0) })
                }
            }
        }
    }

    @Test func impossibleRoutingsAreNamed() {
        let plain = Routing(normalized: true)
        #expect(plain.problem(experts: 8, used: 0) != nil)
        #expect(plain.problem(experts: 8, used: 9) != nil)
        #expect(plain.problem(experts: 5000, used: 8) != nil)
        #expect(plain.problem(experts: 8, used: 8) == nil)
        func grouped(_ count: Int, _ used: Int) -> Routing {
            Routing(
                groups: Routing.Groups(count: count, used: used, score: .bestTwo), normalized: true)
        }
        #expect(grouped(3, 1).problem(experts: 8, used: 2) != nil)
        #expect(grouped(4, 0).problem(experts: 8, used: 2) != nil)
        #expect(grouped(4, 5).problem(experts: 8, used: 2) != nil)
        #expect(grouped(4, 1).problem(experts: 8, used: 3) != nil)
        #expect(grouped(8, 4).problem(experts: 8, used: 2) != nil)
        #expect(grouped(4, 1).problem(experts: 8, used: 2) == nil)
        var biased = plain
        biased.selectionBias = vector([0, 0])
        #expect(biased.problem(experts: 8, used: 2) != nil)
    }
}
