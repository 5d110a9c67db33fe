import LedgerJSON
import LedgerMerkle
public import LedgerValues

/// Builds the leaves of events one after another, in memory that is kept between them.
///
/// The same bytes as `RecordedEvent.appendLeaf` gives (docs/contract/event-log.md, "Leaf bytes"), without a string or an array a leaf: what
/// a check of the whole log spends its time on.
public struct LeafBuffer {
    private var storage: [UInt8] = []
    private var days = (DayText(), DayText())
    /// The length of the current leaf.
    public private(set) var count = 0
    /// The offset at which the member `leaf_hash` would stand in the current leaf: after `event_id`.
    public private(set) var hashOffset = 0

    public init() {}

    /// Builds an event's leaf, which becomes the current one. Linear in the length of its texts.
    public mutating func fill(_ event: EventBytes) {
        // An escaped byte of a name takes six bytes; everything else is below 400 bytes.
        let needed = event.payload.count + 6 * (event.stream.count + event.type.count) + 512
        if storage.count < needed { storage = [UInt8](repeating: 0, count: needed * 2) }
        var days = days
        var end = 0
        var offset = 0
        storage.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            var out = Cursor(at: base)
            out.text("{\"effective_at\":")
            if let effectiveAt = event.effectiveAt { out.instant(effectiveAt, &days.0) } else { out.text("null") }
            out.text(",\"event_id\":\"")
            out.identifier(event.eventID)
            out.text("\",")
            offset = out.at - base
            out.text("\"payload\":")
            out.bytes(event.payload)
            out.text(",\"position\":")
            out.number(event.position)
            out.text(",\"recorded_at\":")
            out.instant(event.recordedAt, &days.1)
            out.text(",\"run_id\":\"")
            out.identifier(event.runID)
            out.text("\",\"schema_version\":")
            out.number(Int64(event.schemaVersion))
            out.text(",\"stream\":")
            out.string(event.stream)
            out.text(",\"stream_version\":")
            out.number(event.streamVersion)
            out.text(",\"type\":")
            out.string(event.type)
            out.text("}")
            end = out.at - base
        }
        self.days = days
        count = end
        hashOffset = offset
    }

    /// The leaf hash of the current leaf.
    public var hash: Digest32 { withBytes { MerkleHash.leaf($0) } }

    /// Calls `body` with the current leaf in place.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// The text of the most recently written day. Consecutive events tend to share a day.
    private struct DayText {
        var day: Int64 = -1
        var text: InlineArray<10, UInt8> = .init(repeating: 0)
    }

    /// Writes forward through memory that was allocated large enough beforehand.
    private struct Cursor {
        var at: UnsafeMutableRawPointer

        @inline(__always)
        mutating func text(_ text: StaticString) {
            at.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
            at += text.utf8CodeUnitCount
        }

        @inline(__always)
        mutating func byte(_ byte: UInt8) {
            at.storeBytes(of: byte, as: UInt8.self)
            at += 1
        }

        mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
            guard let base = bytes.baseAddress else { return }
            at.copyMemory(from: base, byteCount: bytes.count)
            at += bytes.count
        }

        mutating func number(_ number: Int64) {
            if number < 0 { byte(UInt8(ascii: "-")) }
            var width = 1
            var rest = number.magnitude
            while rest >= 10 {
                rest /= 10
                width += 1
            }
            digits(number.magnitude, width: width)
        }

        @inline(__always)
        private mutating func digits(_ number: UInt64, width: Int) {
            var rest = number
            var place = width
            while place > 0 {
                place -= 1
                at.storeBytes(of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: place, as: UInt8.self)
                rest /= 10
            }
            at += width
        }

        mutating func identifier(_ id: UniqueID) {
            var place = 0
            for group in 0..<16 {
                if group == 4 || group == 6 || group == 8 || group == 10 {
                    at.storeBytes(of: UInt8(ascii: "-"), toByteOffset: place, as: UInt8.self)
                    place += 1
                }
                let word = group < 8 ? id.high : id.low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(56 - group % 8 * 8))
                at.storeBytes(of: Self.hexDigit(value >> 4), toByteOffset: place, as: UInt8.self)
                at.storeBytes(of: Self.hexDigit(value & 15), toByteOffset: place + 1, as: UInt8.self)
                place += 2
            }
            at += 36
        }

        @inline(__always)
        private static func hexDigit(_ value: UInt8) -> UInt8 {
            value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
        }

        mutating func instant(_ instant: Instant, _ known: inout DayText) {
            let day = instant.microseconds / 86_400_000_000
            if known.day != day {
                var text: [UInt8] = []
                instant.date.write(to: &text)
                for index in 0..<10 { known.text[index] = text[index] }
                known.day = day
            }
            byte(UInt8(ascii: "\""))
            for index in 0..<10 { byte(known.text[index]) }
            let (seconds, fraction) = UInt64(instant.microseconds % 86_400_000_000).quotientAndRemainder(dividingBy: 1_000_000)
            byte(UInt8(ascii: "T"))
            digits(seconds / 3600, width: 2)
            byte(UInt8(ascii: ":"))
            digits(seconds / 60 % 60, width: 2)
            byte(UInt8(ascii: ":"))
            digits(seconds % 60, width: 2)
            if fraction > 0 {
                byte(UInt8(ascii: "."))
                digits(fraction, width: 6)
            }
            text("Z\"")
        }

        mutating func string(_ text: UnsafeRawBufferPointer) {
            // Nearly all names need no escaping, and are copied as they are.
            let isPlain = text.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain {
                byte(UInt8(ascii: "\""))
                bytes(text)
                byte(UInt8(ascii: "\""))
            } else {
                var writer = JSONWriter(reservingCapacity: text.count + 16)
                text.withMemoryRebound(to: UInt8.self) { writer.string(utf8: $0.span) }
                writer.bytes.withUnsafeBytes { bytes($0) }
            }
        }
    }
}
