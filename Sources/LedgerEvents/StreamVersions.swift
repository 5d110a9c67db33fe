/// The last seen version of every stream, looked up by the bytes of its name without making a string.
///
/// An open-addressed table over one array of names. Names are compared byte for byte and hashed with the process's own
/// seed, so that no choice of names can slow the table down. Memory: the names, and about 60 bytes per stream.
struct StreamVersions {
    private struct Entry {
        var hash = 0
        var start = 0
        var length = 0
        var version: Int64 = 0
    }

    private var names: [UInt8] = []
    private var entries: [Entry] = []
    /// Indices into `entries`, plus one; 0 marks a free slot.
    private var slots = [UInt32](repeating: 0, count: 1024)

    /// The stream's last version, or 0 for a stream not seen before, and the place to pass to ``set(_:at:)``.
    mutating func last(_ name: UnsafeRawBufferPointer) -> (version: Int64, place: Int) {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        let hash = hasher.finalize()
        var slot = hash & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if entries[place].hash == hash, isNamed(entries[place], name) { return (entries[place].version, place) }
            slot = (slot + 1) & (slots.count - 1)
        }
        entries.append(Entry(hash: hash, start: names.count, length: name.count, version: 0))
        names.append(contentsOf: name)
        slots[slot] = UInt32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return (0, entries.count - 1)
    }

    mutating func set(_ version: Int64, at place: Int) { entries[place].version = version }

    private func isNamed(_ entry: Entry, _ name: UnsafeRawBufferPointer) -> Bool {
        guard entry.length == name.count else { return false }
        return names.withUnsafeBytes { known in
            // Eight bytes at a time, then the rest.
            var at = 0
            while at + 8 <= name.count {
                let (left, right) = (
                    known.loadUnaligned(fromByteOffset: entry.start + at, as: UInt64.self),
                    name.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                )
                if left != right { return false }
                at += 8
            }
            while at < name.count {
                if known[entry.start + at] != name[at] { return false }
                at += 1
            }
            return true
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 4)
        for (place, entry) in entries.enumerated() {
            var slot = entry.hash & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(place + 1)
        }
    }
}
