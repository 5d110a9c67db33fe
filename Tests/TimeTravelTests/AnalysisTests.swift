import API
import LedgerAnalyses
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// An analysis over stored rows: what it is pinned to, what it may not see, and what it can be checked by.
@Suite struct AnalysisTests {
    private static let now = "2026-04-01T00:00:00Z"
    private static let day: Int64 = 86_400_000_000

    private func observation(_ kind: MarketKind, _ at: Instant, _ figures: [(String, Int)], previous: Int64 = 0) throws -> NewEvent {
        let fields =
            [("currency", MarketValue.text("BTC")), ("timestamp", .instant(at))]
            + figures.map { ($0.0, .decimal(FixedDecimal($0.1))) }
        return try #require(MarketObservedPayload(kind: kind, fields: fields)).event(previousVersion: previous)
    }

    private func time(daysBefore days: Int, microseconds: Int64 = 0) throws -> Instant {
        let now = try #require(Instant(Self.now))
        return try #require(now.advanced(byMicroseconds: -Int64(days) * Self.day - microseconds))
    }

    /// Both series, a value a day for eighty days, the last one an hour before now.
    private func fill(_ bench: TimeTravelBench) async throws -> Int64 {
        let events = try (0..<80).flatMap { day in
            let at = try time(daysBefore: day, microseconds: 3_600_000_000)
            return [
                try observation(.volMetrics, at, [("dvol", 40 + day % 7), ("rv_30d", 30 + day % 5)]),
                try observation(.gexHourly, at, [("net_gex", day % 11), ("abs_gex", 97)]),
            ]
        }
        try await bench.append(events)
        try await bench.project()
        return Int64(try await bench.events().count)
    }

    private func request(at position: Int64?, now: String? = AnalysisTests.now) -> AnalysisRequest {
        var request = AnalysisRequest(.stationarity, ["currency": "BTC"])
        request.asOfPosition = position
        request.asOf = now.flatMap { Instant($0) }
        request.version = VersionReference(version: "v1", codeVersion: 1)
        request.hasReceipt = true
        return request
    }

    private func get(
        _ bench: TimeTravelBench, _ query: String, headers: [String: String] = [:], path: String = "/api/market/stationarity"
    ) async -> APIResponse {
        var all = headers.mapValues { [$0] }
        all["host"] = ["127.0.0.1:8080"]
        return await API(bench.ledger).respond(
            to: APIRequest(method: "GET", path: path, query: query, headers: all, isFromLoopback: true))
    }

    private func header(_ response: APIResponse, _ name: String) -> String? { response.headers.first { $0.name == name }?.value }

