import API
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

/// `rules=`, what an answer says of itself, and what may be kept for ever.
@Suite struct RulesTests {
    private func get(_ bench: TimeTravelBench, _ target: String, headers: [String: String] = [:]) async -> APIResponse {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        var all = headers.mapValues { [$0] }
        all["host"] = ["127.0.0.1:8080"]
        return await API(bench.ledger).respond(
            to: APIRequest(
                method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : nil, headers: all, isFromLoopback: true))
    }

    private func json(_ response: APIResponse) throws -> JSONValue { try JSONDocument(parsing: response.body).root }

    private func header(_ response: APIResponse, _ name: String) -> String? {
        response.headers.first { $0.name == name }?.value
    }

    private func withTrades(_ body: (TimeTravelBench) async throws -> Void) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let rows = try (0..<3).map { number in
                var row = try sampleRow("T\(number)")
                row.tradeStatus = number == 0 ? .partiallyFilled : .filled
                return row
            }
            try await bench.append(rows.map { recorded($0) })
            try await bench.project()
            try await body(bench)
        }
    }

    private func promotion(_ version: String, code: Int) -> ProjectionPromotedPayload {
        ProjectionPromotedPayload(
            projection: "lifecycles", oldVersion: "v1", newVersion: version, codeVersion: code, rules: [], position: 9,
            diffDigest: nil)
    }

    static let path = "/api/internal/trades/positions"

    @Test func `an answer names the rules that it was made under`() async throws {
        try await withTrades { bench in
            let one = try json(await get(bench, Self.path))
            #expect(one["ledger"]?["rules"]?["lifecycles/rules.v1.yaml"]?.integer == 1)
            #expect(one["rows"]?.elements.first { _ in true }?["total_buy_quantity"]?.sourceText == "30")
            let two = try json(await get(bench, Self.path + "?rules=lifecycles@v2"))
            let ledger = try #require(two["ledger"])
            #expect(ledger["rules"]?["lifecycles/rules.v2.yaml"]?.integer == 2)
            #expect(ledger["rules"]?["trades/rules.v2.yaml"]?.integer == 2 && ledger["code_version"]?.integer == 1)
            // Under version 2 a partial fill is no execution.
            #expect(two["rows"]?.elements.first { _ in true }?["total_buy_quantity"]?.sourceText == "20")
            #expect(two["receipt"] == nil)
            let proven = try json(await get(bench, Self.path + "?rules=lifecycles@v2/c1&receipt=true"))
            #expect(proven["receipt"]?["digest"]?.string?.utf8.count == 64)
            #expect(proven["receipt"]?["root_hash"]?.string?.utf8.count == 64)
        }
    }

    @Test(arguments: [
        ("lifecycles", 400, "bad_parameter"), ("2", 400, "bad_parameter"), ("alignment@v1", 400, "bad_parameter"),
        ("lifecycles@v9", 400, "bad_parameter"), ("lifecycles@v02", 400, "bad_parameter"),
        ("lifecycles@v2/", 400, "bad_parameter"), ("lifecycles@v2/c1/c1", 400, "bad_parameter"),
        ("lifecycles@v2%2Fc7", 409, "rules_unavailable"), ("AS_SERVED", 400, "bad_parameter"), ("", 400, "bad_parameter"),
    ])
    func rulesThatAreNotThisViewsAreRefused(text: String, status: Int, code: String) async throws {
        try await withTrades { bench in
            let response = await get(bench, "\(Self.path)?rules=\(text)")
            let problem = try json(response)
            #expect(response.status == status && problem["code"]?.string == code, "\(text)")
            #expect(problem["detail"]?.string?.hasPrefix("rules: ") == true)
        }
    }

    @Test func `as served is what the log says was promoted then`() async throws {
        try await withTrades { bench in
            let before = Int64(try await bench.events().count)
            try await bench.append([promotion("v2", code: 1).event(runID: UniqueID(high: 3, low: 3))])
            try await bench.append([promotion("v1", code: 7).event(runID: UniqueID(high: 3, low: 4))])
            try await bench.project()
            func version(at position: Int64) async throws -> (Int, JSONValue) {
                let response = await get(bench, "\(Self.path)?rules=as_served&as_of_position=\(position)")
                return (response.status, try json(response))
            }
            let then = try await version(at: before)
            #expect(then.1["ledger"]?["rules"]?["lifecycles/rules.v1.yaml"]?.integer == 1)
            let after = try await version(at: before + 1)
            #expect(after.1["ledger"]?["rules"]?["lifecycles/rules.v2.yaml"]?.integer == 2)
            // Neither rows nor code of that version are here.
            let gone = try await version(at: before + 2)
            #expect(gone.0 == 409 && gone.1["code"]?.string == "rules_unavailable")
            #expect(gone.1["detail"]?.string?.contains("lifecycles v1/c7") == true)
            let never = try await version(at: 0)
            #expect(never.0 == 409 && never.1["code"]?.string == "rules_unavailable")
        }
    }

    @Test func `only an answer that pins everything is kept for ever`() async throws {
        try await withTrades { bench in
            let pins = ["as_of_position=9", "as_of=2026-05-01T00:00:00Z", "rules=lifecycles@v1/c1"]
            for missing in pins.indices {
                let query = pins.enumerated().filter { $0.offset != missing }.map(\.element).joined(separator: "&")
                let response = await get(bench, "\(Self.path)?\(query)".replacing("as_of=2026-05-01", with: "as_of=2026-01-01"))
                let cache = header(response, "Cache-Control")
                #expect(response.status == 200 && cache == "no-cache", "\(query)")
                #expect(header(response, "ETag") != nil)
            }
            let bare = await get(bench, "\(Self.path)?\(pins.joined(separator: "&"))".replacing("/c1", with: ""))
            #expect(header(bare, "Cache-Control") == "no-cache")
            let target = "\(Self.path)?\(pins.joined(separator: "&"))"
            let pinned = await get(bench, target)
            #expect(header(pinned, "Cache-Control") == "private, immutable")
            let tag = try #require(header(pinned, "ETag"))
            // One pair of quotes (RFC 9110, section 8.8.3).
            #expect(tag.utf8.count == 26 && tag.hasPrefix("\"") && tag.hasSuffix("\"") && !tag.hasPrefix("\"\""))
            #expect(await get(bench, target, headers: ["if-none-match": tag]).status == 304)
            #expect(await get(bench, target + "&limit=2", headers: ["if-none-match": tag]).status == 200)
        }
    }

    @Test func `a cursor stays at the rules of its first page`() async throws {
        try await withTrades { bench in
            for (rules, file) in [("trades@v2", "trades/rules.v2.yaml"), ("as_served", "trades/rules.v1.yaml")] {
                let path = "/api/internal/trades?limit=1&rules=\(rules)"
                let first = try json(await get(bench, path))
                let cursor = try #require(first["next_cursor"]?.string)
                try await bench.append([recorded(try sampleRow("T9\(rules)"))])
                let second = try json(await get(bench, "\(path)&cursor=\(cursor)"))
                #expect(second["ledger"]?["rules"]?[file] != nil)
                #expect(second["ledger"]?["position"]?.integer == first["ledger"]?["position"]?.integer)
                let mixed = await get(bench, "/api/internal/trades?limit=1&cursor=\(cursor)")
                #expect(mixed.status == 400)
            }
        }
    }
}
