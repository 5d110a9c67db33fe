// Made by `swift run payload-generator` from schema/events/ForwardMarkRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The price of a directly mapped underlying at a horizon, taken from an observation.
package struct HorizonSpot: Sendable {
    /// `price`
    package var price: FixedDecimal
    /// `kind`: The kind of observation: spot or gex_hourly.
    package var kind: String
    /// `timestamp`: The observation's time.
    package var timestamp: Instant

    package init(
        price: FixedDecimal,
        kind: String,
        timestamp: Instant
    ) {
        self.price = price
        self.kind = kind
        self.timestamp = timestamp
    }
}

extension HorizonSpot {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            price: .zero,
            kind: "",
            timestamp: .minimum)
    }
}

extension HorizonSpot {
    /// Writes the value as an object.
    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("kind")
        out.string(self.kind)
        out.append(#","price":"#)
        out.decimalString(self.price)
        out.append(#","timestamp":"#)
        out.instant(self.timestamp)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "kind", "price", "timestamp",
    ]

    /// Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.
    package init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        self = .unread
        kind = try members.text("kind")
        price = try members.decimal("price")
        timestamp = try members.instant("timestamp")
        try members.finish(Self.keys)
    }
}

extension CanonicalReader {
    /// Reads a `HorizonSpot` or null.
    mutating func horizonSpot(_ value: inout HorizonSpot?) -> Bool {
        if isNull() { return true }
        var read = HorizonSpot.unread
        guard take(#"{"kind":"#), sharedText(&read.kind),
            take(#","price":"#), decimal(&read.price),
            take(#","timestamp":"#), instant(&read.timestamp), take("}")
        else { return false }
        value = read
        return true
    }
}

extension HorizonSpot: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: HorizonSpot, right: HorizonSpot) -> Bool {
        guard left.price == right.price,
            left.timestamp == right.timestamp,
            left.kind.isBytewiseEqual(to: right.kind)
        else { return false }
        return true
    }
}
