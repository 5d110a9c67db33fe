import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
package import LedgerValues
package import OptionTrades

/// Summaries of the observed prints of an underlying on a market date, each against the quote before it.
package struct FlowPrints: ResearchQuestion {
    package let underlying: String
    package let marketDate: CalendarDate
    package let maximumContracts: Int

    package init(underlying: String, marketDate: CalendarDate, maximumContracts: Int) {
        (self.underlying, self.marketDate, self.maximumContracts) = (underlying, marketDate, maximumContracts)
    }

    package var name: String { "flow-prints" }
    package var views: [View] { [.intradayFlow, .optionPrints, .optionChains] }
    package var key: String { "\(underlying)|\(marketDate)|\(maximumContracts)" }

    /// The prints of a contract.
    fileprivate struct Prints {
        var read = FlowTrades()
        var positions: [Int64] = []
    }

    package func document(_ rows: ResearchRows) throws -> [UInt8] {
        let rules = try rows.rules(of: .intradayFlow, IntradayFlowRules.init(version:read:))
        guard let start = marketDate.advanced(byDays: -1).flatMap({ rules.dates.end(of: $0, market: underlying) }),
            let end = rules.dates.end(of: marketDate, market: underlying)
        else { throw ViewError.badParameter(name: "date", expected: "a date of the years of \(rules.dates.newYork.file.path)") }
        var contracts: [OptionContract: Prints] = [:]
        var leftOut: Int64 = 0
        let own = RowFilter.equals(column: "underlying", value: underlying)
        try rows.forEach(.optionPrints, [own, .from(column: "timestamp", start), .before(column: "timestamp", end)]) { document in
            let row = document.root
            guard let contract = OptionContract(row, of: underlying), let position = row["observed_position"]?.integer else {
                leftOut += 1
                return
            }
            contracts[contract, default: Prints()].take(row, at: position)
        }
        // A contract that lost all its prints says so.
        let day =
            [RowFilter.fromDate(column: "market_date", marketDate)]
            + (marketDate.advanced(byDays: 1).map { [RowFilter.beforeDate(column: "market_date", $0)] } ?? [])
        try rows.forEach(.intradayFlow, [own] + day) { document in
            guard document.root["source"]?.stringIs("prints") ?? false, let contract = OptionContract(document.root, of: underlying) else {
                return
            }
            if contracts[contract] == nil { contracts[contract] = Prints() }
        }
        guard contracts.count <= maximumContracts else {
            throw FlowProblem(
                "\(underlying) has prints of \(contracts.count) contracts on \(marketDate), more than --max-contracts \(maximumContracts)")
        }
        var multipliers: [CalendarDate: FixedDecimal] = [:]
        for row in try rows.rows(.optionChains, [own] + day) {
            guard let expiry = row.root["expiry"]?.string.flatMap({ CalendarDate($0) }) else { continue }
            multipliers[expiry] = row.root["multiplier"]?.decimal
        }
        var summaries: [FlowSummary] = []
        for (contract, prints) in contracts.sorted(by: { $0.key < $1.key }) {
            summaries.append(
                try FlowSummary(
                    of: FlowSubject(
                        source: .prints, symbol: try rules.symbol(of: contract), marketDate: marketDate, contract: contract,
                        multiplier: multipliers[contract.expiry] ?? rules.multiplier(of: underlying)),
                    prints.read, inputs: .prints(prints.positions.sorted()), rules))
        }
        return JSONWriter.bytes(reservingCapacity: 1 << 14) { out in
            out.beginObject()
            out.key("left_out"); out.integer(leftOut)
            out.key("summaries")
            out.beginArray()
            for summary in summaries {
                out.beginObject()
                out.key("effective_at"); out.instant(summary.effectiveAt)
                out.key("payload"); out.raw(summary.payload.encode())
                out.endObject()
            }
            out.endArray()
            out.endObject()
        }
    }
}

extension FlowPrints.Prints {
    fileprivate mutating func take(_ row: JSONValue, at position: Int64) {
        positions.append(position)
        guard let time = row["timestamp"]?.string.flatMap({ Instant($0) }), let price = row["price"]?.decimal, price > .zero,
            let size = row["size"]?.decimal, size > .zero
        else {
            read.droppedTrades += 1
            return
        }
        read.trades.append(
            FlowTrade(
                time: TapeInstant(time), price: price, size: size, notionalPrice: row["price_usd"]?.decimal,
                quote: FlowQuote(bid: row["pre_bid"]?.decimal, ask: row["pre_ask"]?.decimal)))
    }
}

extension OptionContract {
    /// The contract of a row. Nil unless the row has all its terms.
    fileprivate init?(_ row: JSONValue, of underlying: String) {
        guard let expiry = row["expiry"]?.string.flatMap({ CalendarDate($0) }), let strike = row["strike"]?.decimal,
            let type = row["option_type"]?.string.flatMap({ OptionType(rawValue: $0) })
        else { return nil }
        self.init(underlying: underlying, expiry: expiry, strike: strike, optionType: type)
    }
}

/// What the prints of an underlying and date come to.
package struct FlowOfPrints: Sendable {
    package let summaries: [FlowSummary]
    /// Prints that don't say which contract they are of.
    package let leftOut: Int64

    init(_ document: JSONDocument) throws {
        leftOut = document.root["left_out"]?.integer ?? 0
        summaries =
            try document.root["summaries"]?.elements.map { element -> FlowSummary in
                guard let payload = element["payload"], let time = element["effective_at"]?.string.flatMap({ Instant($0) }) else {
                    preconditionFailure("a document of prints has payloads and their times")
                }
                return FlowSummary(payload: try IntradayFlowPayload(decoding: Array(payload.sourceText.utf8)), effectiveAt: time)
            } ?? []
    }
}

extension ResearchReader {
    /// The summaries of observed prints as of the projections' checkpoint.
    package func flow(ofPrints question: FlowPrints) async throws -> FlowOfPrints {
        try FlowOfPrints(try await answer(question, ResearchRequest()).document())
    }
}
