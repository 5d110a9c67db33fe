import LedgerProjections
import OptionTrades
import TestSupport
import Testing

@Suite struct ColumnSetTests {
    private static func problem(_ text: String) -> String? {
        do {
            _ = try ColumnSet(parsing: Array(text.utf8))
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func columns(key: String = #"["bank"]"#, stored: String, required: String = "[]") -> String {
        """
        {"key": \(key), "stored": \(stored), "required": \(required), "columns": {
          "bank": {"type": "text", "digested": true}, "opened_at": {"type": "instant", "digested": true},
          "balance": {"type": "decimal", "digested": true}, "Mixed": {"type": "text", "digested": true}}}
        """
    }

    @Test func `stored columns have a type and may be required`() throws {
        let text = Self.columns(stored: #"["effective_at", "opened_at", "bank"]"#, required: #"["opened_at"]"#)
        let stored = try ColumnSet(parsing: Array(text.utf8)).storedColumns
        #expect(stored.map(\.name) == ["effective_at", "opened_at", "bank"])
        #expect(stored.map(\.isInstant) == [true, true, false])
        #expect(stored.map(\.isRequired) == [false, true, false])
    }

    @Test(
        arguments: [
            (columns(stored: #"["balance"]"#), "the stored column `balance` is not a text or an instant among `columns`"),
            (columns(stored: #"["closed_at"]"#), "the stored column `closed_at` is not a text or an instant among `columns`"),
            (
                columns(stored: #"["opened_at"]"#, required: #"["bank"]"#),
                "the required column `bank` is not among `stored`"
            ),
            (columns(key: #"["branch"]"#, stored: "[]"), "the key column `branch` is not among `columns`"),
            (
                columns(key: #"["Mixed"]"#, stored: "[]"),
                "`Mixed` can't be the name of a column: expected a-z, 0-9 and _, and none of valid_from, valid_to, era, document"
            ),
        ])
    func `what makes no table is refused by name`(text: String, expected: String) {
        #expect(Self.problem(text) == expected)
    }

    @Test func `every projection's columns can be read`() throws {
        for name in TradeLedger.model.projections.map(\.name) {
            let columns = try ColumnSet(parsing: try #require(projectRuleFile("\(name)/columns.json")))
            #expect(columns.stored == columns.storedColumns.map(\.name))
        }
    }
}
