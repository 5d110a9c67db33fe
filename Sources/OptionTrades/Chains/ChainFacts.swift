package import LedgerValues

/// All parts of chains of one underlying, market date and expiry: of each timestamp and part what was recorded last.
///
/// Stored facts are the positions of these events. In memory the payloads stand with them, their rows as JSON.
package struct ChainFacts: Sendable {
    /// By timestamp, then number.
    package private(set) var parts: [ChainPart] = []

    package init() {}

    /// Takes a part. It replaces the part of the same timestamp and number.
    package mutating func record(_ part: ChainPart) {
        let (time, number) = (part.timestamp, part.number)
        // Parts nearly always come in order.
        var place = parts.count
        while place > 0, parts[place - 1].timestamp > time || parts[place - 1].timestamp == time && parts[place - 1].number >= number {
            place -= 1
        }
        if place < parts.count, parts[place].timestamp == time, parts[place].number == number {
            parts[place] = part
        } else {
            parts.insert(part, at: place)
        }
    }

    /// The facts by a moment of valid time. Nil if there are none.
    package func held(by instant: Instant) -> ChainFacts? {
        var held = self
        held.parts.removeAll { $0.timestamp > instant }
        return held.parts.isEmpty ? nil : held
    }

    /// The complete chain with the latest timestamp, and whether a later one is incomplete, or none is complete.
    package func counted() -> (chain: OptionChain?, isIncomplete: Bool) {
        var end = parts.count
        var isIncomplete = false
        while end > 0 {
            let time = parts[end - 1].timestamp
            var start = end - 1
            while start > 0, parts[start - 1].timestamp == time { start -= 1 }
            if let chain = ChainPart.chain(of: parts[start..<end]) { return (chain, isIncomplete) }
            isIncomplete = true
            end = start
        }
        return (nil, true)
    }

    /// The bytes of the rows.
    var byteCount: Int { parts.reduce(0) { $0 + ($1.observed.rows?.json.count ?? 0) + 512 } }
}
