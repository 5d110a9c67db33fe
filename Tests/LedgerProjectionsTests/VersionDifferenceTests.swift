import LedgerJSON
import LedgerProjections
import Testing

/// What a comparison of two versions counts and adds up follows from the declared roles, not from names.
@Suite struct VersionDifferenceTests {
    private static let columns = """
        {"key": ["account"], "stored": [], "columns": {
          "account": {"type": "text", "digested": true},
          "balance": {"type": "decimal", "digested": true, "role": "money", "unit": "EUR"},
          "limit_usd": {"type": "decimal", "digested": true},
          "rate": {"type": "decimal", "digested": true, "role": "price"},
          "standing": {"type": "text", "digested": true, "role": "state"},
          "status": {"type": "text", "digested": true},
          "tax_state": {"type": "text", "digested": true}}}
        """

    private static func row(_ figure: String, _ word: String) throws -> JSONDocument {
        try JSONDocument(
            parsing: Array(
                """
                {"account":"a","balance":"\(figure)","limit_usd":"\(figure)","rate":"\(figure)",\
                "standing":"\(word)","status":"\(word)","tax_state":"\(word)"}
                """.utf8))
    }

    @Test func `a column without a role is neither added up nor counted by its states`() throws {
        var difference = VersionDifference(try ColumnSet(parsing: Array(Self.columns.utf8)))
        let change = try #require(difference.add(from: try Self.row("1.5", "open"), to: try Self.row("2", "overdrawn")))
        #expect(change.fields.map(\.column.name) == ["balance", "limit_usd", "rate", "standing", "status", "tax_state"])
        let root = try JSONDocument(parsing: JSONNode.object(difference.members()).httpBytes()).root
        let sums = try #require(root["sums"])
        #expect(sums.sourceText == #"[{"field":"balance","from":1.5,"from_count":1,"to":2,"to_count":1,"delta":0.5}]"#)
        let moved = try #require(root["moved"])
        #expect(moved.sourceText == #"[{"field":"standing","from":"open","to":"overdrawn","count":1}]"#)
    }
}
