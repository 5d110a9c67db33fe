import LedgerEvents
import LedgerValues
import MarketData
import OptionTrades
import Testing

@Suite struct NDJSONTests {
    @Test func `every kind of the contract is read`() throws {
        let lines = """
            {"kind":"gex_hourly","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","net_gex":-12.5,"abs_gex":"100","gex_imbalance":-0.125,"net_gamma":1e3,"spot":91234.56,"instruments":912}
            {"kind":"vol_metrics","currency":"BTC","timestamp":"2026-01-21T15:00:00+01:00","dvol":58.3,"skew_25d":-3}
            {"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00.25Z","price":"91000","source":"gex_derived"}
            {"kind":"iv_surface","currency":"MSTR","timestamp":"2026-01-21T14:00:00Z","dte":6.25,"delta":-25,"iv":88.1}
            {"kind":"gex_strike","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","expiry":"2026-01-30","strike":62000,"option_type":"put","dealer_gamma":-1}
            {"kind":"open_interest","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","exchange":"bitmex","oi_value":1868.0146536224}
            {"kind":"option_quote","underlying":"MSTR","expiry":"2026-01-30","strike":437.5,"option_type":"call","timestamp":"2026-01-21T14:00:00Z","bid":-0,"ask":0.05}
            """
        let reading = Reading(lines, .ndjson)
        #expect(reading.reasons == [])
        #expect(reading.lines == Array(1...7))
        let payloads = reading.payloads
        #expect(payloads.map(\.kind) == MarketKind.allCases)
        #expect(payloads[0].decimal("net_gamma") == decimal("1000"))
        #expect(payloads[0].integer("instruments") == 912)
        #expect(payloads[1].timestamp == Instant("2026-01-21T14:00:00Z"))
        #expect(payloads[1].decimal("vrp") == nil)
        #expect(payloads[2].text("source") == "gex_derived")
        #expect(payloads[6].quote?.contract.strike == decimal("437.5"))
        #expect(payloads[6].quote?.quote.bid == .zero)
        #expect(payloads.allSatisfy { $0.unitSource == nil && !$0.rounded })
        #expect(
            text(payloads[1].encode())
                == #"{"currency":"BTC","dvol":"58.3","iv_atm_30d":null,"iv_atm_7d":null,"kind":"vol_metrics","put_call_ratio":null,"rounded":false,"rv_30d":null,"rv_7d":null,"skew_25d":"-3","spot":null,"timestamp":"2026-01-21T14:00:00Z","total_oi":null,"unit_source":null,"vol_of_vol":null,"vrp":null}"#
        )
    }

    @Test(arguments: [
        [#"{"kind":"spot""#, "is no JSON object"],
        ["[1]", "is not a JSON object"],
        [#"{"currency":"BTC"}"#, "kind is missing"],
        [#"{"kind":"Spot"}"#, "kind is not one of gex_hourly, vol_metrics"],
        [#"{"kind":7}"#, "kind is not a string"],
        [#"{"kind":"spot","timestamp":"2026-01-21T14:00:00Z"}"#, "currency is missing"],
        [#"{"kind":"spot","currency":null,"timestamp":"2026-01-21T14:00:00Z"}"#, "currency is missing"],
        [#"{"kind":"spot","currency":"","timestamp":"2026-01-21T14:00:00Z"}"#, "currency is not 1 to 64 bytes"],
        [#"{"kind":"spot","currency":"B\u0000","timestamp":"2026-01-21T14:00:00Z"}"#, "currency is not 1 to 64 bytes"],
        [#"{"kind":"spot","currency":"\ud800","timestamp":"2026-01-21T14:00:00Z"}"#, "currency is not Unicode text"],
        [#"{"kind":"spot","currency":5,"timestamp":"2026-01-21T14:00:00Z"}"#, #"currency is not a string: "5""#],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21 14:00:00"}"#, "timestamp is not an instant"],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00"}"#, "timestamp is not an instant"],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-02-29T14:00:00Z"}"#, "timestamp is not an instant"],
        [#"{"kind":"spot","currency":"BTC","timestamp":1768917600000}"#, "timestamp is not an instant"],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":0}"#, "price is not above zero"],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":true}"#,
            "price is neither a string nor a number",
        ],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":[1]}"#, "price is neither"],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":""}"#, "price is not a number"],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":"1,5"}"#,
            #"price is not a number: "1,5""#,
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":"NaN"}"#,
            "price is not a number",
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":1.00000000001}"#,
            "price has more than 10 fractional digits",
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":1e18}"#,
            "price is 10^18 or more",
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","prize":1}"#,
            #"spot has no field "prize""#,
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","dvol":1}"#,
            #"spot has no field "dvol""#,
        ],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","unit":"percent"}"#, "unit is neither"],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","rounded":1}"#,
            "rounded is not true or false",
        ],
        [
            #"{"kind":"spot","currency":"BTC","currency":"BTC","timestamp":"2026-01-21T14:00:00Z"}"#,
            "is no JSON object",
        ],
        [
            #"{"kind":"gex_hourly","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","instruments":1.5}"#,
            "instruments is not a whole number",
        ],
        [
            #"{"kind":"gex_hourly","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","instruments":-1}"#,
            "instruments is not a count",
        ],
        [
            #"{"kind":"gex_hourly","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","gex_imbalance":12}"#,
            "gex_imbalance is not between -1 and 1",
        ],
        [
            #"{"kind":"gex_hourly","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","abs_gex":-1}"#,
            "abs_gex is below zero",
        ],
        [#"{"kind":"iv_surface","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","dte":7}"#, "delta is missing"],
        [
            #"{"kind":"iv_surface","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","dte":7,"delta":101}"#,
            "delta is not between -100 and 100",
        ],
        [
            #"{"kind":"option_quote","underlying":"MSTR","expiry":"2026-1-30","strike":1,"option_type":"call","timestamp":"2026-01-21T14:00:00Z"}"#,
            "expiry is not a date",
        ],
        [
            #"{"kind":"option_quote","underlying":"MSTR","expiry":"2026-01-30","strike":1,"option_type":"C","timestamp":"2026-01-21T14:00:00Z"}"#,
            "option_type is neither call nor put",
        ],
        [
            #"{"kind":"option_quote","underlying":"MSTR","expiry":"2026-01-30","strike":0,"option_type":"call","timestamp":"2026-01-21T14:00:00Z"}"#,
            "strike is not above zero",
        ],
    ])
    func `a line that breaks the format is refused with its number and the reason`(line: [String]) throws {
        let good = #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z"}"#
        let reading = Reading("\(good)\n\n\(line[0])\r\n\(good)", .ndjson)
        #expect(reading.lines == [1, 4])
        #expect(reading.faults.map(\.line) == [3])
        let reason = try #require(reading.faults.first?.reason)
        #expect(reason.contains(line[1]), "\(reason)")
    }

    @Test func `fractions become vol points exactly, and the observation says so`() throws {
        let line =
            #"{"kind":"vol_metrics","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","dvol":0.583,"vrp":"-0.0123456789","put_call_ratio":0.7,"spot":91000"#
        for reading in [
            Reading(line + "}", .ndjson, unit: .fraction), Reading(line + #","unit":"fraction"}"#, .ndjson),
        ] {
            let payload = try #require(reading.payloads.first)
            #expect(payload.decimal("dvol") == decimal("58.3"))
            #expect(payload.decimal("vrp") == decimal("-1.23456789"))
            #expect(payload.decimal("put_call_ratio") == decimal("0.7"))
            #expect(payload.decimal("spot") == decimal("91000"))
            #expect(payload.unitSource == "fraction")
        }
        let points = try #require(Reading(line + #","unit":"vol_points"}"#, .ndjson, unit: .fraction).payloads.first)
        #expect(points.decimal("dvol") == decimal("0.583"))
        #expect(points.unitSource == nil)
        // A line without a volatility has nothing to convert.
        let spot = #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":0.5}"#
        let unchanged = try #require(Reading(spot, .ndjson, unit: .fraction).payloads.first)
        #expect(unchanged.decimal("price") == decimal("0.5"))
        #expect(unchanged.unitSource == nil)
        let large = line.replacing("0.583", with: "10000000000000000") + "}"
        #expect(Reading(large, .ndjson, unit: .fraction).faults.first?.reason.contains("in vol points") == true)
    }

    @Test func `what the ledger exports can be imported again`() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix(state: seed)
            let payload = RandomObservation(&random).payload
            let converted = try #require(
                MarketObservedPayload(kind: payload.kind, values: payload.values, rounded: true, unitSource: "fraction")
            )
            let reading = Reading(text(payload.encode()) + "\n" + text(converted.encode()), .ndjson)
            #expect(reading.payloads == [payload, converted], "seed \(seed): \(reading.reasons)")
            // Converted twice would be wrong by a factor of 100.
            if payload.kind == .volMetrics, payload.decimal("dvol") != nil {
                let twice = Reading(text(converted.encode()), .ndjson, unit: .fraction)
                #expect(twice.faults.first?.reason.hasPrefix("unit_source says") == true, "seed \(seed)")
            }
        }
    }

    @Test func `the same lines come out whatever the pieces they are read in`() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix(state: seed)
            var expected: [MarketObservedPayload] = []
            var lines = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let observation = RandomObservation(&random)
                expected.append(observation.payload)
                lines += observation.json(&random) + (Bool.random(using: &random) ? "\n" : "\r\n")
                if Int.random(in: 0...5, using: &random) == 0 { lines += " \t\r\n" }
            }
            if Bool.random(using: &random) { lines = "\u{feff}" + lines }
            let whole = Reading(lines, .ndjson)
            #expect(whole.payloads == expected, "seed \(seed): \(whole.reasons)")
            for piece in [1, 2, 7, 64] {
                let reading = Reading(lines, .ndjson, piece: piece)
                #expect(
                    reading.payloads == expected && reading.lines == whole.lines, "seed \(seed), pieces of \(piece)")
            }
        }
    }

    @Test func `a line beyond the limit is refused without stopping the rest`() {
        let good = #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z"}"#
        let long = String(repeating: " ", count: maximumRecordLength) + good
        let reading = Reading("\(long)\n\(good)\n\(long)", .ndjson, piece: 100_000)
        #expect(reading.lines == [2])
        #expect(reading.reasons == ["1: is longer than 1048576 bytes", "3: is longer than 1048576 bytes"])
        #expect(Reading(String(long.dropFirst(good.utf8.count)), .ndjson).lines == [1])
    }

    @Test func `bytes that are no text are a reason, never a crash`() {
        for seed in 0..<500 as Range<UInt64> {
            var random = SplitMix(state: seed)
            var line = Array(RandomObservation(&random).json(&random).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                line[Int.random(in: 0..<line.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            for format in ImportFormat.allCases {
                let reading = Reading(line, ImportOptions(format: format))
                #expect(reading.observations.count + reading.faults.count <= line.count, "seed \(seed)")
            }
        }
    }

    @Test func `lines without a kind are of the kind that was asked for`() {
        let line = #"{"currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":1}"#
        #expect(Reading(line, .ndjson, kind: "spot").payloads.map(\.kind) == [.spot])
        #expect(Reading(#"{"kind":"open_interest","# + line.dropFirst(), .ndjson, kind: "spot").observations.isEmpty)
    }
}
