import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Counts and sums of views' rows over HTTP.
@Suite struct TotalsRouteTests {
    @Test func `totals are those of the list's rows, for every view and the columns that it can be grouped by`() async throws {
        try await withService { (service: RunningService) async throws -> Void in
            try await service.ledger.log.append(RandomHistory(seed: 7, trades: 9, events: 120).events, runID: service.ledger.newID())
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let head = try #require(try await service.ask("/api/ledger/head").json()["position"]?.integer)
            let now = Instant("2027-01-01T00:00:00Z")
            let pin = "as_of_position=\(head)&as_of=\(try #require(now))"
            var summed = 0
            for view in View.all {
                let list = try await service.ask("\(view.path)?limit=1000&\(pin)").json()
                let rows = list["rows"]?.elements.map { $0 } ?? []
                let columns = try #require(service.ledger.registry.firstDefinition(view.projection)?.columns)
                for column in columns.columns where [.text, .boolean, .integer].contains(column.kind) {
                    let answer = try await service.ask("/api/ledger/totals?view=\(view.name)&by=\(column.name)&\(pin)")
                    #expect(answer.status == 200, "\(view.name) \(column.name): \(String(decoding: answer.body, as: UTF8.self))")
                    let root = try answer.json()
                    #expect(root["total"]?["count"]?.integer == Int64(rows.count), "\(view.name)")
                    var expected: [ByteKey?: [JSONValue]] = [:]
                    for row in rows {
                        let value = row[column.name].flatMap { $0.isNull ? nil : ByteKey($0.string ?? $0.sourceText) }
                        expected[value, default: []].append(row)
                    }
                    #expect(root["groups"]?.count == expected.count, "\(view.name) \(column.name)")
                    for group in root["groups"]?.elements.map({ $0 }) ?? [] {
                        let members = expected[group["key"]?.elements.first { _ in true }?.string.map { ByteKey($0) }] ?? []
                        #expect(group["count"]?.integer == Int64(members.count), "\(view.name) \(column.name)")
                        for (name, sum) in group["sums"]?.members.map({ ($0.key, $0.value) }) ?? [] {
                            let amounts = try members.compactMap { row in
                                try row[name].flatMap { $0.isNull ? nil : ExactNumber(try FixedDecimal($0.sourceText)) }
                            }
                            #expect(sum["count"]?.integer == Int64(amounts.count), "\(view.name) \(name)")
                            let total = amounts.isEmpty ? nil : amounts.reduce(ExactNumber.zero, +).rounded()
                            #expect(sum["sum"]?.sourceText == total.map { "\($0)" } ?? "null", "\(view.name) \(name)")
                            summed += amounts.count
                        }
                    }
                }
            }
            #expect(summed > 100)
        }
    }

    @Test func `pinned totals never change, and what can't be grouped is refused by name`() async throws {
        try await withService { (service: RunningService) async throws -> Void in
            try await service.ledger.log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 1, low: 1))
            let head = try #require(try await service.ask("/api/ledger/head").json()["position"]?.integer)
            let target = "/api/ledger/totals?view=trades&by=underlying_symbol,trade_date:month&as_of_position=\(head)"
            let answer = try await service.askSettled(target)
            #expect(answer.status == 200)
            let tag = try #require(answer.headers["etag"])
            try await service.ledger.log.append([recorded(try sampleRow("T2"))], runID: UniqueID(high: 1, low: 2))
            #expect(try await service.ask(target).body == answer.body)
            #expect(try await service.ask(target, headers: [("If-None-Match", tag)]).status == 304)
            #expect(
                try await service.askSettled("/api/ledger/totals?view=trades&as_of_position=\(head + 1)").json()["total"]?["count"]?.integer
                    == 2)
            for (query, code, part) in [
                ("", "bad_parameter", "view: expected one of trades, lifecycles"),
                ("view=trade", "bad_parameter", "did you mean `trades`?"),
                ("view=trades&by=price", "bad_parameter", "by: expected one of"),
                ("view=trades&by=underlying", "bad_parameter", "underlying_symbol"),
                ("view=trades&by=trade_date:week", "bad_parameter", "by: expected columns"),
                ("view=trades&by=direction:day", "bad_parameter", "neither dates nor instants"),
                ("view=trades&limit=3", "unknown_parameter", "limit"),
                ("view=trades&label=aligned", "unknown_parameter", "label"),
                ("view=trades&as_of_position=99999", "position_unknown", "99999"),
            ] {
                let answer = try await service.ask("/api/ledger/totals?\(query)")
                #expect(answer.status == 400, "\(query)")
                #expect(try answer.code() == code, "\(query)")
                let detail = try answer.json()["detail"]?.string ?? ""
                #expect(detail.contains(part), "\(query): \(detail)")
            }
        }
    }
}
