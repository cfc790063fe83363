extension Sampler {
    /// Log-probabilities of a token and of the most likely ones, as the logits have them.
    package mutating func logProbabilities(
        of token: Int32, _ logits: UnsafeBufferPointer<Float>, top number: Int
    ) -> (chosen: Float, top: [(token: Int32, logProbability: Float)]) {
        unsafe candidates.load(logits)
        guard candidates.weigh() else { return (-.infinity, []) }
        let offset = candidates.weightReference + Float(logarithm(candidates.total()))
        let top = (0..<candidates.selectLargest(number)).map { index in
            let place = unsafe Candidates.place(candidates.order[index])
            return (Int32(place), candidates.logit(place) - offset)
        }
        return (unsafe logits[Int(token)] - offset, top)
    }
}
