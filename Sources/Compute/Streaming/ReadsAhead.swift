/// What is being read for a prompt before the layer's router has chosen.
///
/// Between one layer's experts and the next the disk would idle, and whenever it is faster than the
/// products. A prompt needs nearly all experts of every layer, so some of the next layer's are read
/// meanwhile, into any slots that are free.
struct ReadsAhead {
    struct Read: BitwiseCopyable {
        /// Over all layers.
        var expert: Int
        var slot: Int
    }

    /// The layer that comes next; -1: none.
    var layer = -1
    /// Its experts that are not in memory, over all layers, and how many have been taken.
    var candidates: [Int32] = []
    var next = 0
    /// How many may be read ahead.
    var limit = 0
    /// Those that have been, or are being, read.
    var reads: [Read] = []
    /// Read in vain: their slots are free once nothing writes there any more.
    var vain: [Read] = []
    /// Of the announced experts, those that were read ahead, in the order of their reads.
    var foreseen: [Int32] = []

    init(slots: Int, experts: Int) {
        candidates.reserveCapacity(experts)
        reads.reserveCapacity(experts)
        vain.reserveCapacity(slots)
        foreseen.reserveCapacity(experts)
    }

    /// Whether there is something left to read.
    var isOpen: Bool { layer >= 0 && next < candidates.count && reads.count < limit }
}
