import Foundation
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

@testable import Amberdata

/// The recorded prints of MSTR options, where they are at hand.
private let recordedPrints: [UInt8]? = {
    let named = ProcessInfo.processInfo.environment["ALPHA_LEDGER_AMBERDATA_BODIES"]
    let folder =
        named.map { URL(filePath: $0) } ?? URL(filePath: projectRoot).deletingLastPathComponent().appending(path: "shared/data/amberdata")
    return try? [UInt8](Data(contentsOf: folder.appending(path: "decorated-trades-tradfi.mstr.json")))
}()

/// Real prints as executions, and the quotes before them as observations, through to every view.
@Suite(.enabled(if: recordedPrints != nil)) struct RealPrintsTests {
    private struct Print {
        let execution: ExecutionRow
        let quote: [(name: String, value: MarketValue)]
    }

    /// A print names no side: one at or above the mid counts as bought, one below as sold. Multiplier and currency are
    /// those of listed US options.
    private func prints() throws -> [Print] {
        let body = try #require(recordedPrints)
        let rows = try #require(try JSONDocument(parsing: body).root["payload"]?["data"])
        return try rows.elements.enumerated().map { number, row in
            let time = try #require(WireValue.instant(row["exchangeTimestamp"]))
            let expiry = try #require(WireValue.instant(row["expirationTimestamp"])).date
            let strike = try #require(WireValue.decimal(row["strike"])).value
            let type: OptionType = row["putCall"]?.string == "C" ? .call : .put
            let price = try #require(WireValue.decimal(row["priceUsd"])).value
            let mid = try #require(WireValue.decimal(row["preTradeMidPrice"])).value
            var fields: [(name: String, value: MarketValue)] = [
                ("underlying", .text("MSTR")), ("expiry", .date(expiry)), ("strike", .decimal(strike)),
                ("option_type", .optionType(type)), ("timestamp", .instant(time)),
            ]
            for (name, key) in [
                ("bid", "preTradeBidPrice"), ("ask", "preTradeAskPrice"), ("bid_size", "preTradeBidVolume"),
                ("ask_size", "preTradeAskVolume"), ("underlying_price", "underlyingPrice"), ("volume_24h", "volume24h"),
            ] {
                if let value = WireValue.decimal(row[key])?.value { fields.append((name, .decimal(value))) }
            }
            return Print(
                execution: ExecutionRow(
                    source: "alpha_sync", sourceTradeID: "print-\(number)", sourceUpdatedAt: time, tradeDate: time, tradeStatus: .filled,
                    sourcePortfolio: "IMST", underlyingSymbol: "MSTR", instrument: row["instrumentNormalized"]?.string,
                    direction: price >= mid ? .buy : .sell, optionType: type, strike: strike, expiry: expiry,
                    quantity: WireValue.decimal(row["tradeAmount"])?.value, price: price, priceCurrency: "USD",
                    contractMultiplier: FixedDecimal(100), quantityUnit: "CONTRACTS",
                    spotAtTrade: WireValue.decimal(row["underlyingPrice"])?.value),
                quote: fields)
        }
    }

    @Test func `they run through to all views`() async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            let prints = try prints()
            #expect(prints.count == 445)
            try await bench.ledger.log.append(prints.map { recorded($0.execution) }, runID: UniqueID(high: 3, low: 3))
            for print in prints { try await bench.observe(.optionQuote, print.quote) }
            _ = try await ContextBackfill(ledger: bench.ledger).run(ContextBackfillOptions(apply: true))
            try await bench.benchmarks()
            try await bench.marks()
            try await bench.ledger.bringUpToDate(bench.ledger.registry.names)

            func rows(_ view: View) async throws -> [JSONValue] {
                var request = ViewRequest()
                request.limit = ViewReader.maximumLimit
                var rows: [JSONValue] = []
                repeat {
                    let page = try await ViewReader(bench.ledger).page(view, request)
                    rows += try page.rows.map { try JSONDocument(parsing: $0).root }
                    request.cursor = page.nextCursor
                } while request.cursor != nil
                return rows
            }
            func count(_ rows: [JSONValue], _ column: String) -> [String: Int] {
                Dictionary(grouping: rows) { $0[column]?.string ?? "null" }.mapValues(\.count)
            }
            let quality = try await rows(.executionQuality)
            #expect(quality.count == 445)
            // The quote before each print has the print's own time: none is stale or missing, some can't be used.
            #expect(count(quality, "benchmark_quality")["stale"] == nil)
            #expect((count(quality, "benchmark_quality")["quoted"] ?? 0) > 400)
            // Nothing of BTC was observed: every context is unavailable, and no alignment is scored.
            #expect(count(try await rows(.context), "context_quality") == ["unavailable": 445])
            #expect(count(try await rows(.alignment), "alignment_label") == ["insufficient_data": 445])
            let lifecycles = try await rows(.lifecycles)
            #expect(lifecycles.reduce(0) { $0 + ($1["trade_ids"]?.count ?? 0) } == 445)
            let outcomes = try await rows(.outcomes)
            #expect(outcomes.count == 445 * 4)
            // An outcome without a fresh mark has no figure.
            for row in outcomes where row["mark_quality"]?.string != "quoted" {
                #expect(row["pnl_before_fees_usd"]?.isNull == true && row["mark_price"]?.isNull == true)
            }
            print(
                "445 prints: execution quality \(count(quality, "benchmark_quality").sorted { $0.key < $1.key }),",
                "lifecycles \(count(lifecycles, "lifecycle_state").sorted { $0.key < $1.key }),",
                "outcomes \(count(outcomes, "outcome_state").sorted { $0.key < $1.key }),",
                "marks \(count(outcomes, "mark_quality").sorted { $0.key < $1.key })")
            for verification in try await bench.ledger.verifyProjections() { #expect(verification.matches) }
        }
    }
}
