package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// The trade book: one row a `(source, source_trade_id)`, the latest version of the source's row and what
/// follows from it (docs/contract/trades.md, "Columns").
package struct TradesProjection: Projection {
    package static let name = "trades"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions + TradeEvents.presences)

    /// A trade's latest row from the source, and its history in the log.
    package struct Facts: Sendable {
        var execution: ExecutionRow
        var scopeKey: String
        var streamVersion: Int64
        var firstRecordedAt: Instant
        var lastRecordedAt: Instant
        /// Names, sorted bytewise. Empty before the first update.
        var lastChangedFields: [String]
        var isMissingUpstream: Bool
    }

    package let identity: ProjectionIdentity
    private let rules: TradesRules

    package init(rules: TradesRules) {
        self.rules = rules
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    package static var rowsAreFacts: Bool { true }
    package static var entitiesAreSubjects: Bool { true }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.trade }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) throws {
        let record = event.record
        if let payload = event.payload(as: ExecutionPayload.self) {
            facts = Facts(
                execution: payload.row, scopeKey: payload.scopeKey, streamVersion: record.streamVersion,
                firstRecordedAt: facts?.firstRecordedAt ?? record.recordedAt, lastRecordedAt: record.recordedAt,
                lastChangedFields: (payload.changedFields ?? []).map(\.field),
                isMissingUpstream: facts?.isMissingUpstream ?? false)
        } else if let payload = event.payload(as: PresencePayload.self) {
            try mark(&facts, missing: payload.isMissing, record, entity)
        }
    }

    private func mark(_ facts: inout Facts?, missing: Bool, _ record: EventHeader, _ entity: RowKey) throws {
        if facts == nil {
            throw PoisonEvent(
                position: record.position, problem: "\(record.type) for the trade \(entity), which was never recorded")
        }
        facts?.isMissingUpstream = missing
        facts?.streamVersion = record.streamVersion
        facts?.lastRecordedAt = record.recordedAt
    }

    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? {
        facts.execution.tradeDate <= instant ? facts : nil
    }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        let execution = facts.execution
        encode(facts, to: &rows.out)
        rows.endRow(
            RowKey([execution.source, execution.sourceTradeID]),
            [
                .instant(execution.tradeDate), .instant(execution.tradeDate), .text(execution.sourcePortfolio),
                .text(execution.underlyingSymbol), .text(execution.tradeStatus.rawValue),
                .text(rules.marketProxy.mapping(of: execution.underlyingSymbol).quality),
            ])
    }

    package func encode(_ facts: Facts, to out: inout JSONWriter) {
        let execution = facts.execution
        let premium = EntryPremium(of: execution, rules: rules)
        let mapping = rules.marketProxy.mapping(of: execution.underlyingSymbol)
        out.beginObject()
        out.key("contract_multiplier"); out.decimalString(execution.contractMultiplier)
        out.key("currency"); out.string(execution.currency)
        out.key("direction"); out.string(execution.direction?.rawValue)
        out.key("entry_premium_usd"); out.decimalString(premium.usd)
        out.key("expiry"); out.date(execution.expiry)
        out.key("fees_usd"); out.decimalString(execution.feesUSD)
        out.key("first_recorded_at"); out.instant(facts.firstRecordedAt)
        out.key("flags")
        out.beginArray()
        for flag in execution.flags(premium: premium, missingUpstream: facts.isMissingUpstream, rules: rules) {
            out.string(flag)
        }
        out.endArray()
        out.key("instrument"); out.string(execution.instrument)
        out.key("is_synthetic"); out.bool(execution.isSynthetic)
        out.key("last_changed_fields")
        out.beginArray()
        for field in facts.lastChangedFields { out.string(field) }
        out.endArray()
        out.key("last_recorded_at"); out.instant(facts.lastRecordedAt)
        out.key("mapping_quality"); out.string(mapping.quality)
        out.key("market_proxy"); out.string(mapping.marketProxy)
        out.key("notes"); out.string(execution.notes)
        out.key("option_symbol"); out.string(execution.optionSymbol)
        out.key("option_type"); out.string(execution.optionType?.rawValue)
        out.key("pending_quantity"); out.decimalString(execution.pendingQuantity)
        out.key("premium_source"); out.string(premium.source.rawValue)
        out.key("premium_usd"); out.decimalString(execution.premiumUSD)
        out.key("price"); out.decimalString(execution.price)
        out.key("price_currency"); out.string(execution.priceCurrency)
        out.key("quantity"); out.decimalString(execution.quantity)
        out.key("quantity_unit"); out.string(execution.quantityUnit)
        out.key("recon_status"); out.string(execution.reconStatus)
        out.key("scope_key"); out.string(facts.scopeKey)
        out.key("source"); out.string(execution.source)
        out.key("source_broker"); out.string(execution.sourceBroker)
        out.key("source_created_at"); out.instant(execution.sourceCreatedAt)
        out.key("source_created_by"); out.string(execution.sourceCreatedBy)
        out.key("source_execution_type"); out.string(execution.sourceExecutionType)
        out.key("source_portfolio"); out.string(execution.sourcePortfolio)
        out.key("source_portfolio_id"); out.string(execution.sourcePortfolioID)
        out.key("source_security_id"); out.string(execution.sourceSecurityID)
        out.key("source_trade_id"); out.string(execution.sourceTradeID)
        out.key("source_trade_ticket_id"); out.string(execution.sourceTradeTicketID)
        out.key("source_updated_at"); out.instant(execution.sourceUpdatedAt)
        out.key("spot_at_trade"); out.decimalString(execution.spotAtTrade)
        out.key("stream_version"); out.integer(facts.streamVersion)
        out.key("strike"); out.decimalString(execution.strike)
        out.key("trade_date"); out.instant(execution.tradeDate)
        out.key("trade_status"); out.string(execution.tradeStatus.rawValue)
        out.key("traded_iv"); out.decimalString(execution.tradedIV)
        out.key("underlying_symbol"); out.string(execution.underlyingSymbol)
        out.key("underlying_type"); out.string(execution.underlyingType)
        out.endObject()
    }

    package func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let scopeKey = root["scope_key"]?.string, let version = root["stream_version"]?.integer,
            let first = root["first_recorded_at"]?.string.flatMap({ Instant($0) }),
            let last = root["last_recorded_at"]?.string.flatMap({ Instant($0) }),
            let flags = root["flags"]?.elements.compactMap(\.string),
            let changed = root["last_changed_fields"]?.elements.compactMap(\.string)
        else { throw RowProblem(description: "a stored trade row lacks a column") }
        return Facts(
            execution: try ExecutionRow(decoding: root), scopeKey: scopeKey, streamVersion: version,
            firstRecordedAt: first, lastRecordedAt: last, lastChangedFields: changed,
            isMissingUpstream: flags.contains("missing_upstream"))
    }
}
