import Foundation
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// One trade's document against the lists that it is made of.
@Suite struct TradeRouteTests {
    private static let lists = [
        ("trades", ""), ("context", "/context"), ("execution_quality", "/execution-quality"),
        ("alignment", "/opportunity-alignment"), ("outcomes", "/outcomes"), ("lifecycles", "/positions"),
    ]
    private static let path = "/api/internal/trades"

    private func withHistory(_ body: @Sendable (RunningService, _ head: Int64) async throws -> Void) async throws {
        let history = try RandomHistory(seed: 93, trades: 12, events: 200).events
        try await withService(projectors: false) { service in
            try await service.ledger.log.append(history, runID: UniqueID(high: 3, low: 3))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            try await body(service, try await service.ledger.primaryHead())
        }
    }

    /// The rows of a list, and the version that they are under.
    private func list(_ service: RunningService, _ target: String) async throws -> (rows: [JSONValue], version: String) {
        let answer = try await service.ask(target)
        #expect(answer.status == 200, "\(target): \(String(decoding: answer.body, as: UTF8.self))")
        let root = try answer.json()
        let code = try #require(root["ledger"]?["code_version"]?.integer)
        return (root["rows"]?.elements.map { $0 } ?? [], "v1/c\(code)")
    }

    /// Whether a row is one of a trade's. A position is that of its contract, which lists the trade if it counts.
    private static func isOf(_ id: String, _ row: JSONValue) -> Bool {
        if let one = row["source_trade_id"]?.string { return one.isBytewiseEqual(to: id) }
        return row["source_trade_ids"]?.elements.contains { $0.string.isBytewiseEqual(to: id) } ?? false
    }

