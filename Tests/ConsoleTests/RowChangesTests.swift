import Console
import LedgerJSON
import Testing

/// Two lists of rows, compared row by row as they come.
@Suite struct RowChangesTests {
    private func compare(_ old: [String], _ new: [String]) throws -> RowChanges {
        func rows(_ keys: [String]) throws -> [JSONValue] {
            try keys.map { try JSONDocument(parsing: Array(#"{"currency":"BTC","dte":\#($0),"iv":1}"#.utf8)).root }
        }
        var changes = RowChanges(key: ["currency", "dte"])
        var (left, right) = (try rows(old)[...], try rows(new)[...])
        while !left.isEmpty || !right.isEmpty {
            let next = changes.take(old: left.first, new: right.first)
            if next.old { left = left.dropFirst() }
            if next.new { right = right.dropFirst() }
        }
        return changes
    }

    @Test func `figures in keys are compared by their values, as their lists are ordered`() throws {
        let changes = try compare(["-45", "7", "180"], ["-45", "7", "7.5", "30", "180"])
        #expect(changes.unchanged == 3 && changes.added == 2 && changes.removed == 0 && changes.changed == 0)
        #expect(changes.sample.map(\.key) == [["BTC", "7.5"], ["BTC", "30"]])
        let back = try compare(["7", "30", "180", "365"], ["180"])
        #expect(back.unchanged == 1 && back.removed == 3 && back.added == 0)
    }
}
