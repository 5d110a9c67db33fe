// Made by `swift run payload-generator` from schema/events/MarketConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The session of now: from the calendar, and from the broker's own clock.
package struct SessionFacts: CodedFields {
    /// `broker_is_open`: What the broker's clock said.
    package var brokerIsOpen: Bool?
    /// `session_close`
    package var sessionClose: Instant?
    /// `session_open`: Null without a session, and for a date that the calendar does not cover.
    package var sessionOpen: Instant?

    package init() {}

    package init(
        sessionOpen: Instant? = nil, sessionClose: Instant? = nil, brokerIsOpen: Bool? = nil
    ) {
        self.sessionOpen = sessionOpen
        self.sessionClose = sessionClose
        self.brokerIsOpen = brokerIsOpen
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.truth("broker_is_open", &brokerIsOpen)
        try fields.instant("session_close", &sessionClose)
        try fields.instant("session_open", &sessionOpen)
    }
}

extension SessionFacts: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: SessionFacts, right: SessionFacts) -> Bool {
        guard left.brokerIsOpen == right.brokerIsOpen,
            left.sessionClose == right.sessionClose,
            left.sessionOpen == right.sessionOpen
        else { return false }
        return true
    }
}
