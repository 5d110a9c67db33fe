// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// What the source's other intents leave for this one.
package struct DayFacts: CodedFields {
    /// `date`: The date in New York.
    package var date: CalendarDate?
    /// `holdings`: The positions that a SELL can mean.
    package var holdings: [Holding] = []
    /// `orders`: BUY orders submitted on that date, whatever became of them.
    package var orders: Int64 = 0
    /// `premium`: Their limit times quantity times multiplier.
    package var premium: FixedDecimal = .zero
    /// `reserved`: What BUYs of unknown outcome may still take.
    package var reserved: FixedDecimal = .zero
    /// `through_position`: The log's position through which this was counted.
    package var throughPosition: Int64 = 0

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.date("date", &date)
        try fields.objects("holdings", &holdings)
        try fields.integer("orders", &orders)
        try fields.decimal("premium", &premium)
        try fields.decimal("reserved", &reserved)
        try fields.integer("through_position", &throughPosition)
    }
}

extension DayFacts: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: DayFacts, right: DayFacts) -> Bool {
        guard left.date == right.date,
            left.holdings == right.holdings,
            left.orders == right.orders,
            left.premium == right.premium,
            left.reserved == right.reserved,
            left.throughPosition == right.throughPosition
        else { return false }
        return true
    }
}
