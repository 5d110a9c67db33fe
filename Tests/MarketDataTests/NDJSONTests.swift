import LedgerEvents
import LedgerValues
import MarketData
import OptionTrades
import RandomSupport
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
            {"kind":"term_structure","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","dte":7,"iv":58.3,"forward_iv":null}
            {"kind":"option_print","underlying":"BTC","source":"deribit","print_id":"301","timestamp":"2026-01-21T14:00:00Z","strike":90000,"option_type":"put","aggressor":"sell","exchange_aggressor":null,"legs":2,"delta":-0.45}
            {"kind":"funding_rate","currency":"BTC","venue":"deribit","instrument":"BTC-PERPETUAL","timestamp":"2026-01-21T14:00:00Z","rate":-0.0000089779,"interval_hours":1}
            {"kind":"futures_basis","currency":"BTC","venue":"bybit","instrument":"BTC-USDC","timestamp":"2026-01-21T14:00:00Z","tenor_days":30,"basis_usd":579.5,"apr":0.4249}
            {"kind":"liquidation","currency":"BTC","venue":"binance","instrument":"total","timestamp":"2026-01-21T14:00:00Z","side":"buy","amount_usd":120000}
            {"kind":"put_call","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","window_hours":1,"venue_kind":"on_screen","puts_sold_premium_usd":14974691.2686626}
            {"kind":"volume","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","interval_hours":1,"venue_kind":"block","contracts":60}
            {"kind":"vol_cone","currency":"BTC","timestamp":"2026-01-21T00:00:00Z","days":30,"current":62.3618816190,"max":78.7}
            """
        let reading = Reading(lines, .ndjson)
        #expect(reading.reasons == [])
        #expect(reading.lines == Array(1...15))
        let payloads = reading.payloads
        #expect(payloads.map(\.kind) == MarketKind.written(in: 2))
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
                == #"{"clamped_iv":null,"currency":"BTC","dvol":"58.3","iv_atm_30d":null,"iv_atm_7d":null,"kind":"vol_metrics","missing_sources":[],"observed_source":null,"put_call_ratio":null,"rounded":false,"rv_30d":null,"rv_7d":null,"skew_25d":"-3","source_currency":null,"spot":null,"timestamp":"2026-01-21T14:00:00Z","total_oi":null,"unit_source":null,"vol_of_vol":null,"vrp":null}"#
        )
        #expect(payloads[8].text("aggressor") == "sell" && payloads[8].text("exchange_aggressor") == nil)
        #expect(payloads[8].integer("legs") == 2 && payloads[8].decimal("delta") == decimal("-0.45"))
        #expect(payloads[9].decimal("rate") == decimal("-0.0000089779") && payloads[10].integer("tenor_days") == 30)
        #expect(payloads[11].text("side") == "buy" && payloads[11].decimal("amount") == nil)
        #expect(payloads[12].text("venue_kind") == "on_screen" && payloads[14].decimal("current") == decimal("62.361881619"))
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
        [
            #"{"kind":"liquidation","currency":"BTC","venue":"x","instrument":"total","timestamp":"2026-01-21T14:00:00Z","side":"hold"}"#,
            #"side is not one of buy, sell: "hold""#,
        ],
        [
            #"{"kind":"liquidation","currency":"BTC","venue":"x","instrument":"total","timestamp":"2026-01-21T14:00:00Z"}"#,
            "side is missing",
        ],
        [#"{"kind":"funding_rate","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","instrument":"x"}"#, "venue is missing"],
        [#"{"kind":"option_print","underlying":"BTC","source":"deribit","print_id":"7"}"#, "timestamp is missing"],
        [
            #"{"kind":"option_print","underlying":"BTC","source":"deribit","print_id":"7","timestamp":"2026-01-21T14:00:00Z","delta":45}"#,
            "delta is not between -1 and 1",
        ],
        [
            #"{"kind":"option_print","underlying":"BTC","source":"deribit","print_id":"7","timestamp":"2026-01-21T14:00:00Z","aggressor":1}"#,
            "aggressor is not a string",
        ],
        [
            #"{"kind":"put_call","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","window_hours":1,"venue_kind":"otc"}"#,
            "venue_kind is not one of on_screen, block",
        ],
        [
            #"{"kind":"futures_basis","currency":"BTC","venue":"x","instrument":"y","timestamp":"2026-01-21T14:00:00Z","tenor_days":7.5}"#,
            "tenor_days is not a whole number",
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","missing_sources":"x"}"#,
            "missing_sources is not a list",
        ],
        [
            #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","missing_sources":["x","x"]}"#,
            #"missing_sources has "x" twice"#,
        ],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","missing_sources":[1]}"#, "missing_sources is not text"],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","observed_source":" x"}"#, "observed_source is not 1 to 64"],
        [#"{"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","clamped_iv":-1}"#, "clamped_iv is below zero"],
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

    @Test func `a line says where it comes from, and options on SOL settled in USDC are options on SOL`() throws {
        let line = #"{"kind":"iv_surface","currency":"SOL_USDC","timestamp":"2026-01-21T14:00:00Z","dte":7,"delta":25,"#
        let payload = try #require(
            Reading(
                line + #""iv":null,"clamped_iv":0.0001,"observed_source":"amberdata","missing_sources":["b","a"],"unit":"fraction"}"#,
                .ndjson
            ).payloads.first)
        #expect(payload.subject == "SOL" && payload.stream.hasPrefix("market-iv_surface:SOL:"))
        #expect(
            payload.provenance
                == .init(
                    observedSource: "amberdata", sourceCurrency: "SOL_USDC", clampedIV: decimal("0.01"), missingSources: ["a", "b"]))
        #expect(payload.unitSource == "fraction")
        let plain = try #require(Reading(line.replacing("SOL_USDC", with: "SOL") + #""iv":1}"#, .ndjson).payloads.first)
        #expect(plain.identifyingDigest == payload.identifyingDigest && plain.provenance == .init())
        let quote =
            #"{"kind":"option_quote","underlying":"SOL_USDC","expiry":"2026-01-30","strike":150,"option_type":"call","timestamp":"2026-01-21T14:00:00Z"}"#
        let csv = """
            kind,currency,timestamp,price,observed_source,missing_sources,clamped_iv,source_currency
            spot,SOL_USDC,2026-01-21T14:00:00Z,150,amberdata,b a,,SOL_USDC
            spot,SOL,2026-01-21T14:00:01Z,150,,,,
            spot,BTC,2026-01-21T14:00:02Z,150,,a a,,
            """
        #expect(Reading(quote, .ndjson).payloads.map(\.subject) == ["SOL"])
        let cells = Reading(csv, .csv)
        #expect(cells.payloads.map(\.subject) == ["SOL", "SOL"] && cells.reasons == [#"4: missing_sources has "a" twice"#])
        #expect(
            cells.payloads.map(\.provenance) == [
                .init(observedSource: "amberdata", sourceCurrency: "SOL_USDC", missingSources: ["a", "b"]), .init(),
            ])
    }

    @Test func `what the ledger exports can be imported again`() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let payload = RandomObservation(&random).payload
            let converted = try #require(
                MarketObservedPayload(
                    kind: payload.kind, values: payload.values, rounded: true, unitSource: "fraction",
                    provenance: .init(
                        observedSource: "é", sourceCurrency: "SOL_USDC", clampedIV: FixedDecimal(1000), missingSources: ["a", "b c"]))
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
            var random = SeededGenerator(seed: seed)
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
            var random = SeededGenerator(seed: seed)
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
