import LedgerEvents
import LedgerJSON
import LedgerValues
import MarketData
import OptionTrades
import Testing

/// Chains and bars: observations that are lists of rows.
@Suite struct RowObservationTests {
    private func rows(_ payload: MarketObservedPayload?) -> [ChainRow] { ChainRow.all(in: payload?.rows?.json ?? []) ?? [] }

    @Test func `NDJSON has a part of a chain a line, and bars of a period`() throws {
        let reading = Reading(
            """
            {"kind":"option_chain","underlying":"MSTR","timestamp":"2026-01-30T15:00:00Z","expiry":"2026-02-20","part":1,"parts":1,"spot":151.25,"multiplier":100,"rows":[{"strike":150,"option_type":"call","iv":0.715,"delta":-0},{"strike":150,"option_type":"put","bid":null}],"unit":"fraction"}
            {"kind":"bars","symbol":"MSTR","interval":"1m","period":"2026-01-30T12","adjustment":"raw","bars":[{"timestamp":"2026-01-30T14:59:00Z","close":151,"volume":0},{"timestamp":"2026-01-30T15:59:00Z","vwap":"150.5"}]}
            {"kind":"bars","symbol":"MSTR","interval":"1d","period":"2026-01","bars":[{"timestamp":"2026-01-30T00:00:00Z","close":151}]}
            """, .ndjson)
        #expect(reading.reasons == [])
        let chain = try #require(reading.payloads.first)
        #expect(chain.unitSource == "fraction" && chain.schemaVersion == 3 && chain.decimal("spot") == decimal("151.25"))
        #expect(rows(chain).map(\.iv) == [decimal("71.5"), nil] && rows(chain).map(\.delta) == [.zero, nil])
        #expect(
            text(chain.encode()).contains(
                #""rows":[{"ask":null,"bid":null,"delta":"0","gamma":null,"iv":"71.5","last":null,"mark":null,"open_interest":null,"#
                    + #""option_type":"call","strike":"150","theta":null,"vega":null,"volume":null},"#))
        #expect(try MarketObservedPayload(decoding: chain.encode(), schemaVersion: 3) == chain)
        // The effective time is the end of the last bar: a minute later, or midnight in New York.
        #expect(reading.payloads[1].timestamp == Instant("2026-01-30T16:00:00Z"))
        #expect(reading.payloads[2].timestamp == Instant("2026-01-31T05:00:00Z"))
        #expect(
            reading.payloads[2].subject == "MSTR" && reading.payloads[1].event(previousVersion: 0).stream.hasPrefix("market-bars:MSTR:"))
    }

