extension ModelSource {
    /// Which layers look back over a window or chunk only: all but every `period`-th, unless the
    /// file has a period of its own or a flag per layer.
    func localLayers(count: Int, period: Int) throws -> [Bool] {
        let key = "attention.sliding_window_pattern"
        if let flags = try flags(key, count: count) { return flags }
        let period = try optionalSize(key) ?? period
        return (0..<count).map { $0 % period < period - 1 }
    }
}
