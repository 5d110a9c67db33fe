import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Reads of research over HTTP, from chains and bars in a ledger.
@Suite(.serialized) struct ResearchRouteTests {
    private func decimal(_ text: String?) throws -> FixedDecimal? { try text.map { try FixedDecimal($0) } }

    private func row(_ strike: Int, _ type: OptionType, iv: String, delta: String, gamma: String, interest: Int) throws -> ChainRow {
        ChainRow(
            strike: FixedDecimal(strike), type, mark: FixedDecimal(2), iv: try decimal(iv), delta: try decimal(delta),
            gamma: try decimal(gamma), openInterest: FixedDecimal(interest))
    }

    /// Part of a chain of MSTR that expires on 2026-02-20; a version is how often it was recorded before.
    private func part(_ time: String, _ number: Int64, of parts: Int64, _ rows: [ChainRow], spot: Int = 100, version: Int64 = 0) throws
        -> NewEvent
    {
        let expiry = try #require(CalendarDate("2026-02-20"))
        let values: [MarketValue] = [
            .text("MSTR"), .instant(try instant(time)), .date(expiry), .integer(number), .integer(parts), .text("alpaca"),
            .decimal(FixedDecimal(spot)), .null, .decimal(FixedDecimal(100)), .null,
            .rows(MarketRows(rows.map(\.values), of: .optionChain)),
        ]
        return try #require(MarketObservedPayload(kind: .optionChain, values: values)).event(previousVersion: version)
    }

