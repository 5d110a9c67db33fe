import LedgerJSON
import Testing

@testable import LedgerProjections

/// Counts and sums of rows in groups.
@Suite struct RowTotalsTests {
    private let columns: ColumnSet

    init() throws {
        columns = try ColumnSet(
            parsing: Array(
                """
                {"key": ["source", "id"], "stored": [], "columns": {
                  "at": {"type": "instant", "digested": true}, "fee_usd": {"type": "decimal", "digested": true},
                  "flags": {"type": "texts", "digested": true}, "id": {"type": "text", "digested": true},
                  "lots": {"type": "integer", "digested": true}, "paid": {"type": "decimal", "digested": true, "role": "money", "unit": "USD"},
                  "source": {"type": "text", "digested": true}, "state": {"type": "text", "digested": true}}}
                """.utf8))
    }

    private func totals(_ by: String, _ rows: [String]) throws -> String {
        var totals = try RowTotals(columns, by: RowTotals.Grouping.list(parsing: by))
        for row in rows { totals.add(try JSONDocument(parsing: Array(row.utf8)).root) }
        #expect(!totals.hasTooManyGroups)
        return String(decoding: totals.node().httpBytes(), as: UTF8.self)
    }

    @Test func `amounts are added exactly, and an absent one is no zero`() throws {
        let rows = [
            #"{"at":"2026-01-31T23:59:59Z","paid":"0.1","state":"open"}"#, #"{"at":"2026-02-01T00:00:00Z","paid":"0.2","state":"open"}"#,
            #"{"at":null,"paid":null,"state":"closed"}"#,
        ]
        #expect(
            try totals("state", rows) == """
                {"by":["state"],"groups":[{"key":["closed"],"count":1,"sums":{"paid":{"count":0,"sum":null}}},\
                {"key":["open"],"count":2,"sums":{"paid":{"count":2,"sum":0.3}}}],"total":{"count":3,"sums":{"paid":{"count":2,"sum":0.3}}}}
                """)
        #expect(
            try totals("at:month,state", rows) == """
                {"by":["at:month","state"],"groups":[{"key":["2026-01","open"],"count":1,"sums":{"paid":{"count":1,"sum":0.1}}},\
                {"key":["2026-02","open"],"count":1,"sums":{"paid":{"count":1,"sum":0.2}}},\
                {"key":[null,"closed"],"count":1,"sums":{"paid":{"count":0,"sum":null}}}],"total":{"count":3,"sums":{"paid":{"count":2,"sum":0.3}}}}
                """)
    }

    @Test func `without columns all rows are one group, and without rows there is none`() throws {
        #expect(
            try totals("", [#"{"paid":"-5"}"#]) == """
                {"by":[],"groups":[{"key":[],"count":1,"sums":{"paid":{"count":1,"sum":-5}}}],"total":{"count":1,"sums":{"paid":{"count":1,"sum":-5}}}}
                """)
        #expect(
            try totals("state", []) == #"{"by":["state"],"groups":[],"total":{"count":0,"sums":{"paid":{"count":0,"sum":null}}}}"#)
    }

    @Test func `keys that look alike but differ in bytes are two groups`() throws {
        let rows = ["\u{e9}", "e\u{301}"].map { #"{"paid":"1","state":"\#($0)"}"# }
        let node = try totals("state", rows)
        #expect(node.contains("[\"e\u{301}\"]") && node.utf8.count { $0 == UInt8(ascii: "[") } == 4)
    }

    @Test(arguments: [
        ("stat", "did you mean"), ("paid", "one of"), ("flags", "one of"), ("state:month", "neither dates nor instants"),
        ("at:week", ":year, :month or :day"), ("state,,at", "commas"), (",", "commas"),
    ])
    func `columns that rows cannot be grouped by are refused`(by: String, expected: String) {
        let error = #expect(throws: RowTotals.GroupingError.self) {
            _ = try RowTotals(columns, by: RowTotals.Grouping.list(parsing: by))
        }
        #expect(error?.expected.contains(expected) == true, "\(error?.expected ?? "")")
    }

    @Test func `too many groups are noticed`() throws {
        var totals = try RowTotals(columns, by: [RowTotals.Grouping("lots")])
        for number in 0...RowTotals.maximumGroups {
            #expect(!totals.hasTooManyGroups)
            totals.add(try JSONDocument(parsing: Array(#"{"lots":\#(number)}"#.utf8)).root)
        }
        #expect(totals.hasTooManyGroups)
    }
}
