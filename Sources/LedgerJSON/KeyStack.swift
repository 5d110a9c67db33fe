/// The keys of every open object, to find duplicates.
///
/// As long as each key of an object comes after the one before it, as in canonical JSON, none can be a duplicate. After that, the
/// first ``Scope/linearLimit`` keys are compared one by one, by fingerprint first. Beyond these, a hash table, seeded per
/// process, keeps the cost per key constant.
struct KeyStack {
    /// A key's contents, without quotes.
    struct Key {
        var start: Int
        var end: Int
        var flags: UInt32

        var hasEscape: Bool { flags & Node.hasEscape != 0 }
    }

    /// The part of the stack that belongs to one object.
    struct Scope {
        static let linearLimit = 64
        var first = 0
        /// Whether each key so far comes after the one before it, by its bytes, and none has an escape.
        var isAscending = true
        /// Positions on the stack plus one, by hash, or 0 for a free slot; empty for objects with few keys.
        var table: [UInt32] = []
    }

    private var keys: [Key] = []
    private var fingerprints: [UInt64] = []
    private var scratch: (left: [UInt8], right: [UInt8]) = ([], [])

    /// With room for the keys of most documents, so that none of them lets it grow step by step.
    init() {
        keys.reserveCapacity(Scope.linearLimit)
        fingerprints.reserveCapacity(Scope.linearLimit)
    }

    /// An empty scope on top of all others.
    var scope: Scope { Scope(first: keys.count) }

    /// Forgets the keys of a scope, which must be the topmost.
    mutating func leave(_ scope: Scope) {
        keys.removeLast(keys.count - scope.first)
        fingerprints.removeLast(fingerprints.count - scope.first)
    }

    /// Adds a key to the topmost scope; false if the scope already has it.
    mutating func insert(_ key: Key, in scope: inout Scope, of text: Span<UInt8>) -> Bool {
        let mark = fingerprint(key, of: text)
        let count = keys.count - scope.first
        if scope.isAscending, count == 0 || isLast(key, of: text) {
            scope.isAscending = !key.hasEscape
            keys.append(key)
            fingerprints.append(mark)
            return true
        }
        scope.isAscending = false
        if count < Scope.linearLimit {
            let matches = countMatches(mark, from: scope.first)
            if matches > 0, findLinearly(key, mark, from: scope.first, of: text) { return false }
        } else if !insertInTable(key, in: &scope, of: text) {
            return false
        }
        keys.append(key)
        fingerprints.append(mark)
        return true
    }

    /// Whether a key without an escape comes after the topmost key, which has none either.
    private func isLast(_ key: Key, of text: Span<UInt8>) -> Bool {
        guard !key.hasEscape, let last = keys.last else { return false }
        let lengths = (last.end - last.start, key.end - key.start)
        for index in 0..<min(lengths.0, lengths.1) {
            let (left, right) = (text[last.start + index], text[key.start + index])
            if left != right { return left < right }
        }
        return lengths.0 < lengths.1
    }

    private func countMatches(_ mark: UInt64, from first: Int) -> Int {
        let marks = fingerprints.span
        var matches = 0
        for index in first..<marks.count {
            matches &+= marks[index] == mark ? 1 : 0
        }
        return matches
    }

    private mutating func findLinearly(_ key: Key, _ mark: UInt64, from first: Int, of text: Span<UInt8>) -> Bool {
        for index in first..<keys.count where fingerprints[index] == mark && equal(keys[index], key, of: text) {
            return true
        }
        return false
    }

    /// Puts the key that is about to be appended into the table; false if the table already has it.
    private mutating func insertInTable(_ key: Key, in scope: inout Scope, of text: Span<UInt8>) -> Bool {
        let count = keys.count - scope.first
        if scope.table.count < 2 * (count + 1) {
            // A scope whose first keys were in order has many keys before it has a table.
            var size = 4 * Scope.linearLimit
            while size < 4 * (count + 1) { size *= 2 }
            scope.table = [UInt32](repeating: 0, count: size)
            for index in scope.first..<keys.count {
                let (slot, _) = slot(for: keys[index], in: scope.table, of: text)
                scope.table[slot] = UInt32(truncatingIfNeeded: index + 1)
            }
        }
        let (slot, taken) = slot(for: key, in: scope.table, of: text)
        if taken { return false }
        scope.table[slot] = UInt32(truncatingIfNeeded: keys.count + 1)
        return true
    }

