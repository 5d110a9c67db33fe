import LedgerJSON
import LedgerValues
import TestSupport
import Testing

@Suite struct ExplainRouteTests {
    @Test func `a figure is explained over HTTP, and the same position gives the same bytes and tag`() async throws {
        try await withService { (service: RunningService) async throws -> Void in
            try await service.ledger.log.append(
                [recorded(try sampleRow("a|1")), recorded(try sampleRow("T2"))], runID: UniqueID(high: 1, low: 1))
            let position = activations + 2
            let target = "/api/ledger/explain?view=trades&key=alpha_sync%7Ca%257C1&field=entry_premium_usd&as_of_position=\(position)"
            let answer = try await service.askSettled(target)
            #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
            let root = try answer.json()
            #expect(
                root.members.map(\.key) == [
                    "view", "key", "field", "value", "inputs", "rules", "steps", "notes", "mismatch", "mismatches", "ledger",
                ])
            #expect(root["value"]?.sourceText == "12500" && root["mismatch"]?.bool == false)
            #expect(root["key"]?.elements.compactMap(\.string) == ["alpha_sync", "a|1"])
            #expect(root["inputs"]?.elements.compactMap { $0["position"]?.integer }.allSatisfy { $0 == activations + 1 } == true)
            #expect(root["ledger"]?["position"]?.integer == position && root["ledger"]?["projection"]?.string == "trades")
            #expect(answer.headers["cache-control"] == "no-cache")
            let tag = try #require(answer.headers["etag"])
            try await service.ledger.log.append([recorded(try sampleRow("T3"))], runID: UniqueID(high: 1, low: 2))
            #expect(try await service.ask(target).body == answer.body)
            #expect(try await service.ask(target, headers: [("If-None-Match", tag)]).status == 304)
            // The rules by name give the same figure as those that are served.
            let named = try await service.ask("\(target)&rules=as_served")
            #expect(named.status == 200)
            #expect(try named.json()["value"]?.sourceText == "12500")
            // The whole row, its source left out.
            let row = try await service.ask("/api/ledger/explain?view=trades&key=T2")
            #expect(try row.json()["steps"]?.count == service.ledger.registry.firstDefinition("trades")?.columns.columns.count)
        }
    }

    @Test func `what can't be explained is refused by a stable code and names what was expected`() async throws {
        try await withService { (service: RunningService) async throws -> Void in
            try await service.ledger.log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 1, low: 1))
            for (query, status, code, part) in [
                ("", 400, "bad_parameter", "view: expected one of trades, lifecycles"),
                ("view=nothing&key=T1", 400, "bad_parameter", "view: expected one of"),
                ("view=trades", 400, "bad_parameter", "key: expected"),
                ("view=trades&key=a%7Cb%7Cc", 400, "bad_parameter", "source|source_trade_id"),
                ("view=trades&key=50%25", 400, "bad_parameter", "`%25` for `%`"),
                ("view=trades&key=T1&field=premium", 400, "bad_parameter", "contract_multiplier, currency"),
                ("view=trades&key=none", 404, "not_found", "trades has no row alpha_sync|none"),
                ("view=trades&key=T1&as_of_position=100", 400, "position_unknown", "100"),
                ("view=trades&key=T1&as_of=2199-01-01T00:00:00Z", 400, "bad_parameter", "as_of"),
                ("view=trades&key=T1&limit=3", 400, "unknown_parameter", "limit"),
                ("view=trades&key=T1&rules=alignment@v1", 400, "bad_parameter", "rules of this view's projection trades"),
                ("view=trades&key=T1&rules=v9", 400, "bad_parameter", "a version of trades that is installed or stored"),
            ] as [(String, Int, String, String)] {
                let answer = try await service.ask("/api/ledger/explain?\(query)")
                #expect(answer.status == status, "\(query)")
                #expect(try answer.code() == code, "\(query)")
                #expect(try answer.json()["detail"]?.string?.contains(part) == true, "\(query)")
            }
        }
    }
}
