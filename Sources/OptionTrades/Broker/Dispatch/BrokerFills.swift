package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The fills of a broker's orders as a source of executions: a row for each order that has fills, or had some that were taken back.
///
/// The broker is followed order by order, under the dispatcher's lease. What it said stands in the log, and the rows are read off
/// that. They are normalized and settled like the rows of every source.
package struct BrokerFills: ExecutionSource {
    package let scope: ExecutionScope
    package let feedName: String
    /// The broker restates an order in the order of the log.
    package let order = RowPrecedence.asGiven
    private let rows: [BrokerFillRow]

    /// - Parameters:
    ///   - rows: of the orders.
    ///   - source: of the orders.
    ///   - portfolio: the account's name in the configuration.
    package init(_ rows: [BrokerFillRow], source: String, portfolio: String) throws(ExecutionScopeError) {
        self.rows = rows
        feedName = "broker-\(source)"
        scope = try ExecutionScope(source: source, portfolios: [portfolio], key: feedName)
    }

    package func redact(_ row: JSONValue) -> JSONValue { row }

    package func normalize(_ row: JSONValue) -> NormalizedRow {
        let fill: BrokerFillRow
        do throws(PayloadError) {
            fill = try FieldCoder.object(row, "")
        } catch {
            let field = error.pointer.isEmpty ? "row" : String(error.pointer.dropFirst())
            return .rejected(
                raw: row.sourceText, reasons: ["invalid:\(field)"], sourceTradeID: row["broker_order_id"]?.string, unknownKeys: [])
        }
        let symbol = OptionSymbol(fill.symbol)
        var execution = ExecutionRow(
            source: scope.source, sourceTradeID: fill.brokerOrderID, sourceUpdatedAt: fill.updatedAt, tradeDate: fill.firstFillAt,
            tradeStatus: fill.tradeStatus)
        execution.sourceTradeTicketID = fill.intentID
        execution.sourcePortfolio = scope.portfolios.first
        execution.underlyingSymbol = fill.ticker
        execution.direction = fill.action == .buy ? .buy : .sell
        execution.quantity = fill.filledQuantity
        execution.price = fill.filledAveragePrice
        execution.priceCurrency = "USD"
        execution.feesUSD = fill.commission
        execution.contractMultiplier = symbol == nil ? FixedDecimal(1) : fill.multiplier
        execution.quantityUnit = symbol == nil ? "SHARES" : nil
        execution.optionSymbol = symbol?.description
        execution.instrument = fill.symbol
        execution.optionType = symbol?.optionType
        execution.strike = symbol?.strike
        execution.expiry = symbol?.expiry
        return .accepted(execution, unknown: [])
    }

    /// All rows on one page. None is older than the log, so a query does not choose among them.
    nonisolated(nonsending) package func pages(
        _ query: SourceQuery, onPage: (JSONElements, Int) async throws -> Void
    ) async throws -> SourceRunEnd {
        let page = JSONWriter.bytes(reservingCapacity: 512 * rows.count) { FieldCoder.write(rows, to: &$0) }
        try await onPage(try JSONDocument(parsing: page).root.elements, 0)
        return SourceRunEnd(pages: 1, lastCursor: nil, watermark: rows.map(\.updatedAt).max())
    }
}

/// What the log says of an order's fills, with those of the orders that took its place.
package struct BrokerFillRow: CodedFields {
    package var action = IntentAction.buy
    /// Of the first order of the chain.
    package var brokerOrderID = ""
    package var commission: FixedDecimal?
    package var filledAveragePrice: FixedDecimal?
    package var filledQuantity = FixedDecimal.zero
    package var firstFillAt = Instant.minimum
    package var intentID = ""
    package var multiplier: FixedDecimal?
    package var quantity: Int64 = 0
    package var status = ""
    /// An OCC symbol, or that of shares.
    package var symbol = ""
    package var ticker = ""
    package var updatedAt = Instant.minimum

    package init() {}

    /// The row of an order; nil before it has a fill.
    ///
    /// - Parameters:
    ///   - state: of the order's intent.
    ///   - isRecorded: whether there is an execution already: then a fill that was taken back is said too.
    package init?(_ state: IntentState, isRecorded: Bool) {
        guard let submission = state.submission, let acknowledgement = state.acknowledgement, let update = state.update,
            isRecorded || state.filledQuantity > .zero, let firstFillAt = state.firstFillAt ?? update.updatedAt
        else { return nil }
        (brokerOrderID, intentID, status) = (acknowledgement.brokerOrderID, state.intent.intentID, update.status)
        (ticker, action) = (state.intent.ticker, state.intent.action)
        (symbol, quantity, multiplier) = (submission.body.symbol, submission.body.quantity, submission.decision.multiplier)
        (filledQuantity, filledAveragePrice, commission) = (state.filledQuantity, state.filledAveragePrice, state.commission)
        (self.firstFillAt, updatedAt) = (firstFillAt, update.updatedAt ?? firstFillAt)
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.choice("action", &action)
        try fields.text("broker_order_id", &brokerOrderID)
        try fields.decimal("commission", &commission)
        try fields.decimal("filled_avg_price", &filledAveragePrice)
        try fields.decimal("filled_qty", &filledQuantity)
        try fields.instant("first_fill_at", &firstFillAt)
        try fields.text("intent_id", &intentID)
        try fields.decimal("multiplier", &multiplier)
        try fields.integer("qty", &quantity)
        try fields.text("status", &status)
        try fields.text("symbol", &symbol)
        try fields.text("ticker", &ticker)
        try fields.instant("updated_at", &updatedAt)
    }

    fileprivate var tradeStatus: TradeStatus {
        if filledQuantity.isZero { return .busted }
        return status.isBytewiseEqual(to: "filled") || filledQuantity == FixedDecimal(Int(quantity)) ? .filled : .partiallyFilled
    }
}
