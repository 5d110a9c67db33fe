import Foundation
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// `sort=` over HTTP.
@Suite struct SortRouteTests {
    private func withHistory(_ body: @Sendable (RunningService, _ head: Int64) async throws -> Void) async throws {
        let history = try RandomHistory(seed: 91, trades: 12, events: 120).events
        try await withService(projectors: false) { service in
            try await service.ledger.log.append(history, runID: UniqueID(high: 3, low: 3))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            try await body(service, try await service.ledger.primaryHead())
        }
    }

    private func rows(_ answer: RunningService.Answer) throws -> [String] {
        try answer.json()["rows"]?.elements.map(\.sourceText) ?? []
    }

    @Test func `a list in the order of a column goes on by its cursor and is known by its tag`() async throws {
        try await withHistory { service, head in
            for view in View.all {
                let list = "\(view.path)?as_of_position=\(head)&sort=-\(view.key[view.key.count - 1])"
                let whole = try await service.ask("\(list)&limit=1000")
                #expect(whole.status == 200, "\(list): \(String(decoding: whole.body, as: UTF8.self))")
                var found: [String] = []
                var cursor: String?
                repeat {
                    let target = "\(list)&limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")
                    let page = try await service.ask(target)
                    #expect(page.status == 200, "\(target)")
                    let tag = try #require(page.headers["etag"])
                    #expect(try await service.ask(target, headers: [("If-None-Match", tag)]).status == 304)
                    found += try rows(page)
                    cursor = try page.json()["next_cursor"]?.string
                } while cursor != nil
                #expect(try found == rows(whole), "\(view.name)")
                let plain = try await service.ask("\(view.path)?as_of_position=\(head)&limit=1000")
                #expect(plain.headers["etag"] != whole.headers["etag"])
                #expect(try Set(rows(plain)) == Set(found), "\(view.name)")
                #expect(try plain.json()["aggregates"]?.sourceText == whole.json()["aggregates"]?.sourceText)
            }
        }
    }

    @Test func `another order's cursor and another column are refused by name`() async throws {
        try await withHistory { service, _ in
            let list = "/api/internal/trades?limit=2"
            let sorted = try await service.ask("\(list)&sort=trade_date").json()["next_cursor"]?.string ?? ""
            let plain = try await service.ask(list).json()["next_cursor"]?.string ?? ""
            for target in ["&cursor=\(sorted)", "&sort=-trade_date&cursor=\(sorted)", "&sort=trade_date&cursor=\(plain)"] {
                let answer = try await service.ask(list + target)
                let code = try answer.code()
                #expect(answer.status == 400 && code == "bad_cursor", "\(target)")
                #expect(try answer.json()["detail"]?.string?.hasPrefix("cursor: ") == true)
            }
            for (sort, part) in [
                ("pric", "did you mean `price`?"), ("-strik", "did you mean `-strike`?"), ("flags", "found `flags`"), ("", "found ``"),
            ] {
                let answer = try await service.ask("\(list)&sort=\(sort)")
                let code = try answer.code()
                let detail = try answer.json()["detail"]?.string ?? ""
                #expect(answer.status == 400 && code == "bad_parameter", "\(sort)")
                #expect(detail.hasPrefix("sort: expected one of contract_multiplier, ") && detail.contains(part), "\(detail)")
            }
            #expect(try await service.ask("\(list)&sort=price&sort=price").code() == "bad_parameter")
        }
    }

    @Test func `an order is of rows, neither of the latest ones nor of points`() async throws {
        try await withHistory { service, _ in
            for (series, name) in [("latest=true", "latest"), ("bucket=1d", "bucket"), ("bucket=1h&agg=sum", "bucket")] {
                let answer = try await service.ask("/api/market/series/gex_hourly?sort=spot&\(series)")
                let code = try answer.code()
                let detail = try answer.json()["detail"]?.string
                #expect(answer.status == 400 && code == "bad_parameter", "\(series)")
                #expect(detail == "sort: expected a list of rows, without \(name)", "\(series)")
            }
        }
    }

    @Test func `the description names the columns that every list can be sorted by, and no other`() throws {
        let description = try DescriptionTests.description()
        let paths = try #require(description["paths"] as? [String: [String: [String: Any]]])
        let parameters = try #require((description["components"] as? [String: Any])?["parameters"] as? [String: [String: Any]])
        let registry = try projectRegistry()
        for view in View.all {
            let references = try #require(paths["\(view.path)"]?["get"]?["parameters"] as? [[String: Any]])
            let named = references.compactMap { ($0["$ref"] as? String)?.split(separator: "/").last.flatMap { parameters[String($0)] } }
            let sort = try #require(named.first { $0["name"] as? String == "sort" }, "\(view.name)")
            let pattern = try #require((sort["schema"] as? [String: Any])?["pattern"] as? String)
            let names = try #require(registry.firstDefinition(view.projection)).columns.sortable.map(\.name)
            #expect(pattern == "^-?(\(names.joined(separator: "|")))$", "\(view.name)")
        }
    }
}
