import API
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Lists of observations: their order and pages, their latest rows, and their points.
@Suite struct SeriesTests {
    private func decimal(_ text: String) throws -> MarketValue { .decimal(try FixedDecimal(text)) }

    private func event(
        _ kind: MarketKind, _ currency: String, _ time: String, _ fields: [(name: String, value: MarketValue)], previous: Int64 = 0
    ) throws -> NewEvent {
        let identity = [(name: "currency", value: MarketValue.text(currency)), ("timestamp", .instant(try instant(time)))]
        return try #require(MarketObservedPayload(kind: kind, fields: identity + fields)).event(previousVersion: previous)
    }

    private func strike(_ currency: String, _ time: String, _ strike: String, _ level: String, previous: Int64 = 0) throws -> NewEvent {
        let expiry = try #require(CalendarDate("2026-03-27"))
        return try event(
            .gexStrike, currency, time,
            [
                ("expiry", .date(expiry)), ("strike", decimal(strike)), ("option_type", .optionType(.put)),
                ("gamma_level", decimal(level)),
            ], previous: previous)
    }

    private func interest(_ exchange: String, _ time: String, _ value: String) throws -> NewEvent {
        try event(.openInterest, "BTC", time, [("exchange", .text(exchange)), ("oi_value", decimal(value))])
    }

    private func price(_ currency: String, _ time: String, _ value: String?, previous: Int64 = 0) throws -> NewEvent {
        try event(.spot, currency, time, [("price", value.map { try decimal($0) } ?? .null)], previous: previous)
    }

    private func get(_ bench: TimeTravelBench, _ view: View, _ query: String) async throws -> (status: Int, root: JSONValue) {
        let response = await API(bench.ledger).respond(
            to: APIRequest(
                method: "GET", path: "\(view.path)", query: query, headers: ["host": ["127.0.0.1:8080"]], isFromLoopback: true))
        return (response.status, try JSONDocument(parsing: response.body).root)
    }

    /// The rows of an answer, of each the columns that are named.
    private func rows(_ bench: TimeTravelBench, _ view: View, _ query: String, _ columns: String...) async throws -> [String] {
        let answer = try await get(bench, view, query)
        #expect(answer.status == 200, "\(query): \(answer.root.sourceText)")
        return answer.root["rows"]?.elements.map { row in
            columns.map { row[$0].map { $0.string ?? $0.sourceText } ?? "absent" }.joined(separator: " ")
        } ?? []
    }