    @Test(arguments: [
        [#""rows":[{"strike":2,"option_type":"call"},{"strike":1,"option_type":"call"}]"#, "not sorted by strike"],
        [#""rows":[{"strike":1,"option_type":"put"},{"strike":1,"option_type":"call"}]"#, "not sorted by strike"],
        [#""rows":[{"strike":1,"option_type":"put"},{"strike":1,"option_type":"put"}]"#, "not sorted by strike"],
        [#""rows":[{"option_type":"put"}]"#, "rows[0].strike is missing"],
        [#""rows":[{"strike":0,"option_type":"put"}]"#, "rows[0].strike is not above zero"],
        [#""rows":[{"strike":1,"option_type":"put","volume":-1}]"#, "rows[0].volume is below zero"],
        [#""rows":[{"strike":1,"option_type":"put","rho":1}]"#, "rows[0] has no field"], [#""rows":[1]"#, "rows[0] is not an object"],
        [#""rows":{}"#, "rows is not a list of objects"], [#""spot":1"#, "rows is missing"],
    ])
    func `a part of a chain that breaks the format is refused with its row and field`(_ input: [String]) {
        let line =
            #"{"kind":"option_chain","underlying":"MSTR","timestamp":"2026-01-30T15:00:00Z","expiry":"2026-02-20","part":1,"parts":1,"#
            + input[0] + "}"
        let reading = Reading(line, .ndjson)
        #expect(reading.payloads.isEmpty && reading.reasons.first?.contains(input[1]) ?? false, "\(reading.reasons)")
    }

    @Test(arguments: [
        ["1m", "2026-01-30T12", "2026-01-30T16:00:00Z", "outside its period"], ["1m", "2026-01-30T13", "2026-01-30T13:00:00Z", "outside"],
        ["1d", "2026-01", "2026-01-30T05:00:00Z", "not 00:00Z"], ["1d", "2026-02", "2026-01-30T00:00:00Z", "outside its period"],
        ["1h", "2026-01-30T12", "2026-01-30T12:00:00Z", "interval is not one of"],
    ])
    func `a bar outside its period rejects the line`(_ input: [String]) {
        let reading = Reading(
            #"{"kind":"bars","symbol":"A","interval":"\#(input[0])","period":"\#(input[1])","bars":[{"timestamp":"\#(input[2])"}]}"#,
            .ndjson)
        #expect(reading.payloads.isEmpty && reading.reasons.first?.contains(input[3]) ?? false, "\(reading.reasons)")
    }

    private static let header = "kind,underlying,timestamp,expiry,source,spot,strike,option_type,iv,symbol,interval,close"

    @Test func `lines of CSV that stand together are one chain, sorted and split into parts of 200`() throws {
        let lines = (1...450).map { "option_chain,MSTR,2026-01-30T15:00:00Z,2026-02-20,alpaca,151.25,\(451 - $0),call,60,,," }
        let more = ["bars,,2026-01-30T03:59:00Z,,,,,,,MSTR,1m,1", "bars,,2026-01-30T04:00:00Z,,,,,,,MSTR,1m,2"]
        for piece in [.max, 7] {
            let reading = Reading(([Self.header] + lines + more).joined(separator: "\n"), .csv, piece: piece)
            #expect(reading.reasons == [])
            let chains = reading.payloads.filter { $0.kind == .optionChain }
            #expect(chains.map { $0.integer("part") } == [1, 2, 3] && chains.map { $0.integer("parts") } == [3, 3, 3])
            #expect(chains.map { $0.rows?.count } == [200, 200, 50])
            #expect(chains.flatMap { rows($0) }.map(\.strike) == (1...450).map { FixedDecimal($0) })
            #expect(reading.payloads.filter { $0.kind == .bars }.map { $0.text("period") } == ["2026-01-30T00", "2026-01-30T04"])
        }
    }

    @Test func `a chain with a faulty line is left out, and nothing else is`() {
        let reading = Reading(
            """
            \(Self.header)
            option_chain,MSTR,2026-01-30T15:00:00Z,2026-02-20,,151,100,call,60,,,
            option_chain,MSTR,2026-01-30T15:00:00Z,2026-02-20,,151,101,call,x,,,
            option_chain,MSTR,2026-01-30T15:00:00Z,2026-02-27,,151,100,call,60,,,
            option_chain,MSTR,2026-01-30T15:00:00Z,2026-02-27,,152,101,call,60,,,
            option_chain,COIN,2026-01-30T15:00:00Z,2026-02-27,,151,100,call,60,,,
            option_chain,COIN,2026-01-30T15:00:00Z,2026-02-27,,151,100,call,60,,,
            option_chain,SOL_USDC,2026-01-30T15:00:00Z,2026-02-27,,151,100,call,60,,,
            option_chain,COIN,2026-01-30T15:00:00Z,2026-02-27,,151,102,call,60,,,
            """, .csv)
        #expect(reading.payloads.map(\.subject) == ["SOL"] && reading.payloads.first?.provenance.sourceCurrency == "SOL_USDC")
        #expect(reading.faults.map(\.line) == [3, 2, 5, 4, 6, 9], "\(reading.reasons)")
        #expect(reading.reasons[0].contains("iv is not a number") && reading.reasons[1].contains("left out"))
        #expect(reading.reasons[2].contains("differs from line 4") && reading.reasons[4].contains("repeats the row of line 6 in line 7"))
        #expect(reading.reasons[5].contains("lines of one stand together"))
    }
}
