import LedgerValues

/// The bytes that all generated rows of a pattern share, and the places of those that differ.
///
/// Every field has a fixed width, so a row is one copy of the template with digits written over it.
struct RowTemplate: Sendable {
    /// A field name in angle brackets in the text of a pattern.
    private enum Field: String {
        case id, updated, traded, strike, day, quantity, cents, premium

        /// The placeholder of the field.
        var blank: String {
            switch self {
            case .id: "0000000000"
            case .updated, .traded: "0000-00-00T00:00:00.000000Z"
            case .strike, .quantity: "000"
            case .day, .cents: "00"
            case .premium: "        "
            }
        }
    }

    private struct Slot {
        var field: Field
        /// The end of the field, counted from the start of the row.
        var end: Int
    }

    /// The shared bytes, with placeholders for the fields.
    let bytes: [UInt8]
    private let slots: [Slot]

    /// Compiles the text of a pattern. Text in angle brackets that does not name a field stays unchanged.
    init(_ pattern: String) {
        var bytes: [UInt8] = []
        var slots: [Slot] = []
        var rest = pattern.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "<"), let close = rest.firstIndex(of: UInt8(ascii: ">")),
                let name = String(rest[..<close]), let field = Field(rawValue: name)
            {
                bytes.append(contentsOf: field.blank.utf8)
                slots.append(Slot(field: field, end: bytes.count))
                rest = rest[rest.index(after: close)...]
            } else {
                bytes.append(byte)
            }
        }
        self.bytes = bytes
        self.slots = slots
    }

    /// Appends a row. O(bytes of the row).
    func append(_ row: GeneratedRow, to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: bytes)
        var written = out.mutableSpan
        for slot in slots {
            let end = start + slot.end
            switch slot.field {
            case .id: write(row.index, digits: 10, endingAt: end, in: &written)
            case .updated: write(row.updatedAt, endingAt: end, in: &written)
            case .traded: write(row.tradedAt, endingAt: end, in: &written)
            case .strike: write(row.strike, digits: 3, endingAt: end, in: &written)
            case .day: write(row.expiryDay, digits: 2, endingAt: end, in: &written)
            case .quantity: write(row.quantity, digits: 3, endingAt: end, in: &written)
            case .cents: write(row.cents, digits: 2, endingAt: end, in: &written)
            case .premium: writeWithoutZeros(row.premium, endingAt: end, in: &written)
            }
        }
    }

    private func write(_ number: Int, digits: Int, endingAt end: Int, in written: inout MutableSpan<UInt8>) {
        var rest = number
        for position in stride(from: end - 1, through: end - digits, by: -1) {
            written[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Keeps the blanks before the first digit, because JSON allows leading spaces but no leading zeros.
    private func writeWithoutZeros(_ number: Int, endingAt end: Int, in written: inout MutableSpan<UInt8>) {
        var rest = number
        var position = end
        repeat {
            position -= 1
            written[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    private func write(_ instant: Instant, endingAt end: Int, in written: inout MutableSpan<UInt8>) {
        let date = instant.date.components
        let microseconds = Int(instant.microseconds % 86_400_000_000)
        let seconds = microseconds / 1_000_000
        write(date.year, digits: 4, endingAt: end - 23, in: &written)
        write(date.month, digits: 2, endingAt: end - 20, in: &written)
        write(date.day, digits: 2, endingAt: end - 17, in: &written)
        write(seconds / 3600, digits: 2, endingAt: end - 14, in: &written)
        write(seconds / 60 % 60, digits: 2, endingAt: end - 11, in: &written)
        write(seconds % 60, digits: 2, endingAt: end - 8, in: &written)
        write(microseconds % 1_000_000, digits: 6, endingAt: end - 1, in: &written)
    }
}
