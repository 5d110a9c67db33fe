import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@Suite struct MarketPayloadTests {
    private func sample<Payload>(_ type: String, _ read: ([UInt8]) throws -> Payload) throws -> Payload {
        try read(try TestFiles.sample(type, version: EventType(type).randomVersion))
    }

    private func observation(_ fields: [(name: String, value: MarketValue)]) -> MarketObservedPayload? {
        MarketObservedPayload(kind: .spot, fields: fields)
    }

    @Test func `an observation's fields are read by name`() throws {
        let payload = try sample("MarketObserved") { try MarketObservedPayload(decoding: $0) }
        #expect(payload.kind == .volMetrics)
        #expect(payload.subject == "BTC")
        #expect(payload.timestamp == Instant("2026-01-21T14:00:00Z"))
        #expect(try payload.decimal("dvol") == FixedDecimal("58.3"))
        #expect(payload.decimal("vrp") == nil)
        #expect(payload.decimal("no_such_field") == nil)
        #expect(payload.unitSource == "fraction")
        #expect(payload.provenance.observedSource == "amberdata" && payload.provenance.sourceCurrency == "BTC")
        #expect(payload.provenance.missingSources == ["put_call", "volatility_of_volatility"] && payload.provenance.clampedIV == nil)
        #expect(payload.quote == nil)
    }

    @Test func `the stream and the identity of an observation are those of the contract`() throws {
        let payload = try sample("MarketObserved") { try MarketObservedPayload(decoding: $0) }
        #expect(text(payload.identifyingBytes()) == #"{"currency":"BTC","timestamp":"2026-01-21T14:00:00Z"}"#)
        // sha256sum of the bytes above.
        #expect(
            payload.identifyingDigest.description
                == "b8ea24fadd9b4b7ddb875eae2ef690d7ae14d828e789a15ab2607cf7a3b0057d")
        let event = payload.event(previousVersion: 2)
        #expect(event.stream == "market-vol_metrics:BTC:\(payload.identifyingDigest)")
        #expect(
            event.identity
                == "market|vol_metrics|\(payload.identifyingDigest)|2|\(Digest32(sha256Of: Self.content))")
        let stored = text(try TestFiles.sample("MarketObserved", version: 2))
        #expect(event.schemaVersion == 2 && text(event.payload) == stored)
        #expect(event.effectiveAt == payload.timestamp)
        #expect(event.expectedVersion == 2)
        #expect(event.isTyped)
    }

    /// The sample without what says where it comes from and in which unit.
    private static let content = Array(
        (#"{"currency":"BTC","dvol":"58.3","iv_atm_30d":"57.5","iv_atm_7d":"55.125","kind":"vol_metrics","#
            + #""missing_sources":["put_call","volatility_of_volatility"],"put_call_ratio":null,"rv_30d":"44.0000000001","rv_7d":"41","#
            + #""skew_25d":"-3.5","spot":"91234.56","timestamp":"2026-01-21T14:00:00Z","total_oi":"412000.5","vol_of_vol":null,"vrp":null}"#)
            .utf8)

    @Test func `what was observed is one observation, whoever observed it and in whatever unit, but for the sources that failed`() throws {
        for seed in 0..<100 as Range<UInt64> {
            var random = RandomPayloads(seed: seed)
            let one = random.observation(random.pick(MarketKind.allCases))
            func other(_ change: (inout MarketObservedPayload.Provenance) -> Void) throws -> MarketObservedPayload {
                var provenance = one.provenance
                change(&provenance)
                let unit = one.unitSource == nil ? "fraction" : nil
                return try #require(
                    MarketObservedPayload(
                        kind: one.kind, values: one.values, rounded: !one.rounded, unitSource: unit, provenance: provenance))
            }
            let same = try other {
                ($0.observedSource, $0.sourceCurrency, $0.clampedIV) = ("somebody else", "another name", FixedDecimal(1000))
            }
            #expect(same.contentDigest == one.contentDigest && same.stream == one.stream && same != one, "seed \(seed)")
            #expect(try other { $0.missingSources.insert("a", at: 0) }.contentDigest != one.contentDigest, "seed \(seed)")
            let event = same.event(previousVersion: 3)
            #expect(event.eventID == one.event(previousVersion: 3).eventID && event.payload != one.encode(), "seed \(seed)")
        }
    }

    @Test func `an observation of version 1 has the content of the same one of version 2, and only the kinds of its time`() throws {
        let first = try MarketObservedPayload(decoding: try TestFiles.sample("MarketObserved", version: 1), schemaVersion: 1)
        #expect(first.provenance == MarketObservedPayload.Provenance())
        let again = try #require(MarketObservedPayload(kind: first.kind, values: first.values))
        #expect(again.contentDigest == first.contentDigest)
        // Neither version reads as the other.
        for (version, other) in [(1, 2), (2, 1), (2, 3), (3, 2)] {
            #expect(throws: PayloadError.self) {
                try MarketObservedPayload(decoding: try TestFiles.sample("MarketObserved", version: version), schemaVersion: other)
            }
        }
        for kind in MarketKind.allCases {
            var random = RandomPayloads(seed: 5)
            let payload = random.observation(kind)
            let members = try JSONDocument(parsing: payload.encode()).root.members.filter { key, _ in
                !["clamped_iv", "missing_sources", "observed_source", "source_currency"].contains(key)
            }
            let bytes = Array(("{" + members.map { "\"\($0.key)\":\($0.value.sourceText)" }.joined(separator: ",") + "}").utf8)
            if kind.isIn(1) {
                let read = try MarketObservedPayload(decoding: bytes, schemaVersion: 1)
                #expect(read.values.count == payload.values.count && read.unitSource == payload.unitSource)
            } else {
                #expect(throws: PayloadError(pointer: "/kind", problem: "is not one of the known kinds"), "\(kind)") {
                    try MarketObservedPayload(decoding: bytes, schemaVersion: 1)
                }
            }
        }
    }

    @Test func `provenance holds names in order, each once`() throws {
        let time = MarketValue.instant(try #require(Instant("2026-01-21T14:00:00Z")))
        func made(_ provenance: MarketObservedPayload.Provenance) -> Bool {
            MarketObservedPayload(kind: .spot, values: [.text("BTC"), time, .null, .null], provenance: provenance) != nil
        }
        #expect(made(.init(observedSource: "amberdata", sourceCurrency: "SOL_USDC", clampedIV: .zero, missingSources: ["a", "b"])))
        #expect(!made(.init(observedSource: "")) && !made(.init(sourceCurrency: " SOL")) && !made(.init(clampedIV: FixedDecimal(-1))))
        #expect(
            !made(.init(missingSources: ["b", "a"])) && !made(.init(missingSources: ["a", "a"])) && !made(.init(missingSources: [""])))
        #expect(
            MarketSymbol.stored("SOL_USDC") == "SOL" && MarketSymbol.stored("SOL") == "SOL" && MarketSymbol.stored("sol_usdc") == "sol_usdc"
        )
    }

    @Test func `a print names its market and its time, and a choice is one of its texts`() throws {
        let time = MarketValue.instant(try #require(Instant("2026-01-21T14:00:00Z")))
        func print(_ fields: [(name: String, value: MarketValue)]) -> MarketObservedPayload? {
            let identity = [(name: "underlying", value: MarketValue.text("BTC")), ("source", .text("deribit"))]
            return MarketObservedPayload(kind: .optionPrint, fields: identity + fields)
        }
        let id = (name: "print_id", value: MarketValue.text(String(repeating: "f", count: 64) + "-1"))
        #expect(print([id]) == nil, "without a time")
        let good = try #require(print([id, ("timestamp", time), ("aggressor", .text("sell"))]))
        #expect(good.timestamp == Instant("2026-01-21T14:00:00Z") && good.subject == "BTC")
        #expect(
            text(good.identifyingBytes())
                == #"{"print_id":"\#(String(repeating: "f", count: 64))-1","source":"deribit","underlying":"BTC"}"#)
        #expect(good.event(previousVersion: 0).effectiveAt == good.timestamp && good.stream.hasPrefix("market-option_print:BTC:"))
        #expect(print([id, ("timestamp", time), ("aggressor", .text("both"))]) == nil)
        #expect(print([id, ("timestamp", time), ("block_id", .text(String(repeating: "b", count: 65)))]) == nil)
        #expect(print([("print_id", .text(String(repeating: "f", count: 129))), ("timestamp", time)]) == nil)
        let side = try #require(MarketKind.liquidation.field(named: "side"))
        #expect(side.problem(of: .text("hold")) == "is not one of buy, sell" && side.problem(of: .null) == "is missing")
    }

    @Test func `a quote's contract and figures come out of an option quote`() throws {
        let strike = try FixedDecimal("437.5")
        let timestamp = try #require(Instant("2026-01-21T14:00:00Z"))
        let expiry = try #require(CalendarDate("2026-01-30"))
        let payload = try #require(
            MarketObservedPayload(
                kind: .optionQuote,
                fields: [
                    ("underlying", .text("MSTR")), ("expiry", .date(expiry)), ("strike", .decimal(strike)),
                    ("option_type", .optionType(.put)), ("timestamp", .instant(timestamp)),
                    ("bid", .decimal(.zero)), ("mark_iv", .decimal(try FixedDecimal("61.2"))),
                ], rounded: true))
        let (contract, quote) = try #require(payload.quote)
        #expect(
            contract == OptionContract(underlying: "MSTR", expiry: expiry, strike: strike, optionType: .put))
        #expect(contract.description == "MSTR 2026-01-30 437.5 put")
        let expected = OptionQuote(timestamp: timestamp, bid: .zero, markIV: try FixedDecimal("61.2"), rounded: true)
        #expect(quote == expected)
        #expect(quote.time == timestamp)
        #expect(payload.stream.hasPrefix("market-option_quote:MSTR:"))
    }

    @Test func `an observation is not made of values that its fields can't hold`() throws {
        let time = MarketValue.instant(try #require(Instant("2026-01-21T14:00:00Z")))
        let good: [(name: String, value: MarketValue)] = [("currency", .text("BTC")), ("timestamp", time)]
        #expect(observation(good) != nil)
        #expect(observation(good + [("price", .decimal(FixedDecimal(1))), ("source", .text("x"))]) != nil)
        #expect(observation(good + [("price", .decimal(.zero))]) == nil)
        #expect(observation(good + [("price", .text("1"))]) == nil)
        #expect(observation(good + [("source", .text(""))]) == nil)
        #expect(observation(good + [("source", .text(" a"))]) == nil)
        #expect(observation(good + [("source", .text("a\u{0}"))]) == nil)
        #expect(observation(good + [("source", .text(String(repeating: "é", count: 32)))]) != nil)
        #expect(observation(good + [("source", .text(String(repeating: "é", count: 33)))]) == nil)
        #expect(observation(good + [("dvol", .decimal(FixedDecimal(1)))]) == nil)
        #expect(observation([good[0]]) == nil)
        #expect(observation([("currency", .null), good[1]]) == nil)
        #expect(MarketObservedPayload(kind: .spot, values: [.text("BTC"), time]) == nil)
    }

    @Test func `what an observation identifies is what differs between streams`() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomPayloads(seed: seed)
            let kind = random.pick(MarketKind.written(in: 2))
            let first = random.observation(kind)
            var values = random.observation(kind).values
            for index in kind.fields.indices where kind.fields[index].isIdentifying {
                values[index] = first.values[index]
            }
            let second = try #require(MarketObservedPayload(kind: kind, values: values))
            #expect(first.stream == second.stream, "seed \(seed)")
            let place = try #require(
                kind.fields.indices.filter { kind.fields[$0].isIdentifying }.randomElement(using: &random.random))
            var other = values
            repeat { other[place] = random.value(of: kind.fields[place]) } while "\(other[place])" == "\(values[place])"
            let third = try #require(MarketObservedPayload(kind: kind, values: other))
            #expect(third.stream != second.stream, "seed \(seed)")
        }
    }

    @Test func `keys in any order read the same, strangers and gaps are refused`() throws {
        for seed in 0..<100 as Range<UInt64> {
            var random = RandomPayloads(seed: seed)
            let payload = random.observation(random.pick(MarketKind.written(in: 2)))
            let stamp = random.stamp()
            var members = Array(try JSONDocument(parsing: payload.encode()).root.members)
            members.shuffle(using: &random.random)
            func document(_ members: [(key: String, value: JSONValue)]) -> [UInt8] {
                Array(("{" + members.map { "\"\($0.key)\":\($0.value.sourceText)" }.joined(separator: ",") + "}").utf8)
            }
            #expect(try MarketObservedPayload(decoding: document(members)) == payload, "seed \(seed)")
            let dropped = Array(members.dropLast())
            #expect(throws: PayloadError.self, "seed \(seed)") {
                try MarketObservedPayload(decoding: document(dropped))
            }
            let strange = members + [(key: "stranger", value: members[0].value)]
            #expect(throws: PayloadError(pointer: "", problem: "has the unknown key stranger"), "seed \(seed)") {
                try MarketObservedPayload(decoding: document(strange))
            }
            var others = Array(try JSONDocument(parsing: stamp.encode()).root.members)
            others.shuffle(using: &random.random)
            #expect(try ContextStampedPayload(decoding: document(others)) == stamp, "seed \(seed)")
        }
    }

    @Test func `content leaves out inputs, look-up times and the position looked through`() throws {
        var stamp = try sample("ContextStamped", ContextStampedPayload.init(decoding:))
        let digest = stamp.contentDigest
        stamp.inputs = []
        stamp.observedThroughPosition = 1
        #expect(stamp.contentDigest == digest)
        stamp.basis.strike = nil
        #expect(stamp.contentDigest != digest)
        var benchmark = try sample("ExecutionBenchmarkRecorded", ExecutionBenchmarkPayload.init(decoding:))
        let before = benchmark.contentDigest
        benchmark.inputs = []
        benchmark.lookedUpAt = .minimum
        #expect(benchmark.contentDigest == before)
        benchmark.notEntitled.toggle()
        #expect(benchmark.contentDigest != before)
        var mark = try sample("ForwardMarkRecorded", ForwardMarkPayload.init(decoding:))
        let first = mark.contentDigest
        mark.inputs = []
        mark.lookedUpAt = .minimum
        #expect(mark.contentDigest == first)
        mark.realizedVol = nil
        #expect(mark.contentDigest != first)
    }

    @Test func `stamps, benchmarks and marks make the events of the contract`() throws {
        let stamp = try sample("ContextStamped", ContextStampedPayload.init(decoding:))
        let stamped = stamp.event(previousVersion: 1, effectiveAt: stamp.basis.tradeDate)
        #expect(stamped.stream == "context-alpha_sync:T-1001")
        #expect(stamped.identity == "context|alpha_sync|T-1001|BTC|1|\(stamp.contentDigest)")
        #expect(stamp.inputs.map(\.field) == ["dvol", "gamma_regime", "spot_at_trade"])
        #expect(stamp.inputs[1].positions == [12, 13, 40])

        let benchmark = try sample("ExecutionBenchmarkRecorded", ExecutionBenchmarkPayload.init(decoding:))
        let recorded = benchmark.event(previousVersion: 0)
        #expect(recorded.stream == "benchmark-alpha_sync:T-1001")
        #expect(recorded.identity == "benchmark|alpha_sync|T-1001|0|\(benchmark.contentDigest)")
        // The quote was made after the trade.
        #expect(recorded.effectiveAt == Instant("2026-01-21T14:31:12.25Z"))

        let mark = try sample("ForwardMarkRecorded", ForwardMarkPayload.init(decoding:))
        let marked = mark.event(previousVersion: 0)
        #expect(marked.stream == "mark-alpha_sync:T-1001:7d")
        #expect(marked.identity == "mark|alpha_sync|T-1001|7d|0|\(mark.contentDigest)")
        #expect(marked.effectiveAt == Instant("2026-01-28T14:29:58Z"))
    }

    @Test func `a basis is equal by bytes`() {
        var random = RandomPayloads(seed: 3)
        var one = random.basis()
        one.underlyingSymbol = "é"
        var other = one
        #expect(one == other)
        other.underlyingSymbol = "e\u{301}"
        #expect(one != other)
        other.underlyingSymbol = nil
        #expect(one != other)
        #expect(
            OptionContract(underlying: "é", expiry: .minimum, strike: FixedDecimal(1), optionType: .call)
                != OptionContract(underlying: "e\u{301}", expiry: .minimum, strike: FixedDecimal(1), optionType: .call))
    }
}
