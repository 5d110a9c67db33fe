package import LedgerValues

/// A moment of a tape, to the nanosecond.
package struct TapeInstant: Sendable, Hashable {
    /// The moment, rounded down to the microsecond.
    package let instant: Instant
    /// What was cut off: 0 to 999.
    package let nanoseconds: Int

    package init(_ instant: Instant, nanoseconds: Int = 0) {
        precondition((0...999).contains(nanoseconds), "the nanoseconds of a microsecond")
        (self.instant, self.nanoseconds) = (instant, nanoseconds)
    }

    /// Reads an instant as RFC 3339 writes it, with up to nine fractional digits. Nil for anything else.
    package init?(_ text: String) {
        var bytes = Array(text.utf8)
        var end = 20
        if bytes.count > 26, bytes[19] == UInt8(ascii: ".") {
            while end < bytes.count, Self.isDigit(bytes[end]) { end += 1 }
        }
        // Beyond the sixth digit stand up to three of the nanoseconds.
        guard end > 26 else {
            guard let instant = Instant(text) else { return nil }
            self.init(instant)
            return
        }
        guard end <= 29 else { return nil }
        var nanoseconds = 0
        for index in 26..<29 {
            nanoseconds = nanoseconds * 10 + (index < end ? Int(bytes[index] - UInt8(ascii: "0")) : 0)
        }
        bytes.removeSubrange(26..<end)
        guard let instant = Instant(String(decoding: bytes, as: UTF8.self)) else { return nil }
        self.init(instant, nanoseconds: nanoseconds)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}

extension TapeInstant: Comparable {
    package static func < (left: TapeInstant, right: TapeInstant) -> Bool {
        (left.instant, left.nanoseconds) < (right.instant, right.nanoseconds)
    }
}
