/// The key-value pairs of a file, in its order.
///
/// Strings and arrays stay in the mapped file until they are asked for, so a value of this type is
/// small; it keeps the file mapped. It can also be filled by hand, for ``GGUFWriter``.
public struct GGUFMetadata: Sendable {
    /// A value, or the bytes of a string.
    enum Slot: Sendable, Equatable {
        case value(GGUFValue)
        case text(ByteRange)
    }

    /// Where the pairs come from, for error texts.
    public private(set) var source: String

    /// The keys, in the order of the file.
    public private(set) var keys: [String] = []

    private(set) var slots: [Slot] = []
    /// Where the values are in their file, nil for those set by hand.
    private var offsets: [Int?] = []
    private var places: [String: Int] = [:]

    /// No pairs. `source` names them in error texts.
    public init(source: String = "(metadata)") {
        self.source = source
    }

    /// The number of pairs.
    public var count: Int { keys.count }

    /// The value of a key, nil when it is absent. Setting nil removes the key; setting a value keeps
    /// the place of a key that is there and appends one that is not.
    public subscript(key: String) -> GGUFValue? {
        get {
            guard let slot = slot(key) else { return nil }
            switch slot {
            case .value(let value): return value
            case .text(let bytes): return .string(bytes.text)
            }
        }
        set {
            guard let newValue else { return remove(key) }
            set(key, .value(newValue))
        }
    }

    /// The type of a key's value, without decoding it.
    public func type(of key: String) -> GGUFValueType? {
        guard let slot = slot(key) else { return nil }
        switch slot {
        case .value(let value): return value.type
        case .text: return .string
        }
    }

    /// The bytes of a string as in the file, UTF-8 or not; nil when absent or no string.
    public func bytes(_ key: String) -> [UInt8]? {
        guard let slot = slot(key) else { return nil }
        switch slot {
        case .text(let bytes): return bytes.array
        case .value(.string(let text)): return [UInt8](text.utf8)
        case .value: return nil
        }
    }

    /// Sets a string whose bytes may be no UTF-8.
    public mutating func setBytes(_ key: String, _ bytes: [UInt8]) {
        set(key, .text(ByteRange(bytes)))
    }

    func slot(_ key: String) -> Slot? {
        places[key].map { slots[$0] }
    }

    /// Where a key's value begins in its file.
    func offset(_ key: String) -> Int? {
        places[key].flatMap { offsets[$0] }
    }

    mutating func set(_ key: String, _ slot: Slot, offset: Int? = nil) {
        if let place = places[key] {
            slots[place] = slot
            offsets[place] = offset
        } else {
            places[key] = keys.count
            keys.append(key)
            slots.append(slot)
            offsets.append(offset)
        }
    }

    private mutating func remove(_ key: String) {
        guard let place = places.removeValue(forKey: key) else { return }
        keys.remove(at: place)
        slots.remove(at: place)
        offsets.remove(at: place)
        for index in place..<keys.count { places[keys[index]] = index }
    }
}