    @Test func `chains are read as they were known, part by part, and the log's facts are positions`() async throws {
        let puts = [
            try row(90, .put, iv: "70", delta: "-0.25", gamma: "0.01", interest: 30),
            try row(100, .call, iv: "60", delta: "0.5", gamma: "0.02", interest: 10),
            try row(100, .put, iv: "62", delta: "-0.5", gamma: "0.02", interest: 5),
        ]
        let calls = [try row(110, .call, iv: "55", delta: "0.26", gamma: "0.01", interest: 40)]
        try await withService(projectors: false) { service in
            /// Appends, and folds what was appended from what is stored.
            func append(_ events: [NewEvent]) async throws -> Int64 {
                try await service.ledger.log.append(events, runID: service.ledger.newID())
                try await service.ledger.bringUpToDate(service.ledger.registry.names)
                return try await service.ledger.primaryHead()
            }
            func ask(_ target: String) async throws -> JSONValue {
                let answer = try await service.ask("/api/research/\(target)")
                #expect(answer.status == 200, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
                return try answer.json()
            }
            let whole = try await append([try part("2026-01-30T15:00:00Z", 1, of: 1, puts)])
            let half = try await append([try part("2026-01-30T16:00:00Z", 1, of: 2, puts)])
            let both = try await append([try part("2026-01-30T16:00:00Z", 2, of: 2, calls)])
            let corrected = try await append([try part("2026-01-30T16:00:00Z", 2, of: 2, calls, spot: 101, version: 1)])
            let pins = [(whole, "15", 0), (half, "15", 1), (both, "16", 0), (corrected, "15", 1)]
            for (position, hour, warnings) in pins {
                for view in ["option-chains", "iv-surface", "exposure"] {
                    let rows = try await ask("\(view)/rows?underlying=MSTR&as_of_position=\(position)")["rows"]
                    let row = try #require(rows?.elements.first { _ in true })
                    #expect(rows?.count == 1 && row["timestamp"]?.string == "2026-01-30T\(hour):00:00Z", "\(view) at \(position)")
                    let incomplete = row["warnings"]?.elements.filter { $0.string?.hasPrefix("incomplete_chain:") ?? false }.count
                    #expect(incomplete == warnings, "\(view) at \(position)")
                }
                let slice = try await ask("exposure?underlying=MSTR&market_date=2026-01-30&as_of_position=\(position)")
                #expect(slice["strikes"]?.count == (hour == "15" ? 2 : 3), "at \(position)")
                // The puts of 90 and 100 against the call of 100; then the calls of 110 too.
                #expect(slice["total_net_gex"]?.sourceText == (hour == "15" ? "-2000" : "2000"), "at \(position)")
                #expect(slice["flip_strike"]?.sourceText == (hour == "15" ? "null" : "110"), "at \(position)")
            }
            let tenors = try await ask("iv-surface?underlying=MSTR&tenors=30&receipt=true&as_of_position=\(both)")
            let tenor = try #require(tenors["rows"]?.elements.first { _ in true })
            #expect(
                tenor["atm_iv"]?.sourceText == "61" && tenor["skew_25d_pp"]?.sourceText == "15" && tenor["tenor_gap_dte"]?.integer == -9)
            #expect(tenors["ledger"]?["projections"]?.members.map(\.key) == ["iv_surface", "option_chains"])
            #expect(tenors["receipt"]?["reads"]?.count == 2)
            let chains = try await ask("option-chains/rows?from=2026-01-30&to=2026-01-31")
            #expect(chains["rows"]?.count == 1 && chains["ledger"]?["projections"]?["option_chains"]?["code_version"]?.integer == 1)
            #expect(try await ask("option-chains/rows?to=2026-01-30")["rows"]?.count == 0)
            // The joined rows are those of the events at the row's positions, at each position.
            for (position, rows) in [(whole, puts), (half, puts), (both, puts + calls), (corrected, puts)] {
                let page = try await ask("option-chains/rows?underlying=MSTR&rows=true&as_of_position=\(position)")
                let row = try #require(page["rows"]?.elements.first { _ in true })
                let joined = try #require(row["rows"])
                #expect(ChainRow.all(in: Array(joined.sourceText.utf8)) == rows && row["n_rows"]?.integer == Int64(rows.count))
                #expect(row["rows"]?.elements.first { _ in true }?["strike"]?.sourceText == "90", "decimals are numbers")
                let plain = try await ask("option-chains/rows?underlying=MSTR&as_of_position=\(position)")["rows"]?.elements.first { _ in
                    true
                }
                #expect(plain?["rows"] == nil && plain?["rows_digest"]?.string == row["rows_digest"]?.string)
            }
            let alias = try await service.ask("/api/option-chain?underlying=MSTR&rows=true&as_of_position=\(both)")
            #expect(alias.status == 200)
            #expect(try alias.json()["rows"]?.elements.first { _ in true }?["rows"]?.count == 4)
            for target in ["option-chains/rows?rows=true&limit=101", "option-chains/rows?rows=2", "iv-surface/rows?rows=true"] {
                #expect(try await service.ask("/api/research/\(target)").status == 400, "\(target)")
            }
            for target in ["option-chains/rows?effective_at=2026-01-30T00:00:00Z", "iv-surface?underlying=MSTR&tenors=0", "exposure"] {
                #expect(try await service.ask("/api/research/\(target)").status == 400, "\(target)")
            }
        }
    }

    /// A contract's summary that bought at 14:30Z and sold at 14:40Z.
    private func flow(_ source: FlowSource, _ ledger: Ledger, strike: Int, bought: String, version: Int64 = 0) async throws -> NewEvent {
        let rules = try await ledger.flowRules()
        let date = try #require(CalendarDate("2026-01-30"))
        let contract = OptionContract(
            underlying: "MSTR", expiry: try #require(CalendarDate("2026-02-20")), strike: FixedDecimal(strike), optionType: .call)
        var read = FlowTrades()
        for (time, price, size) in [("14:30:00", 2, bought), ("14:40:00", 1, "1")] {
            read.trades.append(
                FlowTrade(
                    time: TapeInstant(try instant("2026-01-30T\(time)Z")), price: FixedDecimal(price), size: try FixedDecimal(size),
                    quote: FlowQuote(bid: FixedDecimal(1), ask: FixedDecimal(2))))
        }
        return try FlowSummary(
            of: FlowSubject(
                source: source, symbol: try rules.symbol(of: contract), marketDate: date, contract: contract,
                multiplier: FixedDecimal(100)),
            read, inputs: .files([FlowFile(path: "trades.ndjson", sha256: Digest32(sha256Of: bought), lines: 2)]), rules
        ).event(previousVersion: version)
    }

    @Test func `flow is added up by contract, delta and time from one source a contract, as it was known`() async throws {
        try await withService(projectors: false) { service in
            let ledger = service.ledger
            func ask(_ query: String) async throws -> JSONValue {
                let answer = try await service.ask("/api/research/flow?underlying=MSTR\(query)")
                #expect(answer.status == 200, "\(query): \(String(decoding: answer.body, as: UTF8.self))")
                return try answer.json()
            }
            func shown(_ answer: JSONValue) -> [String] {
                answer["rows"]?.elements.map { "\($0["key"]?.sourceText ?? "") \($0["buy_volume"]?.sourceText ?? "")" } ?? []
            }
            let events = [
                try part("2026-01-30T15:00:00Z", 1, of: 1, [try row(100, .call, iv: "60", delta: "0.5", gamma: "0.02", interest: 10)]),
                try await flow(.stream, ledger, strike: 100, bought: "7"), try await flow(.rest, ledger, strike: 100, bought: "2"),
                try await flow(.stream, ledger, strike: 110, bought: "0.5"),
            ]
            try await ledger.log.append(events, runID: ledger.newID())
            try await ledger.log.append([try await flow(.rest, ledger, strike: 100, bought: "3", version: 1)], runID: ledger.newID())
            try await ledger.bringUpToDate(ledger.registry.names)
            let head = try await ledger.primaryHead()
            // A past day goes before the tape of the same contract.
            #expect(try await shown(ask("")) == [#""MSTR260220C00100000" 3"#, #""MSTR260220C00110000" 0.5"#])
            #expect(try await shown(ask("&as_of_position=\(head - 1)")).first == #""MSTR260220C00100000" 2"#)
            #expect(try await shown(ask("&source=stream&group=option_type")) == [#""call" 7.5"#])
            #expect(try await shown(ask("&group=strike")) == ["100 3", "110 0.5"])
            #expect(try await shown(ask("&group=expiry")) == [#""2026-02-20" 3.5"#])
            #expect(try await shown(ask("&group=delta_bucket")) == [#""d40_60" 3"#, "null 0.5"])
            #expect(try await shown(ask("&group=bucket_15m")) == [#""2026-01-30T14:30:00Z" 3.5"#])
            #expect(try await shown(ask("&group=bucket_5m")) == [#""2026-01-30T14:30:00Z" 3.5"#, #""2026-01-30T14:40:00Z" 0"#])
            let none = try await ask("&from=2026-01-31&to=2026-02-01")
            #expect(none["rows"]?.count == 0 && none["market_date"]?.string == "2026-01-31")
            #expect(none["warnings"]?.elements.compactMap(\.string) == ["no_chain", "no_flow"])
            let rows = try await service.ask("/api/research/intraday-flow/rows?underlying=MSTR&from=2026-01-30&to=2026-01-31")
            #expect(try rows.status == 200 && rows.json()["rows"]?.count == 3)
            for query in [
                "", "?underlying=MSTR&group=week", "?underlying=MSTR&source=tape", "?underlying=MSTR&effective_at=2026-01-30T00:00:00Z",
            ] {
                #expect(try await service.ask("/api/research/flow\(query)").status == 400, "\(query)")
            }
            var question = FlowQuestion(underlying: "MSTR")
            question.group = .strike
            let reader = ResearchReader(ledger)
            let newYork = try ledger.newYork()
            let first = try await reader.artifact(question, ResearchRequest(), subject: "MSTR", newYork: newYork)
            try await ledger.log.append([try await flow(.rest, ledger, strike: 120, bought: "1")], runID: ledger.newID())
            try await ledger.bringUpToDate(ledger.registry.names)
            var pinned = ResearchRequest()
            pinned.asOfPosition = head
            let second = try await reader.artifact(question, pinned, subject: "MSTR", newYork: newYork)
            #expect(first.bytes == second.bytes && first.path == "flow/MSTR/2026-01-30.json")
        }
    }

    @Test func `what has no data answers with null figures, empty lists and why`() async throws {
        try await withService(projectors: false) { service in
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            func warnings(_ target: String) async throws -> [String] {
                let answer = try await service.ask("/api/research/\(target)")
                #expect(answer.status == 200, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
                return try answer.json()["warnings"]?.elements.compactMap(\.string) ?? []
            }
            #expect(try await warnings("iv-surface?underlying=NONE") == ["no_chain"])
            #expect(try await warnings("exposure?underlying=NONE&slice=monthly") == ["no_chain"])
            #expect(try await warnings("levels?symbol=NONE").contains("no_bars"))
            #expect(try await warnings("flow?underlying=NONE") == ["no_chain", "no_flow"])
            #expect(try await warnings("scenarios?position_id=pos_0") == ["no_chain"])
            #expect(try await service.ask("/api/research/scenarios").status == 400)
            #expect(try await service.ask("/api/research/scenarios?position_id=a&portfolio=b").status == 400)
        }
    }
}
