// The states of recurrent layers after each token of a piece, so that tokens which were only tried
// can be taken back. The piece reads one state and writes the next, token by token, so going back is
// a matter of which copy counts: nothing is copied, and nothing is run again.

/// The copies beside the state that counts.
struct KeptStates {
    /// After each token of the last piece; one of them is the sequence's state.
    fileprivate(set) var states: [Arena] = []
    /// Where that piece began.
    fileprivate var start = 0
    /// For the pieces that follow.
    fileprivate(set) var spare: [Arena] = []
    /// Tokens of the piece that runs now, if it keeps states.
    fileprivate var running = 0

    /// Copies that the sequence has beside its state.
    var extraCount: Int { max(0, states.count - 1) + spare.count }

    /// The state after the first `position` tokens; nil: it was not kept.
    func state(at position: Int) -> Arena? {
        let index = position - start - 1
        return index >= 0 && index < states.count ? states[index] : nil
    }
}

extension SequenceCache {
    /// Makes room for the states after `count` tokens from `position` on; 0: none are kept.
    func reserveKeptStates(_ count: Int, from position: Int) throws(ComputeError) {
        kept.running = 0
        guard layout.stateBytes > 0 else { return }
        // The piece goes on from one of them.
        if let state = kept.state(at: position) { use(state) }
        guard count > 0 else { return }
        releaseKeptStates()
        while kept.spare.count < count { kept.spare.append(try Arena(byteCount: layout.stateBytes)) }
        kept.running = count
    }

    /// Where the running piece writes the state after its n-th token.
    func keptState(_ index: Int) -> UnsafeMutableRawPointer { kept.spare[index].base }

    /// The piece was written.
    func commitKeptStates(_ range: Range<Int>) {
        guard layout.stateBytes > 0 else { return }
        guard kept.running == range.count, let before = state else { return releaseKeptStates() }
        let written = Array(kept.spare.prefix(range.count))
        kept.spare.removeFirst(range.count)
        kept.spare.append(before)
        kept.states = written
        kept.start = range.lowerBound
        kept.running = 0
        if let last = written.last { use(last) }
    }

    /// Only the state that counts is of use from now on.
    func releaseKeptStates() {
        kept.spare += kept.states.filter { $0 !== state }
        kept.states = []
    }

    /// Gives the memory of all copies back; the sequence cannot go back until a piece keeps states.
    public func dropKeptStates() {
        releaseKeptStates()
        kept.spare = []
    }
}
