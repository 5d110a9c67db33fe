// Made by `swift run payload-generator` from schema/events/IntradayFlowSummarized.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `IntradayFlowSummarized`: what the trades of a contract on a market date add up to, and what says so
/// (docs/contract/research.md, "Intraday flow").
package struct IntradayFlowPayload: CodedFields {
    package var figures = FlowFigures()
    /// `source`: A captured tape, a past day, or observed prints.
    package var source: FlowSource = .stream
    /// `symbol`: OCC; of a UTC market as in BTC-2025-03-28-90000-C.
    package var symbol: String = ""
    /// `market_date`
    package var marketDate: CalendarDate = .minimum
    /// `underlying`
    package var underlying: String = ""
    /// `expiry`
    package var expiry: CalendarDate = .minimum
    /// `option_type`
    package var optionType: OptionType = .call
    /// `strike`
    package var strike: FixedDecimal = .zero
    /// `multiplier`
    package var multiplier: FixedDecimal = .zero
    /// `valid_quote_count`: Trades whose quote in force is sound.
    package var validQuoteCount: Int64 = 0
    /// `quote_coverage_pct`: valid_quote_count by trade_count.
    package var quoteCoverage: FixedDecimal?
    /// `buckets`: By length, then start.
    package var buckets: [FlowBucket] = []
    /// `warnings`: Sorted bytewise.
    package var warnings: [String] = []
    /// `inputs`: The tape's files, or the positions of the prints' events.
    package var inputs: FlowInputs = .prints([])
    /// `rules`: The rule files that the summary follows from, sorted by file. They are not part of the content.
    package var rules: [RuleReference] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try figures.code(&fields)
        try fields.objects("buckets", &buckets)
        try fields.date("expiry", &expiry)
        try fields.inputs("inputs", &inputs)
        try fields.date("market_date", &marketDate)
        try fields.decimal("multiplier", &multiplier)
        try fields.choice("option_type", &optionType)
        try fields.decimal("quote_coverage_pct", &quoteCoverage)
        try fields.rules("rules", &rules)
        try fields.choice("source", &source)
        try fields.decimal("strike", &strike)
        try fields.text("symbol", &symbol)
        try fields.text("underlying", &underlying)
        try fields.integer("valid_quote_count", &validQuoteCount)
        try fields.texts("warnings", &warnings)
    }
}

extension IntradayFlowPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: IntradayFlowPayload, right: IntradayFlowPayload) -> Bool {
        guard left.source == right.source,
            left.marketDate == right.marketDate,
            left.expiry == right.expiry,
            left.optionType == right.optionType,
            left.strike == right.strike,
            left.multiplier == right.multiplier,
            left.validQuoteCount == right.validQuoteCount,
            left.quoteCoverage == right.quoteCoverage,
            left.buckets == right.buckets,
            left.warnings == right.warnings,
            left.inputs == right.inputs,
            left.rules == right.rules,
            left.figures == right.figures,
            left.symbol.isBytewiseEqual(to: right.symbol),
            left.underlying.isBytewiseEqual(to: right.underlying)
        else { return false }
        return true
    }
}