    /// All pages of a list.
    private func pages(_ bench: TimeTravelBench, _ view: View, _ query: String) async throws -> [String] {
        var (found, cursor) = ([String](), "")
        repeat {
            let answer = try await get(bench, view, query + cursor)
            #expect(answer.status == 200, "\(query): \(answer.root.sourceText)")
            found += answer.root["rows"]?.elements.map(\.sourceText) ?? []
            cursor = answer.root["next_cursor"]?.string.map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty
        return found
    }

    @Test func `rows come by market, time and figures by value, the same in pages of any size`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(
                try ["90000", "437.5", "437", "100000", "5"].flatMap { strike in
                    try [("BTC", "2026-01-05T08:00:00Z"), ("ETH", "2026-01-05T08:00:00Z"), ("BTC", "2026-01-05T07:00:00Z")].map {
                        try self.strike($0, $1, strike, "0.5")
                    }
                })
            try await bench.project()
            let list = try await rows(bench, .gexSnapshots, "", "currency", "timestamp", "strike")
            let strikes = ["5", "437", "437.5", "90000", "100000"]
            #expect(
                list
                    == strikes.map { "BTC 2026-01-05T07:00:00Z \($0)" } + strikes.map { "BTC 2026-01-05T08:00:00Z \($0)" }
                    + strikes.map { "ETH 2026-01-05T08:00:00Z \($0)" })
            let whole = try await pages(bench, .gexSnapshots, "limit=1000")
            #expect(whole.count == 15)
            for limit in [1, 2, 7] {
                for more in ["", "&effective_at=2026-01-05T08:00:00Z"] {
                    #expect(try await pages(bench, .gexSnapshots, "limit=\(limit)\(more)") == whole, "\(limit) \(more)")
                }
            }
            #expect(
                try await rows(bench, .gexSnapshots, "effective_at=2026-01-05T07:30:00Z&currency=BTC", "strike") == strikes)
            // A row is found by its key, a figure in it written in any way.
            var ask = try ExplainRequest(
                view: "gex_snapshots", key: ["BTC", "2026-01-05T08:00:00Z", "2026-03-27", "9e4", "put"], field: "strike")
            let explained = try JSONDocument(parsing: try await bench.ledger.explain(ask).json()).root
            #expect(explained["value"]?.sourceText == "90000" && explained["mismatch"]?.bool == false)
            #expect(explained["key"]?.elements.map(\.string)[3] == "90000")
            ask = try ExplainRequest(view: "gex_snapshots", key: ["BTC", "2026-01-05T08:00:00Z", "2026-03-27", "many", "put"])
            await #expect(
                throws: ExplainError.badParameter(
                    name: "key", expected: "the 5 parts currency|timestamp|expiry|strike (a number)|option_type")
            ) { try await bench.ledger.explain(ask) }
        }
    }

    @Test func `the latest rows are those of each market's newest moment by now and by what was known`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append([
                try strike("BTC", "2026-01-05T07:00:00Z", "90000", "1"), try strike("BTC", "2026-01-05T08:00:00Z", "437", "2"),
                try strike("BTC", "2026-01-05T08:00:00.500000Z", "90000", "3"),
                try strike("BTC", "2026-01-05T08:00:00.500000Z", "437", "4"),
                try strike("ETH", "2026-01-04T00:00:00Z", "5", "5"), try strike("BTC", "2026-01-06T00:00:00Z", "90000", "6"),
            ])
            let head = Int64(try await bench.events().count)
            // A correction, and a market that comes before the others.
            try await bench.append([
                try strike("BTC", "2026-01-05T08:00:00.500000Z", "437", "7", previous: 1),
                try strike("ADA", "2026-01-05T00:00:00Z", "1", "8"),
            ])
            try await bench.project()
            func latest(_ more: String) async throws -> [String] {
                try await rows(bench, .gexSnapshots, "latest=true\(more)", "currency", "strike", "gamma_level")
            }
            let (then, now) = (
                "&as_of=2026-01-05T12:00:00Z&as_of_position=\(head)", "&as_of=2026-01-05T12:00:00Z&as_of_position=\(head + 2)"
            )
            // The fraction of a second is later than its whole second, whose text comes after it.
            #expect(try await latest(then) == ["BTC 437 4", "BTC 90000 3", "ETH 5 5"])
            #expect(try await latest(now) == ["ADA 1 8", "BTC 437 7", "BTC 90000 3", "ETH 5 5"])
            #expect(try await latest("\(now)&currency=BTC") == ["BTC 437 7", "BTC 90000 3"])
            #expect(try await latest("\(now)&currency=BTC&to=2026-01-05T08:00:00.500000Z") == ["BTC 437 2"])
            #expect(try await latest("\(now)&effective_at=2026-01-05T07:59:59Z") == ["ADA 1 8", "BTC 90000 1", "ETH 5 5"])
            #expect(try await latest("\(now)&from=2026-01-05T13:00:00Z") == [])
            #expect(try await latest("&currency=BTC") == ["BTC 90000 6"])
            #expect(try await latest("\(now)&rules=gex_snapshots@v2") == latest(now))
            let whole = try await pages(bench, .gexSnapshots, "latest=true\(now)")
            for limit in [1, 2, 3] { #expect(try await pages(bench, .gexSnapshots, "latest=true&limit=\(limit)\(now)") == whole) }
            #expect(try await get(bench, .gexSnapshots, "latest=false").root["rows"]?.count == 7)
        }
    }

    @Test func `the latest row of each identity is found where its time stands between its parts`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append([
                try interest("okex", "2026-01-05T00:00:00Z", "1"), try interest("okex", "2026-01-06T00:00:00Z", "2"),
                try interest("binance", "2026-01-05T00:00:00Z", "3"), try interest("Deribit", "2026-01-04T00:00:00Z", "4"),
                try interest("Deribit", "2026-01-09T00:00:00Z", "5"),
            ])
            try await bench.project()
            let head = try await bench.events().count
            let pin = "latest=true&as_of_position=\(head)&as_of=2026-01-07T00:00:00Z"
            let expected = ["2026-01-04T00:00:00Z Deribit 4", "2026-01-05T00:00:00Z binance 3", "2026-01-06T00:00:00Z okex 2"]
            #expect(try await rows(bench, .oiSnapshots, pin, "timestamp", "exchange", "oi_value") == expected)
            let whole = try await pages(bench, .oiSnapshots, pin)
            for limit in [1, 2] { #expect(try await pages(bench, .oiSnapshots, "\(pin)&limit=\(limit)") == whole) }
            #expect(
                try await rows(bench, .oiSnapshots, "\(pin)&effective_at=2026-01-05T00:00:00Z", "exchange", "oi_value")
                    == ["Deribit 4", "binance 3", "okex 1"])
            // The newest row of each instrument, and of each of its tenors, although the time stands before the tenor.
            func funding(_ instrument: String, _ time: String, _ rate: String) throws -> NewEvent {
                try event(
                    .fundingRate, "BTC", time, [("venue", .text("deribit")), ("instrument", .text(instrument)), ("rate", decimal(rate))])
            }
            func basis(_ tenor: Int64, _ time: String, _ apr: String) throws -> NewEvent {
                try event(
                    .futuresBasis, "BTC", time,
                    [("venue", .text("bybit")), ("instrument", .text("BTC")), ("tenor_days", .integer(tenor)), ("apr", decimal(apr))])
            }
            try await bench.append([
                try funding("B", "2026-01-05T00:00:00Z", "1"), try funding("B", "2026-01-05T08:00:00Z", "2"),
                try funding("A", "2026-01-04T00:00:00Z", "3"), try funding("A", "2026-01-08T00:00:00Z", "4"),
                try basis(30, "2026-01-05T00:00:00Z", "5"), try basis(7, "2026-01-06T00:00:00Z", "6"),
                try basis(7, "2026-01-05T00:00:00Z", "7"),
            ])
            try await bench.project()
            let moment = "latest=true&as_of=2026-01-07T00:00:00Z&as_of_position=\(try await bench.events().count)"
            #expect(try await rows(bench, .fundingRates, moment, "instrument", "rate") == ["A 3", "B 2"])
            #expect(
                try await rows(bench, .futuresBasis, moment, "timestamp", "tenor_days", "apr") == [
                    "2026-01-05T00:00:00Z 30 5", "2026-01-06T00:00:00Z 7 6",
                ])
            // Of a view with two parts, group and time are the key.
            try await bench.append([
                try price("BTC", "2026-01-05T00:00:00Z", "1"), try price("BTC", "2026-01-05T00:00:01Z", "2"),
                try price("ETH", "2026-01-05T00:00:00Z", "3"),
            ])
            try await bench.project()
            #expect(try await rows(bench, .spotSnapshots, "latest=true", "currency", "price") == ["BTC 2", "ETH 3"])
        }
    }

    @Test func `prints come by their identity, and are found by their time`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            func print(_ market: String, _ id: String, _ time: String, previous: Int64 = 0) throws -> NewEvent {
                try #require(
                    MarketObservedPayload(
                        kind: .optionPrint,
                        fields: [
                            ("underlying", .text(market)), ("source", .text("deribit")), ("print_id", .text(id)),
                            ("timestamp", .instant(try instant(time))), ("price", decimal("0.0245")),
                        ])
                ).event(previousVersion: previous)
            }
            try await bench.append([
                try print("BTC", "9", "2026-01-05T08:00:00Z"), try print("BTC", "10", "2026-01-05T09:00:00Z"),
                try print("BTC", "11", "2026-01-05T09:00:00Z"), try print("MSTR", "1", "2026-01-05T07:00:00Z"),
                try print("BTC", "10", "2026-01-05T07:30:00Z", previous: 1),
            ])
            try await bench.project()
            func ids(_ query: String) async throws -> [String] {
                try await rows(bench, .optionPrints, query, "underlying", "print_id")
            }
            #expect(try await ids("") == ["BTC 10", "BTC 11", "BTC 9", "MSTR 1"])
            #expect(try await ids("currency=BTC&from=2026-01-05T07:30:00Z&to=2026-01-05T09:00:00Z") == ["BTC 10", "BTC 9"])
            #expect(try await ids("effective_at=2026-01-05T08:00:00Z") == ["BTC 10", "BTC 9", "MSTR 1"])
            #expect(try await ids("latest=true") == ["BTC 11", "MSTR 1"])
            #expect(try await ids("latest=true&effective_at=2026-01-05T08:30:00Z") == ["BTC 9", "MSTR 1"])
            // Before the correction.
            let head = try await bench.events().count
            #expect(try await ids("latest=true&as_of_position=\(head - 1)") == ["BTC 10", "BTC 11", "MSTR 1"])
            let answer = try await get(bench, .optionPrints, "bucket=1h")
            #expect(answer.status == 400 && answer.root["code"]?.string == "unknown_parameter")
        }
    }

    @Test func `points have each figure of a bucket exactly, rounded once, without nulls`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            func prices(_ list: [(String, String?)]) throws -> [NewEvent] { try list.map { try price("BTC", $0, $1) } }
            try await bench.append(
                try prices([
                    ("2026-01-05T00:00:00Z", "1"), ("2026-01-05T00:20:00Z", "1"), ("2026-01-05T00:59:59.999999Z", "2"),
                    ("2026-01-05T01:00:00Z", nil), ("2026-01-05T23:00:00Z", "10.5"), ("2026-01-06T00:00:00Z", "999999999999999999"),
                    ("2026-01-06T00:30:00Z", "999999999999999999"), ("2026-01-06T00:45:00Z", nil),
                ]) + [try price("ETH", "2026-01-05T00:00:00Z", "7")])
            try await bench.project()
            func points(_ query: String) async throws -> [String] {
                try await rows(bench, .spotSnapshots, query, "currency", "timestamp", "price")
            }
            let hours = ["BTC 2026-01-05T00:00:00Z", "BTC 2026-01-05T01:00:00Z", "BTC 2026-01-05T23:00:00Z", "BTC 2026-01-06T00:00:00Z"]
            func expect(_ aggregate: String, _ values: [String], eth: String) async throws {
                let found = try await points("bucket=1h&agg=\(aggregate)")
                #expect(found == zip(hours, values).map { "\($0) \($1)" } + ["ETH 2026-01-05T00:00:00Z \(eth)"], "\(aggregate)")
            }
            // 4 ÷ 3, once half to even.
            try await expect("mean", ["1.3333333333", "null", "10.5", "999999999999999999"], eth: "7")
            try await expect("sum", ["4", "null", "10.5", "1999999999999999998"], eth: "7")
            try await expect("last", ["2", "null", "10.5", "999999999999999999"], eth: "7")
            #expect(try await points("bucket=1h&currency=ETH") == ["ETH 2026-01-05T00:00:00Z 7"])
            #expect(
                try await points("bucket=1d&agg=sum&currency=BTC")
                    == ["BTC 2026-01-05T00:00:00Z 14.5", "BTC 2026-01-06T00:00:00Z 1999999999999999998"])
            #expect(try await points("bucket=1d&agg=sum&to=2026-01-05T01:00:00Z&currency=BTC") == ["BTC 2026-01-05T00:00:00Z 4"])
            #expect(try await points("bucket=1d&agg=sum&effective_at=2026-01-05T00:20:00Z&currency=BTC") == ["BTC 2026-01-05T00:00:00Z 2"])
            let page = try await get(bench, .spotSnapshots, "bucket=1h&agg=mean&receipt=true")
            #expect(page.root["next_cursor"]?.isNull == true && page.root["receipt"] != nil)
            #expect(page.root["rows"]?.elements.map { $0.members.map(\.key) }.first == ["currency", "price", "timestamp"])
            let whole = try await pages(bench, .spotSnapshots, "bucket=1h&agg=mean")
            #expect(try await pages(bench, .spotSnapshots, "bucket=1h&agg=mean&limit=2") == whole)
        }
    }

    @Test func `a series is an identity without its time, and a count stays whole`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append([
                try interest("okex", "2026-01-05T00:00:00Z", "1"), try interest("okex", "2026-01-05T06:00:00Z", "2"),
                try interest("binance", "2026-01-05T03:00:00Z", "5"),
                try event(.gexHourly, "BTC", "2026-01-05T00:00:00Z", [("instruments", .integer(3)), ("net_gex", decimal("-1"))]),
                try event(.gexHourly, "BTC", "2026-01-05T01:00:00Z", [("instruments", .integer(4)), ("net_gex", decimal("2"))]),
            ])
            try await bench.project()
            let interest = try await rows(bench, .oiSnapshots, "bucket=1d&agg=sum", "timestamp", "exchange", "oi_value", "oi_notional")
            #expect(interest == ["2026-01-05T00:00:00Z binance 5 null", "2026-01-05T00:00:00Z okex 3 null"])
            #expect(try await rows(bench, .gexHourly, "bucket=1d&agg=sum", "instruments", "net_gex", "spot") == ["7 1 null"])
            #expect(try await rows(bench, .gexHourly, "bucket=1d&agg=mean", "instruments", "net_gex") == ["3.5 0.5"])
            #expect(try await rows(bench, .gexHourly, "bucket=1d", "instruments", "observed_position") == ["4 absent"])
        }
    }

    @Test func `more points than fit are refused with the bucket that fits`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(
                try (0..<5_002).map { hour in
                    try price("BTC", try instant("2020-01-01T00:00:00Z", plusSeconds: 3600 * hour).description, "1")
                })
            try await bench.project()
            let refused = try await get(bench, .spotSnapshots, "bucket=1h")
            #expect(refused.status == 400 && refused.root["code"]?.string == "bad_parameter")
            #expect(refused.root["detail"]?.string == "bucket: expected 1d, since 1h makes more than 5000 points")
            #expect(try await get(bench, .spotSnapshots, "bucket=1d").root["rows"]?.count == 209)
            let most = try await get(bench, .spotSnapshots, "bucket=1h&from=2020-01-01T02:00:00Z")
            #expect(most.root["rows"]?.count == 5_000 && most.root["next_cursor"]?.isNull == true)
            try await bench.append(
                try (0..<5_002).map { day in
                    try price("ETH", try instant("1990-01-01T00:00:00Z", plusSeconds: 86_400 * day).description, "1")
                })
            try await bench.project()
            for bucket in ["1h", "1d"] {
                let none = try await get(bench, .spotSnapshots, "bucket=\(bucket)&currency=ETH")
                #expect(
                    none.status == 400
                        && none.root["detail"]?.string
                            == "bucket: expected a selection of at most 5000 points: narrow it by currency, from and to"
                )
            }
        }
    }

    @Test(arguments: [
        ("bucket=2h", "bucket: expected 1h or 1d"), ("bucket=1h&agg=median", "agg: expected last, mean or sum"),
        ("agg=mean", "agg: expected a bucket beside it"), ("latest=true&bucket=1h", "latest: expected false beside a bucket"),
        ("latest=yes", "latest: expected true or false"), ("bucket=1h&limit=5000", "limit: expected a whole number, 1 to 1000"),
    ])
    func `what can't be asked of a series is refused by name`(query: String, detail: String) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let answer = try await get(bench, .spotSnapshots, query)
            #expect(answer.status == 400 && answer.root["detail"]?.string == detail, "\(answer.root.sourceText)")
            let trades = try await get(bench, .trades, "latest=true")
            #expect(trades.status == 400 && trades.root["code"]?.string == "unknown_parameter")
        }
    }
}
