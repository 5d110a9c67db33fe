/// The distinct values of a column, in the order of their first appearance.
///
/// Values are kept as PLAIN has them, so that the dictionary's page is the storage itself. The hash decides where a value is
/// looked for, never its place: the same values give the same dictionary.
struct ValueDictionary {
    /// The values one after the other, as PLAIN has them.
    private(set) var bytes: [UInt8] = []
    /// Where each value begins.
    private var starts: [Int] = []
    private var hashes: [UInt64] = []
    /// One more than the number of the value in each slot; 0 if the slot is free. Half of the slots at most are taken.
    private var slots = [UInt32](repeating: 0, count: 64)

    var count: Int { starts.count }

    /// The number of a value, which is added if it is new.
    ///
    /// - Parameter isPrefixed: whether PLAIN has the value's length before it.
    mutating func index(of value: UnsafeRawBufferPointer, isPrefixed: Bool) -> (index: UInt32, isNew: Bool) {
        let hash = Self.hash(value)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        let header = isPrefixed ? 4 : 0
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if hashes[index] == hash {
                let start = starts[index] + header
                let end = index + 1 < starts.count ? starts[index + 1] : bytes.count
                if end - start == value.count, bytes.withUnsafeBytes({ $0[start..<end].elementsEqual(value) }) {
                    return (UInt32(index), false)
                }
            }
            slot = (slot + 1) & mask
        }
        let index = UInt32(starts.count)
        starts.append(bytes.count)
        hashes.append(hash)
        if isPrefixed { bytes.appendLittleEndian(UInt32(value.count)) }
        bytes.append(contentsOf: value)
        slots[slot] = index + 1
        if starts.count * 2 > slots.count { grow() }
        return (index, true)
    }

    /// A value as PLAIN has it.
    func plain(_ index: UInt32) -> ArraySlice<UInt8> {
        let next = Int(index) + 1
        return bytes[starts[Int(index)]..<(next < starts.count ? starts[next] : bytes.count)]
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        slots = [UInt32](repeating: 0, count: 64)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index) + 1
        }
    }

    private static func hash(_ value: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(value.count) &* 0x9e37_79b9_7f4a_7c15
        var at = 0
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
        }
        while at + 8 <= value.count {
            mix(value.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        if at < value.count {
            var word: UInt64 = 0
            for byte in value[at...] { word = word << 8 | UInt64(byte) }
            mix(word)
        }
        hash ^= hash >> 29
        return hash
    }
}
