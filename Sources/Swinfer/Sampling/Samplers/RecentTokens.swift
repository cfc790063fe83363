/// The last tokens of a text, in a ring.
struct RecentTokens {
    let capacity: Int
    private var ring: [Int32] = []
    private var next = 0

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { ring.count }

    /// Adds a token; returns the one that is forgotten for it.
    mutating func append(_ token: Int32) -> Int32? {
        if ring.count < capacity {
            ring.append(token)
            return nil
        }
        let old = ring[next]
        ring[next] = token
        next = next + 1 == capacity ? 0 : next + 1
        return old
    }

    /// The token that is `back` before the last.
    subscript(back back: Int) -> Int32 {
        let place = (ring.count < capacity ? ring.count : next) - 1 - back
        return ring[place < 0 ? place + ring.count : place]
    }
}
