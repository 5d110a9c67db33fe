import LedgerJSON
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@testable import Operations

/// What an answer is known by: a list that says the same keeps its tag for as long as the log stands still.
@Suite struct EntityTagTests {
    private static func page(
        rows: [String] = ["{\"a\":1}", "{\"a\":2}"], next: String? = nil, sum: Int64? = 3, position: Int64 = 9,
        asOf: String = "2026-01-31T10:00:00Z",
        head: Int64 = 9, isFixed: Bool = false
    ) throws -> ViewPage {
        let definition = try #require(try projectRegistry().firstDefinition("trades"))
        return ViewPage(
            rows: rows.map { Array($0.utf8) }, nextCursor: next, aggregates: sum.map(JSONNode.integer), remark: nil, position: position,
            asOf: try instant(asOf), headPosition: head, version: ViewVersion(definition.identity), isFrozen: false, isPinned: false,
            isFixed: isFixed, receipt: nil)
    }

    @Test func `the minute alone is no news, and everything else is`() throws {
        let tag = try Self.page(next: "one").entityTag(query: "q")
        #expect(tag.header.hasPrefix("W/\""))
        #expect(try Self.page(next: "two", asOf: "2026-02-28T23:59:00Z").entityTag(query: "q") == tag)
        for other in [
            try Self.page(rows: ["{\"a\":1}", "{\"a\":3}"], next: "one"), try Self.page(rows: ["{\"a\":1}"], next: "one"),
            try Self.page(rows: ["{\"a\":1}{\"a\":2}"], next: "one"), try Self.page(), try Self.page(next: "one", sum: 4),
            try Self.page(next: "one", sum: nil), try Self.page(next: "one", position: 8), try Self.page(next: "one", head: 10),
        ] {
            #expect(other.entityTag(query: "q") != tag)
        }
        #expect(try Self.page(next: "one").entityTag(query: "r") != tag)
    }

    @Test func `who names the moment has a strong tag, of that moment`() throws {
        let tag = try Self.page(isFixed: true).entityTag(query: "q")
        #expect(tag.header.hasPrefix("\""))
        #expect(try Self.page(isFixed: true).entityTag(query: "q") == tag)
        #expect(try Self.page(asOf: "2026-01-31T10:01:00Z", isFixed: true).entityTag(query: "q") != tag)
    }
}
