import AlphaFeed
import LedgerEvents
import LedgerJSON
import LedgerValues
import Testing

@Suite("What may not be kept is replaced")
struct RowRedactionTests {
    private func redacted(_ row: String, _ names: [String]) throws -> String {
        try RowRedaction(names).apply(try JSONDocument(parsing: Array(row.utf8)).root).sourceText
    }

    @Test func `A named field is replaced under either of its names, and nothing else of the row's text`() throws {
        let row = #"{ "notes" : "call Ann", "price":12.10,"createdBy":"ann@x", "desk":{"n":[1, 2]} }"#
        #expect(
            try redacted(row, ["notes", "source_created_by"])
                == #"{ "notes" : "[redacted]", "price":12.10,"createdBy":"[redacted]", "desk":{"n":[1, 2]} }"#)
        #expect(try redacted(row, ["createdBy"]) == row.replacing(#""ann@x""#, with: #""[redacted]""#))
        #expect(try redacted(row, ["unknown_fields.desk"]) == row.replacing(#"{"n":[1, 2]}"#, with: #""[redacted]""#))
        #expect(try redacted(row, ["unknown_fields"]) == row.replacing(#"{"n":[1, 2]}"#, with: #""[redacted]""#))
        for names in [[], ["recon_status"], ["unknown_fields.Desk"]] { #expect(try redacted(row, names) == row) }
    }

    @Test func `A key is found however it is escaped, and a value of any type goes`() throws {
        #expect(try redacted(#"{"n\u006ftes":"x"}"#, ["notes"]) == #"{"n\u006ftes":"[redacted]"}"#)
        #expect(try redacted(#"{"notes":{"who":"Ann"}}"#, ["notes"]) == #"{"notes":"[redacted]"}"#)
        #expect(try redacted(#"{"\ud800":"Ann"}"#, ["unknown_fields"]) == #"{"\ud800":"[redacted]"}"#)
        // What is no row shows nothing of itself.
        #expect(try redacted(#""Ann""#, ["notes"]) == #""[redacted]""#)
    }

    @Test func `Null and an empty string stay: nothing was there`() throws {
        for value in ["null", "\"\""] {
            #expect(try redacted("{\"notes\":\(value)}", ["notes"]) == "{\"notes\":\(value)}")
        }
    }

    @Test func `What identities, scopes or figures follow from can't be named`() {
        for name in ["price", "source_trade_id", "tradeId", "source_portfolio", "instrument", "Notes", "note", "unknown_fields.", ""] {
            #expect(throws: RowRedactionError.unknownField(name)) { try RowRedaction([name]) }
        }
    }
}