    @Test func `a pinned answer is the same bytes after more observations, corrections and a restart, and another one is not`() async throws
    {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            let pinned = try await AnalysisReader(bench.ledger).answer(request(at: head))
            #expect(pinned.isPinned && pinned.document.root["status"]?.string == "live")
            #expect(pinned.document.root["data"]?["dvol"]?["n_recent"]?.integer == 30)
            let half = try await AnalysisReader(bench.ledger).answer(request(at: head / 2))
            // A correction of yesterday's figure, and observations after now.
            try await bench.append([
                try observation(.volMetrics, try time(daysBefore: 0, microseconds: 3_600_000_000), [("dvol", 400)], previous: 1),
                try observation(.volMetrics, try time(daysBefore: -1), [("dvol", 500)]),
                try observation(.gexHourly, try time(daysBefore: -1), [("gex_imbalance", 1)]),
            ])
            try await bench.project()
            let corrected = try await AnalysisReader(bench.ledger).answer(request(at: head + 1))
            #expect(corrected.document.bytes != pinned.document.bytes)
            // No look-ahead: what holds after now changes nothing but the position.
            let ahead = try await AnalysisReader(bench.ledger).answer(request(at: head + 3))
            #expect(ahead.document.bytes == corrected.document.bytes)
            try await bench.restarted { again in
                for (position, bytes) in [(head, try pinned.json()), (head / 2, try half.json())] {
                    let answer = try await AnalysisReader(again.ledger).answer(request(at: position)).json()
                    #expect(answer == bytes)
                }
            }
        }
    }

    @Test func `a receipt has the digests of the document and of the rows that views have, under the log's root`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            for position in [head, head - 31] {
                let answer = try await AnalysisReader(bench.ledger).answer(request(at: position))
                let receipt = try #require(answer.receipt)
                #expect(receipt.digest == Digest32(sha256Of: answer.document.bytes).description)
                #expect(receipt.reads.map(\.projection) == ["gex_hourly", "vol_metrics_snapshots"])
                for read in receipt.reads {
                    var ask = ViewRequest()
                    ask.asOfPosition = position
                    ask.rules = .version(try VersionReference(parsing: read.version))
                    ask.hasReceipt = true
                    let view = try #require(View.named(read.projection))
                    let shown = try await ViewReader(bench.ledger).page(view, ask).receipt
                    #expect(shown?.digest == read.digest && shown?.rootHash == receipt.rootHash)
                }
            }
        }
    }

    /// The numbers of the trades that a thesis shows, by node; that of all trades under an empty name.
    private func measured(_ root: JSONValue) throws -> [String: [String: String]] {
        let group = root["data"]?["tree"]?.elements.first { $0["id"]?.string == "alpha_measurement" }
        var nodes: [String: [String: String]] = [:]
        for node in try #require(group?["children"]).elements {
            var counts: [String: String] = ["": node["value"]?.sourceText ?? ""]
            for input in try #require(node["inputs"]).elements {
                counts[input["name"]?.string ?? "", default: ""] += input["value"]?.string ?? ""
            }
            nodes[node["id"]?.string ?? ""] = counts
        }
        return nodes
    }

    /// The same from the rows of a view at a position that are not later than a moment.
    private func counted(
        _ bench: TimeTravelBench, _ view: View, _ version: String, by columns: [String], at position: Int64, now: Instant
    ) async throws -> [String: [String: String]] {
        var ask = ViewRequest()
        ask.asOfPosition = position
        ask.rules = .version(try VersionReference(parsing: version))
        var rows: [JSONValue] = []
        for text in try await bench.list(view, ask).rows {
            let row = try JSONDocument(parsing: Array(text.utf8)).root
            if let time = row["trade_date"]?.instant, time <= now { rows.append(row) }
        }
        var counts: [String: [String: String]] = [:]
        for column in columns {
            counts[column] = Dictionary(grouping: rows) { $0[column]?.string ?? "none" }.mapValues { "\($0.count)" }
            counts[column]?[""] = "\(rows.count)"
        }
        return counts
    }

    @Test(arguments: [(90, "2026-04-01T00:00:00Z"), (40, "2026-04-01T00:00:00Z"), (90, "2020-01-01T00:00:00Z")])
    func `the trades that a thesis counts are those of the views at its position that are not later than its moment`(
        position: Int, now: String
    ) async throws {
        let moment = try #require(Instant(now))
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            var log = RandomTradeLog(seed: 3, trades: 12)
            try await bench.append(try log.events(90))
            try await bench.project()
            var request = AnalysisRequest(.thesis, ["currency": "BTC"])
            request.asOfPosition = Int64(position)
            request.asOf = moment
            let nodes = try measured(try await AnalysisReader(bench.ledger).answer(request).document.root)
            var expected = try await counted(
                bench, .alignment, "v1/c1", by: ["alignment_label", "context_quality"], at: Int64(position), now: moment)
            expected.merge(
                try await counted(bench, .executionQuality, "v1/c2", by: ["benchmark_quality"], at: Int64(position), now: moment)
            ) { own, _ in own }
            #expect(nodes == expected)
            let some = expected["context_quality"]?.count ?? 0
            #expect(now.hasPrefix("2020") ? some == 1 : some > 1)
        }
    }

    @Test func `yields stand on the chain of the moment and of the position, and each figure is explained by its part`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            for (time, bid) in [("2026-01-08T15:00:00Z", 1), ("2026-01-08T16:00:00Z", 2), ("2026-01-09T15:00:00Z", 3)] {
                let row = ChainRow(
                    strike: FixedDecimal(105), .call, bid: FixedDecimal(bid), delta: FixedDecimal(units: FixedDecimal.unitsPerOne / 4))
                let chain = ChainObservation(
                    underlying: "MSTR", expiry: try #require(CalendarDate("2026-02-20")),
                    chain: OptionChain(
                        timestamp: try #require(Instant(time)), source: "alpaca", spot: FixedDecimal(100), multiplier: FixedDecimal(100),
                        rows: [row]), rounded: false, unitSource: nil, provenance: .init())
                try await bench.append(try #require(chain.parts()).map { $0.event(previousVersion: 0) })
            }
            try await bench.project()
            let head = Int64(try await bench.events().count)
            func ask(_ now: String, at position: Int64) -> AnalysisRequest {
                var request = AnalysisRequest(.yields, ["currency": "MSTR"])
                request.asOfPosition = position
                request.asOf = Instant(now)
                return request
            }
            func bids(_ now: String, at position: Int64) async throws -> [String?] {
                let root = try await AnalysisReader(bench.ledger).answer(ask(now, at: position)).document.root
                return root["data"]?["candidates"]?.elements.map { $0["bid"]?.sourceText } ?? []
            }
            // A chain of the same day that is later than now does not hide the one before it.
            #expect(try await bids("2026-01-08T15:30:00Z", at: head) == ["1"])
            #expect(try await bids("2026-01-08T16:30:00Z", at: head) == ["2"])
            #expect(try await bids("2026-01-09T14:00:00Z", at: head) == ["2"])
            #expect(try await bids("2026-01-09T15:30:00Z", at: head) == ["3"])
            #expect(try await bids("2026-01-08T16:30:00Z", at: head - 2) == ["1"])
            #expect(try await bids("2026-01-08T14:59:00Z", at: head).isEmpty)
            let explained = try await AnalysisReader(bench.ledger).explain(ask("2026-01-08T16:30:00Z", at: head), nil)
            #expect(!explained.hasMismatch, "\(String(decoding: explained.json(), as: UTF8.self))")
            let root = try JSONDocument(
                parsing: try await AnalysisReader(bench.ledger).explain(
                    ask("2026-01-08T16:30:00Z", at: head), FieldPath("data.candidates.0.yield_pct")
                ).json()
            ).root
            let inputs = try #require(root["inputs"]?.elements.map { $0 })
            #expect(inputs.count == 2 && inputs.allSatisfy { $0["position"]?.integer == head - 1 }, "\(root.sourceText)")
        }
    }

    @Test func `a series that ended long ago is unavailable as of its last observation, to the fraction of a second`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let last = try time(daysBefore: 200)
            try await bench.append([
                try observation(.volMetrics, last, [("dvol", 40)]),
                try observation(.volMetrics, try time(daysBefore: 200, microseconds: -500_000), [("dvol", 41)]),
                try observation(.volMetrics, try time(daysBefore: 300), [("dvol", 42)]),
            ])
            try await bench.project()
            let head = Int64(try await bench.events().count)
            let root = try await AnalysisReader(bench.ledger).answer(request(at: head)).document.root
            #expect(root["warnings"]?.elements.compactMap(\.string) == ["unavailable:gex_hourly", "unavailable:vol_metrics"])
            let quality = try #require(root["source_quality"]?.elements.map { $0 })
            #expect(quality[0]["as_of"]?.isNull == true && quality[0]["rows"]?.integer == 0)
            #expect(quality[1]["as_of"]?.string == "2025-09-13T00:00:00.500000Z" && quality[1]["rows"]?.integer == 1)
            #expect(root["as_of"]?.isNull == true && root["data"]?["dvol"]?["n_recent"]?.isNull == true)
        }
    }

    @Test func `every figure is explained by its events and rule lines, and the arithmetic ends in it`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            let reader = AnalysisReader(bench.ledger)
            let whole = try await reader.explain(request(at: head), nil)
            #expect(!whole.hasMismatch, "\(String(decoding: whole.json(), as: UTF8.self))")
            let one = try JSONDocument(
                parsing: try await reader.explain(request(at: head), FieldPath("data.gex_imbalance.blend_weight")).json()
            ).root
            #expect(one["view"]?.string == "stationarity" && one["key"]?.elements.compactMap(\.string) == ["BTC"])
            #expect(one["inputs"]?.elements.allSatisfy { $0["type"]?.string == "MarketObserved" && $0["position"]?.integer != nil } == true)
            #expect(one["inputs"]?.count == 80 && one["ledger"]?["position"]?.integer == head)
            #expect(one["rules"]?.elements.contains { $0["file"]?.string == "analyses/stationarity/rules.v1.yaml" } == true)
            await #expect(throws: ExplainError.self) { _ = try await reader.explain(request(at: head), FieldPath("data.dvl.status")) }
            // Of series that are unavailable too.
            let later = try await reader.explain(request(at: head, now: "2026-04-09T00:00:00Z"), nil)
            #expect(!later.hasMismatch, "\(String(decoding: later.json(), as: UTF8.self))")
        }
    }

    @Test func `over HTTP a figure has the explanation that the command gives, and a document of too many figures has none`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            let path = "/api/market/stationarity/explain"
            let query = "currency=BTC&as_of_position=\(head)&as_of=\(Self.now)&rules=v1/c1"
            let reader = AnalysisReader(bench.ledger, isBounded: false)
            let one = await get(bench, "\(query)&field=data.dvol.status", path: path)
            #expect(one.status == 200 && header(one, "Cache-Control") == "no-cache")
            #expect(one.body == (try await reader.explain(request(at: head), FieldPath("data.dvol.status")).json()))
            let root = try JSONDocument(parsing: one.body).root
            let document = try JSONDocument(parsing: await get(bench, query).body).root
            #expect(root["field"]?.string == "data.dvol.status" && root["mismatch"]?.bool == false)
            #expect(root["value"]?.string == document["data"]?["dvol"]?["status"]?.string && root["inputs"]?.count ?? 0 > 0)
            let tag = try #require(header(one, "ETag"))
            #expect(await get(bench, "\(query)&field=data.dvol.status", headers: ["if-none-match": tag], path: path).status == 304)
            // All figures below a path, and all of a document that has few.
            let below = try JSONDocument(parsing: await get(bench, "\(query)&field=data.dvol", path: path).body).root
            #expect(below["steps"]?.count ?? 0 >= 8 && below["mismatches"]?.count == 0)
            #expect(await get(bench, query, path: path).status == 200)
            await #expect(throws: ExplainError.self) { _ = try await reader.explain(request(at: head), nil, maximumFigures: 3) }
        }
    }

    @Test(arguments: [
        ("currency=BTC&field=data.dvl", 400, "bad_parameter", "field: expected a path of the document, such as"),
        ("currency=BTC&field=", 400, "bad_parameter", "field: expected a path of the document"),
        ("field=data.dvol.status", 400, "bad_parameter", "currency: expected a currency"),
        ("currency=BTC&receipt=true", 400, "unknown_parameter", "unknown parameter `receipt`"),
        ("currency=BTC&rules=v9", 400, "bad_parameter", "rules: expected a version of stationarity"),
        ("currency=BTC&as_of_position=99999", 400, "position_unknown", "99999"),
    ])
    func `an explanation that can't be asked for is refused by a stable code that names the parameter`(
        query: String, status: Int, code: String, part: String
    ) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let response = await get(bench, query, path: "/api/market/stationarity/explain")
            let problem = try JSONDocument(parsing: response.body).root
            #expect(response.status == status && problem["code"]?.string == code, "\(query): \(problem.sourceText)")
            #expect(problem["detail"]?.string?.contains(part) == true, "\(query): \(problem.sourceText)")
        }
    }

    @Test func `over HTTP an answer is tagged, kept for ever once everything is pinned, and given again without its body`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            let query = "currency=BTC&as_of_position=\(head)&as_of=\(Self.now)"
            let loose = await get(bench, query)
            #expect(loose.status == 200 && header(loose, "Cache-Control") == "no-cache")
            let pinned = await get(bench, query + "&rules=stationarity@v1/c1&receipt=true")
            #expect(header(pinned, "Cache-Control") == "private, immutable")
            let tag = try #require(header(pinned, "ETag"))
            let again = await get(bench, query + "&rules=stationarity@v1/c1&receipt=true", headers: ["if-none-match": tag])
            #expect(again.status == 304)
            let root = try JSONDocument(parsing: pinned.body).root
            #expect(
                root.members.map(\.key) == [
                    "age_minutes", "as_of", "currency", "data", "ledger", "now", "receipt", "source_quality", "status", "warnings",
                ])
            let ledger = try #require(root["ledger"])
            #expect(ledger["position"]?.integer == head && ledger["head_position"]?.integer == head)
            #expect(ledger["rules"]?["analyses/stationarity/rules.v1.yaml"]?.integer == 1 && ledger["code_version"]?.integer == 1)
            #expect(ledger["reads"]?["gex_hourly"]?.string == "v1/c1" && ledger["as_of"]?.string == Self.now)
            // Its tag goes on while the document says the same.
            let now = await get(bench, "currency=BTC")
            #expect(header(now, "ETag")?.hasPrefix("W/") == true)
        }
    }

    @Test(arguments: [
        ("", 400, "bad_parameter", "currency: expected a currency"), ("currency=", 400, "bad_parameter", "currency: expected a currency"),
        ("currency=BTC&currency=ETH", 400, "bad_parameter", "currency: expected at most once"),
        ("currency=BTC&dte=3", 400, "unknown_parameter", "unknown parameter `dte`"),
        ("currency=BTC&as_of=yesterday", 400, "bad_parameter", "as_of: expected an instant"),
        ("currency=BTC&as_of=2190-01-01T00:00:00Z", 400, "bad_parameter", "as_of: expected an instant that is not in the future"),
        ("currency=BTC&as_of_position=-1", 400, "bad_parameter", "as_of_position: expected a whole number"),
        ("currency=BTC&as_of_position=99999", 400, "position_unknown", "99999"),
        ("currency=BTC&rules=as_served", 400, "bad_parameter", "rules: expected v<N> or stationarity@v<N>"),
        ("currency=BTC&rules=gamma@v1", 400, "bad_parameter", "rules: expected v<N>"),
        ("currency=BTC&rules=v9", 400, "bad_parameter", "rules: expected a version of stationarity that is installed: v1"),
        ("currency=BTC&rules=v1/c9", 409, "rules_unavailable", "lacks the code of stationarity v1/c9"),
        ("currency=BTC&receipt=full", 400, "bad_parameter", "receipt: expected true or false"),
    ])
    func `what can't be asked is refused by a stable code that names the parameter`(query: String, status: Int, code: String, part: String)
        async throws
    {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let response = await get(bench, query)
            let problem = try JSONDocument(parsing: response.body).root
            #expect(response.status == status && problem["code"]?.string == code, "\(query): \(problem.sourceText)")
            #expect(problem["detail"]?.string?.contains(part) == true, "\(query): \(problem.sourceText)")
        }
    }

    @Test func `an analysis goes on reading the version that its rules name, whatever is promoted`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            let before = try await AnalysisReader(bench.ledger).answer(request(at: head)).json()
            let (v1, v2) = (VersionReference(version: "v1"), VersionReference(version: "v2"))
            _ = try await bench.ledger.rebuild([("gex_hourly", v2)], workers: 1)
            let diff = try await bench.ledger.diff("gex_hourly", from: v1, to: v2)
            _ = try await bench.ledger.promote("gex_hourly", v2, position: diff.position, digest: diff.digest)
            _ = try await bench.ledger.drop("gex_hourly", v1, includingPrevious: true)
            // The rows of v1 are gone: they are worked out from the facts of v2.
            #expect(try await AnalysisReader(bench.ledger).answer(request(at: head)).json() == before)
        }
    }

    @Test func `observations are listed by market and time, in views that every reader's pins hold for`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let head = try await fill(bench)
            let halfPast = try time(daysBefore: 1, microseconds: 3_599_500_000)
            try await bench.append([
                try observation(.gexHourly, halfPast, [("net_gex", 7)]),
                try observation(.gexHourly, try time(daysBefore: 1, microseconds: 3_600_000_000), [("net_gex", 8)], previous: 1),
            ])
            try await bench.project()
            func times(_ filters: [(String, String)], at position: Int64) async throws -> [String] {
                var ask = ViewRequest()
                ask.filters = try ViewReader.filters(.gexHourly, filters.map { (name: $0.0, value: $0.1) })
                ask.asOfPosition = position
                return try await ViewReader(bench.ledger).page(.gexHourly, ask).rows.map {
                    let row = try JSONDocument(parsing: $0).root
                    return "\(row["timestamp"]?.string ?? "") \(row["net_gex"]?.sourceText ?? "")"
                }
            }
            // The text of a fraction comes before that of its whole second; the filter goes by the time.
            let second = "2026-03-30T23:00:00"
            let filters = [("currency", "BTC"), ("from", "\(second)Z"), ("to", "2026-03-30T23:00:01Z")]
            #expect(try await times(filters, at: head) == ["\(second)Z 1"])
            #expect(try await times(filters, at: head + 2) == ["\(second).500000Z 7", "\(second)Z 8"])
            #expect(
                try await times([("from", "\(second).500000Z"), ("to", "2026-03-30T23:00:01Z")], at: head + 2) == ["\(second).500000Z 7"])
            #expect(try await times([("from", "\(second)Z"), ("to", "\(second).5Z")], at: head + 2) == ["\(second)Z 8"])
            #expect(try await times([("currency", "ETH")], at: head + 2) == [])
        }
    }
}