    /// The slot of the key in the table, or the free slot for it.
    private mutating func slot(for key: Key, in table: [UInt32], of text: Span<UInt8>) -> (slot: Int, taken: Bool) {
        var hasher = Hasher()
        withContents(key, of: text) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        var slot = hasher.finalize() & (table.count - 1)
        while table[slot] != 0 {
            if equal(keys[Int(table[slot]) - 1], key, of: text) { return (slot, true) }
            slot = (slot + 1) & (table.count - 1)
        }
        return (slot, false)
    }

    private mutating func withContents(_ key: Key, of text: Span<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        guard key.hasEscape else {
            text.extracting(key.start..<key.end).withUnsafeBufferPointer(body)
            return
        }
        scratch.left.removeAll(keepingCapacity: true)
        appendUnescaped(text, key.start, key.end, to: &scratch.left)
        scratch.left.withUnsafeBufferPointer(body)
    }

    private mutating func equal(_ left: Key, _ right: Key, of text: Span<UInt8>) -> Bool {
        if !left.hasEscape && !right.hasEscape {
            return left.end - left.start == right.end - right.start
                && equalBytes(text, left.start, text, right.start, count: left.end - left.start)
        }
        scratch.left.removeAll(keepingCapacity: true)
        scratch.right.removeAll(keepingCapacity: true)
        appendUnescaped(text, left.start, left.end, to: &scratch.left)
        appendUnescaped(text, right.start, right.end, to: &scratch.right)
        return scratch.left == scratch.right
    }

    private mutating func fingerprint(_ key: Key, of text: Span<UInt8>) -> UInt64 {
        guard key.hasEscape else { return mark(text, from: key.start, count: key.end - key.start) }
        scratch.left.removeAll(keepingCapacity: true)
        appendUnescaped(text, key.start, key.end, to: &scratch.left)
        return mark(scratch.left.span, from: 0, count: scratch.left.count)
    }
}

/// A word made of the length and the first and last eight bytes: equal keys have equal words.
@inline(__always)
private func mark(_ text: Span<UInt8>, from start: Int, count: Int) -> UInt64 {
    var (first, last): (UInt64, UInt64) = (0, 0)
    if count >= 8 {
        first = text.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
        last = text.bytes.unsafeLoadUnaligned(fromByteOffset: start + count - 8, as: UInt64.self)
    } else {
        for index in start..<(start + count) {
            first = first << 8 | UInt64(text[index])
        }
    }
    return (first ^ (last &* 0x9e37_79b9_7f4a_7c15)) &+ UInt64(truncatingIfNeeded: count) &* 0xff51_afd7_ed55_8ccd
}

/// Whether `count` bytes at two places are equal.
func equalBytes(_ left: Span<UInt8>, _ leftStart: Int, _ right: Span<UInt8>, _ rightStart: Int, count: Int) -> Bool {
    guard count >= 8 else {
        for index in 0..<count where left[leftStart + index] != right[rightStart + index] { return false }
        return true
    }
    let (leftBytes, rightBytes) = (left.bytes, right.bytes)
    func isEqual(at index: Int) -> Bool {
        leftBytes.unsafeLoadUnaligned(fromByteOffset: leftStart + index, as: UInt64.self)
            == rightBytes.unsafeLoadUnaligned(fromByteOffset: rightStart + index, as: UInt64.self)
    }
    var index = 0
    while index + 8 < count {
        if !isEqual(at: index) { return false }
        index += 8
    }
    // The last word overlaps the one before it.
    return isEqual(at: count - 8)
}
