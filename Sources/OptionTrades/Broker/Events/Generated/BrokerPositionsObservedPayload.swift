// Made by `swift run payload-generator` from schema/events/BrokerPositionsObserved.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `BrokerPositionsObserved`: all positions of the account, sorted by symbol.
package struct BrokerPositionsObservedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `now`
    package var now: Instant = .minimum
    /// `positions`: All positions of the account, by symbol.
    package var positions: [BrokerPosition] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.instant("now", &now)
        try fields.objects("positions", &positions)
        try fields.text("source", &source)
    }
}

extension BrokerPositionsObservedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: BrokerPositionsObservedPayload, right: BrokerPositionsObservedPayload) -> Bool {
        guard left.now == right.now,
            left.positions == right.positions,
            left.source.isBytewiseEqual(to: right.source)
        else { return false }
        return true
    }
}
