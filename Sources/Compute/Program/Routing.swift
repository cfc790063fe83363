import Glibc
package import Kernels

/// How the router's logits choose experts and weight them.
public struct Routing: BitwiseCopyable, Sendable {
    /// What makes scores of logits.
    public enum Gating: Sendable, BitwiseCopyable {
        /// Softmax over all experts.
        case softmax
        case sigmoid
        /// Softmax over the chosen experts alone.
        case softmaxOfChosen
    }

    /// Experts in equal consecutive groups, of which only the best ones are open to a token.
    public struct Groups: BitwiseCopyable, Sendable {
        public enum Score: Sendable, BitwiseCopyable {
            /// A group counts as its best expert (DeepSeek V2).
            case best
            /// A group counts as the sum of its two best experts (DeepSeek V3).
            case bestTwo
        }
        public var count: Int
        public var used: Int
        public var score: Score

        public init(count: Int, used: Int, score: Score) {
            self.count = count
            self.used = used
            self.score = score
        }
    }

    public var gating: Gating
    /// Added to the scores for choosing only; the weights are the scores without it.
    public var selectionBias: Vector?
    public var groups: Groups?
    /// Weights of the chosen experts are divided by their sum plus `epsilon`.
    public var normalized: Bool
    public var epsilon: Float
    /// Factor on the weights.
    public var scale: Float
    /// The weight multiplies the expert's input rather than its output.
    public var weightsInput: Bool

    public init(
        gating: Gating = .softmax, selectionBias: Vector? = nil, groups: Groups? = nil, normalized: Bool,
        epsilon: Float = 1e-20, scale: Float = 1, weightsInput: Bool = false
    ) {
        self.gating = gating
        self.selectionBias = selectionBias
        self.groups = groups
        self.normalized = normalized
        self.epsilon = epsilon
        self.scale = scale
        self.weightsInput = weightsInput
    }

    /// Why this cannot choose `used` of `experts`; nil: it can.
    package func problem(experts: Int, used: Int) -> String? {
        guard used > 0, used <= experts, experts <= 4096 else {
            return "\(used) of \(experts) experts per token"
        }
        if let selectionBias, selectionBias.count != experts {
            return "selection bias of \(selectionBias.count) for \(experts) experts"
        }
        guard let groups else { return nil }
        guard groups.count > 0, experts % groups.count == 0, groups.used > 0, groups.used <= groups.count,
            used <= experts / groups.count * groups.used
        else {
            return
                "\(used) of \(experts) experts per token from \(groups.used) of \(groups.count) groups"
        }
        if groups.score == .bestTwo && experts / groups.count < 2 {
            return "groups of one expert have no two best"
        }
        return nil
    }

    /// Chooses a token's experts, best first, ties to the lower number.
    ///
    /// - Parameters:
    ///   - logits: [experts], left as they are
    ///   - chosen, weights: [used]
    ///   - scratch: 3 x experts floats
    package func choose(
        _ logits: UnsafePointer<Float>, experts: Int, used: Int, _ kernels: UnsafePointer<sw_kernels>,
        chosen: UnsafeMutablePointer<Int32>, weights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let scores = scratch
        scores.update(from: logits, count: experts)
        switch gating {
        case .softmax:
            let sum = kernels.pointee.exp_sum(scores, kernels.pointee.max(scores, experts), experts)
            kernels.pointee.scale(1 / sum, scores, experts)
        case .sigmoid: kernels.pointee.sigmoid(scores, experts)
        case .softmaxOfChosen: break
        }
        // Logits order experts as their scores do, and stay apart where scores round to the same.
        var order = logits
        if selectionBias != nil || groups != nil {
            let biased = scratch + experts
            biased.update(from: scores, count: experts)
            if let selectionBias { kernels.pointee.axpy(1, selectionBias.base, biased, experts) }
            if let groups { closeGroups(groups, biased, experts: experts, kernels, scratch + 2 * experts) }
            order = UnsafePointer(biased)
        }
        kernels.pointee.top_k(order, experts, used, chosen)
        for index in 0..<used { weights[index] = scores[Int(chosen[index])] }
        if gating == .softmaxOfChosen {
            let sum = kernels.pointee.exp_sum(weights, kernels.pointee.max(weights, used), used)
            kernels.pointee.scale(1 / sum, weights, used)
        }
        var factor = scale
        if normalized {
            var sum: Float = 0
            for index in 0..<used { sum += weights[index] }
            factor /= sum + epsilon
        }
        kernels.pointee.scale(factor, weights, used)
    }

    /// Sets the scores of all but the best groups to -infinity.
    private func closeGroups(
        _ groups: Groups, _ scores: UnsafeMutablePointer<Float>, experts: Int,
        _ kernels: UnsafePointer<sw_kernels>, _ scratch: UnsafeMutablePointer<Float>
    ) {
        let size = experts / groups.count
        for group in 0..<groups.count {
            var best = -Float.infinity
            var next = -Float.infinity
            for index in group * size..<(group + 1) * size {
                let score = scores[index]
                if score > best {
                    next = best
                    best = score
                } else if score > next {
                    next = score
                }
            }
            scratch[group] = groups.score == .best ? best : best + next
        }
        // As many rounds as groups are closed; of equal groups the higher number goes first.
        for _ in 0..<groups.count - groups.used {
            var worst = 0
            for group in 1..<groups.count
            where scratch[group] < .infinity
                && (scratch[worst] == .infinity || scratch[group] <= scratch[worst])
            {
                worst = group
            }
            scratch[worst] = .infinity
            (scores + worst * size).update(repeating: -.infinity, count: size)
        }
    }
}
