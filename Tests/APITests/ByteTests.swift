import Foundation
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

@testable import API

/// Texts are compared by their bytes: `é` in one scalar and in two is two portfolios.
@Suite struct ByteTests {
    private static let composed = "Caf\u{e9}"
    private static let decomposed = "Cafe\u{301}"

    /// Three trades of one, two of the other.
    private func withPortfolios(_ body: @Sendable (RunningService) async throws -> Void) async throws {
        try await withService { service in
            let rows = try (0..<5).map { index in
                var row = try sampleRow("T\(index)")
                row.sourcePortfolio = index < 3 ? Self.composed : Self.decomposed
                return row
            }
            try await service.ledger.log.append(rows.map(recorded), runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            try await body(service)
        }
    }

    private func encoded(_ text: String) -> String { text.utf8.map { String(format: "%%%02x", $0) }.joined() }

    @Test func `a filter, its cursor and its sums are of one form, whoever asked for the other before`() async throws {
        try await withPortfolios { service in
            for more in ["", "&effective_at=2026-02-01T00:00:00Z", "&as_of_position=\(activations + 5)"] {
                for path in ["/api/internal/trades", "/api/internal/trades/execution-quality"] {
                    for _ in 0..<2 {
                        for (text, count) in [(Self.composed, 3), (Self.decomposed, 2)] {
                            let answer = try await service.askSettled("\(path)?portfolio=\(encoded(text))\(more)")
                            #expect(answer.status == 200)
                            let root = try answer.json()
                            let found = root["rows"]?.elements.compactMap { $0["source_portfolio"]?.string } ?? []
                            #expect(found.count == count && found.allSatisfy { $0.isBytewiseEqual(to: text) }, "\(path)\(more)")
                            if let sums = root["aggregates"], !sums.isNull {
                                let counts = sums["by_portfolio"]?.elements.compactMap { $0["count"]?.integer }
                                #expect(counts == [Int64(count)], "\(path)\(more)")
                            }
                        }
                    }
                }
            }
            let list = "/api/internal/trades?limit=1&portfolio="
            let cursor = try #require(try await service.ask("\(list)\(encoded(Self.composed))").json()["next_cursor"]?.string)
            #expect(try await service.ask("\(list)\(encoded(Self.composed))&cursor=\(cursor)").status == 200)
            #expect(try await service.ask("\(list)\(encoded(Self.decomposed))&cursor=\(cursor)").code() == "bad_cursor")
        }
    }

    @Test func `a value that holds what separates filters is one value`() async throws {
        try await withPortfolios { service in
            let list = "/api/internal/trades/execution-quality?limit=1&"
            let forged = encoded("alpha_sync\u{1e}source_portfolio\u{1f}=\u{1f}\(Self.composed)")
            let none = try await service.askSettled("\(list)source=\(forged)").json()
            #expect(none["aggregates"]?["by_portfolio"]?.elements.map { $0 }.isEmpty == true)
            let honest = "\(list)portfolio=\(encoded(Self.composed))"
            let some = try await service.askSettled(honest).json()
            #expect(some["aggregates"]?["by_portfolio"]?.elements.compactMap { $0["count"]?.integer } == [3])
            let cursor = try #require(some["next_cursor"]?.string)
            #expect(try await service.ask("\(list)source=\(forged)&cursor=\(cursor)").code() == "bad_cursor")
        }
    }

    @Test func `groups of sums are of one form each`() async throws {
        try await withPortfolios { service in
            let sums = try #require(try await service.askSettled("/api/internal/trades/execution-quality").json()["aggregates"])
            let groups = sums["by_portfolio"]?.elements.map { ($0["key"]?.string ?? "", $0["count"]?.integer ?? 0) } ?? []
            #expect(groups.count == 2)
            // In the order of their bytes.
            #expect(groups.first?.0.isBytewiseEqual(to: Self.decomposed) == true && groups.first?.1 == 2)
            #expect(groups.last?.0.isBytewiseEqual(to: Self.composed) == true && groups.last?.1 == 3)
        }
    }

    @Test func `a kept answer is given to nobody who asks in other bytes`() {
        let cache = AnswerCache(maximumBytes: 1 << 20)
        cache.keep(APIResponse.json([1]), for: Self.composed)
        #expect(cache[Self.composed]?.body == [1] && cache[Self.decomposed] == nil)
        cache.keep(APIResponse.json([2]), for: Self.decomposed)
        #expect(cache[Self.composed]?.body == [1] && cache[Self.decomposed]?.body == [2])
    }
}
