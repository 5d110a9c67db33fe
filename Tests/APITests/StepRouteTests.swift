import Foundation
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import TestSupport
import Testing

/// Walks along a row's events and diffs of rules, over HTTP and in the console.
@Suite struct StepRouteTests {
    private static let steps = "/api/ledger/steps"

    /// A service whose alignment has second rules beside the served ones.
    private func withVersions(_ body: @Sendable (RunningService) async throws -> Void) async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await withService(projectors: false, home: home) { service in
            try await service.ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            try await body(service)
        }
    }

    /// A trade whose label the second rules change.
    private func changedTrade(_ service: RunningService) async throws -> String {
        let list = "/api/internal/trades/opportunity-alignment?limit=1000"
        func labels(_ target: String) async throws -> [String] {
            try await service.ask(target).json()["rows"]?.elements.map {
                "\($0["source_trade_id"]?.string ?? "") \($0["alignment_label"]?.string ?? "")"
            } ?? []
        }
        let (one, two) = (try await labels(list), try await labels("\(list)&rules=v2"))
        return try #require(zip(one, two).first { $0 != $1 }?.0.split(separator: " ").first.map(String.init))
    }

    @Test func `a row is walked under one version and under two, and the first difference is where the walk can begin`() async throws {
        try await withVersions { service in
            let trade = try await changedTrade(service)
            let one = try await service.ask("\(Self.steps)?view=alignment&key=\(trade)")
            let root = try one.json()
            #expect(one.status == 200, "\(String(decoding: one.body, as: UTF8.self))")
            #expect(
                root.members.map(\.key) == [
                    "view", "key", "entity", "versions", "count", "first_difference", "steps", "previous_from", "next_from", "next_cursor",
                    "ledger",
                ])
            #expect(root["key"]?.elements.compactMap(\.string) == ["alpha_sync", trade])
            #expect(root["first_difference"]?.isNull == true && root["next_cursor"]?.isNull == true)
            let changes = root["steps"]?.elements.flatMap {
                $0["sides"]?.elements.flatMap { $0["changes"]?.elements.map { $0 } ?? [] } ?? []
            }
            let added = try #require(changes?.first)
            #expect(added["change"]?.string == "added")
            // What was absent was null.
            let fields = added["fields"]?.elements.map { $0 } ?? []
            #expect(fields.count > 5 && fields.allSatisfy { $0["from"]?.isNull == true && $0["to"]?.isNull == false })

            let two = try await service.ask("\(Self.steps)?view=alignment&key=\(trade)&rules=v1&against=v2").json()
            #expect(two["versions"]?.elements.compactMap { $0["version"]?.string } == ["v1", "v2"])
            let position = try #require(two["first_difference"]?["position"]?.integer)
            let step = try #require(two["first_difference"]?["step"]?.integer)
            let marked = two["steps"]?.elements.map { $0 }.first { ($0["differences"]?.count ?? 0) > 0 }
            #expect(marked?["event"]?["position"]?.integer == position && marked?["step"]?.integer == step)
            let target = "\(Self.steps)?view=alignment&key=\(trade)&rules=v1&against=v2&from=\(position)&limit=1"
            let from = try await service.ask(target).json()
            #expect(from["steps"]?.elements.compactMap { $0["step"]?.integer } == [step])
            #expect(from["first_difference"]?["position"]?.integer == position)
            let change = from["steps"]?.elements.map { $0 }[0]["differences"]?.elements.map { $0 }[0]
            #expect(change?["fields"]?.elements.contains { $0["field"]?.string == "alignment_label" } == true)
        }
    }

    @Test func `the pages of a walk stand on one position, and a pinned walk keeps its bytes and its tag`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            var row = try sampleRow("T1")
            try await service.ledger.log.append([recorded(row)], runID: UniqueID(high: 1, low: 1))
            for version in 1..<5 {
                let next = try sampleRow("T1", updatedAt: version, quantity: 10 + version)
                try await service.ledger.log.append([updated(next, from: row, previous: Int64(version))], runID: UniqueID(high: 1, low: 1))
                row = next
            }
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let head = try #require(try await service.ask("/api/ledger/head").json()["position"]?.integer)
            let target = "\(Self.steps)?view=trades&key=T1&limit=2"
            let pinned = try await service.ask("\(target)&as_of_position=\(head)")
            let first = try await service.ask(target)
            let next = try sampleRow("T1", updatedAt: 9, quantity: 99)
            try await service.ledger.log.append([updated(next, from: row, previous: 5)], runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            var cursor = try first.json()["next_cursor"]?.string
            var steps: [Int64] = []
            while let text = cursor {
                let page = try await service.ask("\(target)&cursor=\(text)").json()
                #expect(page["count"]?.integer == 5 && page["ledger"]?["position"]?.integer == head)
                steps += page["steps"]?.elements.compactMap { $0["step"]?.integer } ?? []
                cursor = page["next_cursor"]?.string
            }
            #expect(steps == [3, 4, 5])
            #expect(try await service.ask(target).json()["count"]?.integer == 6)
            let again = try await service.ask("\(target)&as_of_position=\(head)")
            #expect(again.body == pinned.body && again.headers["etag"] == pinned.headers["etag"])
            let tag = try #require(pinned.headers["etag"])
            #expect(try await service.ask("\(target)&as_of_position=\(head)", headers: [("If-None-Match", tag)]).status == 304)
        }
    }

    @Test func `what can't be walked is refused by a stable code and names what was expected`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            try await service.ledger.log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            for (query, status, code, part) in [
                ("", 400, "bad_parameter", "view: expected one of trades, lifecycles"),
                ("view=nothing&key=T1", 400, "bad_parameter", "view: expected one of"),
                ("view=trades", 400, "bad_parameter", "key: expected"),
                ("view=trades&key=a%7Cb%7Cc", 400, "bad_parameter", "source|source_trade_id"),
                ("view=outcomes&key=a%7Cb%7Cc%7Cd", 400, "bad_parameter", "or its entity's source|source_trade_id"),
                ("view=outcomes&key=T1%7Csoon", 400, "bad_parameter", "key: expected a horizon"),
                ("view=trades&key=none", 404, "not_found", "trades has no row alpha_sync|none"),
                ("view=trades&key=T1&rules=v9", 400, "bad_parameter", "rules: expected a version of trades"),
                ("view=trades&key=T1&rules=context@v1", 400, "bad_parameter", "rules: expected rules of this view's projection"),
                ("view=trades&key=T1&against=x", 400, "bad_parameter", "against: expected v<N>"),
                ("view=trades&key=T1&against=v9", 400, "bad_parameter", "against: expected a version of trades"),
                ("view=trades&key=T1&rules=v1/c9", 409, "rules_unavailable", "v1/c9"),
                ("view=trades&key=T1&limit=101", 400, "bad_parameter", "limit"),
                ("view=trades&key=T1&from=-1", 400, "bad_parameter", "from"),
                ("view=trades&key=T1&cursor=x", 400, "bad_cursor", "cursor"),
                ("view=trades&key=T1&as_of_position=100", 400, "position_unknown", "100"),
                ("view=trades&key=T1&as_of=2199-01-01T00:00:00Z", 400, "bad_parameter", "as_of"),
                ("view=trades&key=T1&field=price", 400, "unknown_parameter", "field"),
            ] as [(String, Int, String, String)] {
                let answer = try await service.ask("\(Self.steps)?\(query)")
                #expect(answer.status == status, "\(query)")
                #expect(try answer.code() == code, "\(query)")
                let detail = try answer.json()["detail"]?.string ?? ""
                #expect(detail.contains(part), "\(query): \(detail)")
            }
        }
    }

    @Test func `what the rules of two versions say differently is answered by path`() async throws {
        try await withVersions { service in
            let path = "/api/ledger/projections/alignment/rules"
            let answer = try await service.ask("\(path)?from=v1&to=v2")
            let root = try answer.json()
            #expect(answer.status == 200 && root["count"]?.integer == 2)
            let file = try #require(root["files"]?.elements.map { $0 }.first)
            #expect(file["from"]?["file"]?.string == "alignment/rules.v1.yaml" && file["to"]?["file"]?.string == "alignment/rules.v2.yaml")
            #expect(
                file["changes"]?.elements.map { "\($0["path"]?.string ?? "") \($0["from"]?.string ?? "") \($0["to"]?.string ?? "")" }
                    == ["labels.from.0.score 70 60", "labels.from.1.score 58 48"])
            let tag = try #require(answer.headers["etag"])
            #expect(try await service.ask("\(path)?from=v1&to=v2", headers: [("If-None-Match", tag)]).status == 304)
            #expect(try await service.ask("\(path)?from=v2/c1&to=v2").json()["files"]?.count == 0)
            for (target, status, code) in [
                ("\(path)?from=v1", 400, "bad_parameter"), ("\(path)?from=v1&to=v9", 400, "bad_parameter"),
                ("/api/ledger/projections/stationarity/rules?from=v1&to=v1", 404, "not_found"),
                ("\(path)?from=v1&to=v2&keys=1", 400, "unknown_parameter"),
            ] {
                let refused = try await service.ask(target)
                #expect(refused.status == status, "\(target)")
                #expect(try refused.code() == code, "\(target)")
            }
        }
    }

    @Test func `the answers are what is described`() async throws {
        if !Validator.isInstalled { return }
        try await withVersions { service in
            let trade = try await changedTrade(service)
            var answers: [Validator.Answer] = []
            for query in [
                "view=alignment&key=\(trade)", "view=alignment&key=\(trade)&against=v2&limit=2", "view=outcomes&key=\(trade)",
                "view=outcomes&key=\(trade)%7C7d", "view=alignment&key=none", "view=alignment&key=\(trade)&rules=v9",
            ] { answers.append(Validator.Answer("GET", Self.steps, try await service.ask("\(Self.steps)?\(query)"))) }
            for query in ["from=v1&to=v2", "from=v1&to=v1", "from=v1&to=v9"] {
                let answer = try await service.ask("/api/ledger/projections/alignment/rules?\(query)")
                answers.append(Validator.Answer("GET", "/api/ledger/projections/{name}/rules", answer))
            }
            #expect(try Validator.problems(answers) == [])
        }
    }

    @Test func `the console walks from a trade and from an explanation, and shows what rules say differently`() async throws {
        try await withVersions { service in
            let trade = try await changedTrade(service)
            func page(_ target: String) async throws -> String {
                let answer = try await service.ask(target)
                #expect(answer.status == 200, "\(target)")
                return String(decoding: answer.body, as: UTF8.self)
            }
            #expect(try await page("/trade?id=\(trade)&source=alpha_sync").contains("/steps?view=outcomes&amp;key=alpha_sync%7C\(trade)"))
            #expect(try await page("/explain?view=alignment&key=\(trade)").contains("/steps?view=alignment&amp;key=\(trade)"))
            let one = try await page("/steps?view=alignment&key=\(trade)")
            #expect(one.contains("row added") && one.contains("unchanged field") && !one.contains("First difference"))
            let two = try await page("/steps?view=alignment&key=\(trade)&rules=v1&against=v2")
            #expect(two.contains("First difference") && two.contains(">first difference</span>") && two.contains("v2/c1"))
            // An entity of several rows, and one that is not there.
            #expect(try await page("/steps?view=outcomes&key=\(trade)").contains("alpha_sync · \(trade) · 7d: row added"))
            #expect(try await service.ask("/steps?view=alignment&key=none").status == 404)

            _ = try await service.ledger.rebuild([(name: "alignment", version: VersionReference(version: "v2"))])
            let diff = try await page("/projections/diff?name=alignment&from=v1&to=v2")
            #expect(diff.contains("What the rules say differently") && diff.contains("labels.from.0.score"))
            #expect(diff.contains("/steps?view=alignment&amp;key=alpha_sync%7C"))
            let list = try await page("/projections")
            #expect(list.contains("Rules of v2, code 1: 2 values changed") && list.contains("labels.from.1.score"))
        }
    }
}