    @Test func `a trade's page shows each part of its document, and each event as of its moment`() async throws {
        try await withHistory { service, head in
            var seen = (figures: 0, absences: 0)
            for pins in ["as_of_position=\(head)", "as_of_position=\(head / 2)"] {
                for number in 0..<12 {
                    let id = "T\(number)"
                    let answer = try await service.ask("\(Self.path)/\(id)?\(pins)")
                    let page = try await service.ask("/trade?id=\(id)&\(pins)")
                    let html = String(decoding: page.body, as: UTF8.self)
                    #expect(page.status == answer.status, "\(id) \(pins)")
                    if answer.status != 200 { continue }
                    let document = try answer.json()
                    for (name, _) in Self.lists {
                        let part = try #require(document[name])
                        if let detail = part["absent"]?["detail"]?.string {
                            seen.absences += 1
                            #expect(html.contains(detail.replacing("&", with: "&amp;").replacing("'", with: "&#39;")), "\(id) \(name)")
                        }
                        for row in part["rows"]?.elements.map({ $0 }) ?? [] {
                            if name == "outcomes" {
                                #expect(html.contains("<strong>\(row["horizon_key"]?.string ?? "?")</strong>"), "\(id)")
                            }
                            guard name == "trades", row["entry_premium_usd"]?.kind == .number else { continue }
                            seen.figures += 1
                            #expect(html.contains("field=entry_premium_usd"), "\(id)")
                        }
                    }
                    let events = document["events"]?.count ?? 0
                    let timeline = html.components(separatedBy: "<ol class=\"timeline\"").last ?? ""
                    let shown = timeline.matches(of: /<li class="t-/).count
                    #expect(shown == events && events > 0, "\(id) \(pins)")
                }
            }
            #expect(seen.figures > 5 && seen.absences > 5, "\(seen)")
        }
    }

    @Test func `a position's page ends with the contracts and the cash of its row`() async throws {
        try await withHistory { service, head in
            var compared = 0
            let rows = try await list(service, "\(Self.path)/positions?as_of_position=\(head)&limit=1000").rows
            for row in rows {
                let id = try #require(row["position_id"]?.string)
                let answer = try await service.ask("/position?id=\(id)&source=alpha_sync&as_of_position=\(head)")
                #expect(answer.status == 200, "\(id)")
                let html = String(decoding: answer.body, as: UTF8.self)
                #expect(
                    html.matches(of: /<th scope="row" [^>]*data-label="Opened by"/).count
                        == (row["matches"]?.count ?? 0) + (row["open_lots"]?.count ?? 0), "\(id)")
                guard row["missing_fields"]?.count == 0, let trades = row["trade_ids"]?.count, trades > 0 else { continue }
                let table = try #require(html.components(separatedBy: #"id="trades""#).last)
                let last = try #require(table.components(separatedBy: "<tr").last)
                #expect(table.matches(of: /href="\/trade\?id=/).count == trades, "\(id)")
                for (label, field) in [("Held after it", "net_quantity"), ("Cash after it", "net_premium_cashflow_usd")] {
                    let cell = try #require(last.components(separatedBy: "data-label=\"\(label)").dropFirst().first)
                    let shown = try #require(cell.firstMatch(of: /<span class="figure">([^<]+)</)?.output.1)
                    let figure = try FixedDecimal(String(shown).replacing(",", with: "").replacing("\u{2212}", with: "-"))
                    let exact = try FixedDecimal(try #require(row[field]).sourceText)
                    // Pages show cents.
                    #expect((figure - exact).magnitude <= (try FixedDecimal("0.005")), "\(id) \(field): \(shown)")
                    compared += 1
                }
            }
            #expect(compared >= 2, "\(rows.count) positions")
            #expect(try await service.ask("/position?id=none").status == 404)
            #expect(try await service.ask("/position").status == 400)
        }
    }

    @Test func `every part of a trade's document is the rows of its list`() async throws {
        try await withHistory { service, head in
            let now = "2026-03-10T00:00:00Z"
            var found: [String: Int] = [:]
            for pins in [
                "as_of_position=\(head)", "as_of_position=\(head)&as_of=\(now)", "as_of_position=\(head)&effective_at=2026-02-10T00:00:00Z",
                "as_of_position=\(head * 2 / 3)", "as_of_position=\(head)&rules=as_served",
            ] {
                var lists: [String: (rows: [JSONValue], version: String)] = [:]
                for (name, suffix) in Self.lists {
                    lists[name] = try await list(service, "\(Self.path)\(suffix)?\(pins)&limit=1000")
                }
                for number in 0..<12 {
                    let id = "T\(number)"
                    let answer = try await service.ask("\(Self.path)/\(id)?\(pins)")
                    if answer.status == 404 { continue }
                    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
                    let document = try answer.json()
                    #expect(document["source_trade_id"]?.string == id && document["source"]?.string == "alpha_sync")
                    let position = try #require(document["ledger"]?["position"]?.integer)
                    #expect(position == document["ledger"]?["head_position"]?.integer)
                    for (name, suffix) in Self.lists {
                        let (part, list) = (try #require(document[name]), try #require(lists[name]))
                        let own = part["rows"]?.elements.map(\.sourceText) ?? []
                        var expected = list.rows.filter { Self.isOf(id, $0) }.map(\.sourceText)
                        if name == "outcomes" {
                            // The horizons of marks beside those of the rules.
                            let keys = Set(part["rows"]?.elements.compactMap { $0["horizon_key"]?.string } ?? [])
                            let others = keys.subtracting(["1d", "7d", "30d", "expiry"]).sorted().joined(separator: ",")
                            if !others.isEmpty {
                                found["marked", default: 0] += 1
                                expected += try await self.list(service, "\(Self.path)\(suffix)?\(pins)&limit=1000&horizons=\(others)")
                                    .rows.filter { Self.isOf(id, $0) }.map(\.sourceText)
                            }
                            #expect(own.count == expected.count && Set(own) == Set(expected), "\(id) \(name) \(pins)")
                        } else if name == "lifecycles", expected.isEmpty {
                            // A trade that does not count belongs to a contract all the same.
                            #expect(own.count <= 1 && list.rows.map(\.sourceText).filter(own.contains).count == own.count)
                        } else {
                            #expect(own == expected, "\(id) \(name) \(pins)")
                        }
                        #expect(part["version"]?.string == "\(name)@\(list.version)", "\(name)")
                        #expect(part["rows"]?.isNull == own.isEmpty && part["absent"]?.isNull == !own.isEmpty)
                        if own.isEmpty { #expect(part["absent"]?["code"]?.string == "no_row") }
                        found[own.isEmpty ? "no \(name)" : name, default: 0] += 1
                    }
                }
            }
            // Parts with rows and without were among them.
            for (name, _) in Self.lists { #expect((found[name] ?? 0) > 3, "\(name): \(found)") }
            #expect((found["no context"] ?? 0) > 0 && (found["marked"] ?? 0) > 0, "\(found)")
        }
    }

    private static func version(of name: String, _ service: RunningService) throws -> String {
        let identity = try #require(service.ledger.registry.newestDefinition(name, version: "v1")).identity
        return "v1/c\(identity.codeVersion)"
    }

    @Test func `the events of a trade are its own up to the position, oldest first`() async throws {
        try await withHistory { service, head in
            // Ids that begin like another one, and with the colon that ends an id in a stream's name.
            let other = try sampleRow("T1:x")
            var random = RandomEnrichment(seed: 1)
            let target = try instant("2026-01-17T14:30:00Z")
            let mark = random.mark(other, horizonDays: 7, target: target).event(previousVersion: 0, effectiveAt: target)
            try await service.ledger.log.append([recorded(other), mark], runID: UniqueID(high: 3, low: 4))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let end = try await service.ledger.primaryHead()
            let every = try await service.ledger.pool.run { try LogReader().events(after: 0, limit: 1000, $0) }
            for (id, position) in [("T1", end), ("T1", head / 2), ("T1:x", end), ("T3", end)] {
                let expected = every.filter { event in
                    guard event.position <= position else { return false }
                    let streams = ["execution", "context", "benchmark"].map { "\($0)-alpha_sync:\(id)" }
                    let marks = "mark-alpha_sync:\(id):"
                    return streams.contains(event.stream)
                        || event.stream.hasPrefix(marks) && !event.stream.dropFirst(marks.count).contains(":")
                }
                let answer = try await service.ask("\(Self.path)/\(id)?as_of_position=\(position)")
                #expect(answer.status == 200, "\(id) at \(position)")
                let events = try answer.json()["events"]?.elements.map { $0 } ?? []
                #expect(events.map { $0["position"]?.integer } == expected.map(\.position), "\(id) at \(position)")
                #expect(events.map { $0["type"]?.string } == expected.map(\.type))
                #expect(events.map { $0["stream"]?.string } == expected.map(\.stream))
                #expect(events.map { $0["effective_at"]?.string } == expected.map { $0.effectiveAt?.description })
                #expect(try answer.json()["more_events"]?.bool == false && !expected.isEmpty)
            }
        }
    }

    @Test func `names of other routes go over ids, and unknown ids are not found`() async throws {
        try await withHistory { service, head in
            let names = ["positions", "context", "sync", "outcomes"]
            try await service.ledger.log.append(try names.map { recorded(try sampleRow($0)) }, runID: UniqueID(high: 3, low: 5))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            for name in ["positions", "context", "outcomes"] {
                #expect(try await service.ask("\(Self.path)/\(name)").json()["next_cursor"] != nil, "\(name)")
            }
            let sync = try await service.ask("\(Self.path)/sync")
            #expect(sync.status == 405 && sync.headers["allow"] == "OPTIONS, POST")
            for name in names {
                let history = try await service.ask("\(Self.path)/\(name)/history")
                #expect(history.status == 200, "\(name)")
                #expect(try history.json()["events"]?.count == 1)
            }
            for target in ["none", "T1?source=other", "T0%20", "T1?as_of_position=0", "positions%20"] {
                let answer = try await service.ask("\(Self.path)/\(target)")
                let code = try answer.code()
                #expect(answer.status == 404 && code == "not_found", "\(target)")
            }
            for (target, code) in [
                ("T1?rules=v1", "bad_parameter"), ("T1?rules=sync_state@v1", "bad_parameter"),
                ("T1?rules=trades@v1,trades@v1", "bad_parameter"),
                ("T1?rules=trades@v9", "bad_parameter"), ("T1?rules=", "bad_parameter"), ("T1?limit=3", "unknown_parameter"),
                ("T1?as_of_position=\(head + 1000)", "position_unknown"), ("T1?as_of=2026-01-01", "bad_parameter"),
            ] {
                let answer = try await service.ask("\(Self.path)/\(target)")
                let found = try answer.code()
                #expect(answer.status == 400 && found == code, "\(target)")
            }
            #expect(try await service.ask("\(Self.path)/T1", method: "POST", body: "{}").status >= 400)
        }
    }

    @Test func `a pinned document is the same for ever, and one that may be completed is kept by nobody`() async throws {
        try await withHistory { service, head in
            let versions = try Self.lists.map { "\($0.0)@\(try Self.version(of: $0.0, service))" }.joined(separator: ",")
            let pinned = "\(Self.path)/T2?as_of_position=\(head)&as_of=2026-03-10T00:00:00Z&rules=\(versions)"
            let first = try await service.ask(pinned)
            #expect(first.status == 200 && first.headers["cache-control"] == "private, immutable", "\(first.headers)")
            let fixed = try await service.ask("\(Self.path)/T2?as_of_position=\(head)")
            #expect(fixed.headers["cache-control"] == "no-cache" && fixed.headers["etag"]?.hasPrefix("\"") == true)
            let open = try await service.ask("\(Self.path)/T2")
            let tag = try #require(open.headers["etag"])
            #expect(tag.hasPrefix("W/\""))
            #expect(try await service.ask("\(Self.path)/T2", headers: [("If-None-Match", tag)]).status == 304)

            // One projection goes on, and the others stay behind.
            try await service.ledger.log.append([recorded(try sampleRow("late"))], runID: UniqueID(high: 3, low: 6))
            try await service.ledger.bringUpToDate(["trades"])
            let end = try await service.ledger.primaryHead()
            #expect(try await service.ask(pinned).body == first.body)
            #expect(try await service.ask("\(Self.path)/late").status == 404, "the parts stand on the least of their checkpoints")
            let late = "\(Self.path)/late?as_of_position=\(end)"
            let behind = try await service.ask(late)
            #expect(behind.status == 200 && behind.headers["cache-control"] == "no-store" && behind.headers["etag"] == nil)
            #expect(try behind.json()["trades"]?["rows"]?.count == 1)
            for (name, _) in Self.lists.dropFirst() {
                #expect(try behind.json()[name]?["absent"]?["code"]?.string == "projection_behind", "\(name)")
            }
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let complete = try await service.ask(late)
            #expect(try complete.json()["lifecycles"]?["rows"]?.count == 1)
            #expect(try complete.json()["outcomes"]?["rows"]?.count == 4)
            #expect(complete.headers["etag"] != nil)
        }
    }

    @Test func `what no projection was activated for is said to be so`() async throws {
        try await withService(projectors: false) { service in
            try await service.ledger.log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 3, low: 3))
            try await service.ledger.pool.run { session in
                try session.executeScript("BEGIN; SET LOCAL ROLE NONE; DELETE FROM ledger.served_projections; COMMIT")
            }
            let answer = try await service.ask("\(Self.path)/T1")
            #expect(answer.status == 200 && answer.headers["cache-control"] == "no-store")
            for (name, _) in Self.lists {
                let part = try #require(try answer.json()[name])
                #expect(part["rows"]?.isNull == true && part["version"]?.isNull == true)
                #expect(part["absent"]?["code"]?.string == "not_activated", "\(name)")
            }
            #expect(try answer.json()["events"]?.count == 1)
        }
    }

    @Test(.enabled(if: Validator.isInstalled, "python3 has no jsonschema"))
    func `documents are what is described`() async throws {
        try await withHistory { service, head in
            var answers: [Validator.Answer] = []
            for number in 0..<12 {
                for more in ["", "?as_of_position=\(head)&effective_at=2026-02-10T00:00:00Z", "?as_of_position=\(head / 3)"] {
                    let answer = try await service.ask("\(Self.path)/T\(number)\(more)")
                    answers.append(.init("GET", "\(Self.path)/{source_trade_id}", answer))
                }
            }
            #expect(answers.contains { $0.status == 200 })
            let problems = try Validator.problems(answers)
            #expect(problems == [])
        }
    }
}
