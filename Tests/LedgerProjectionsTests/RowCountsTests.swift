import LedgerJSON
import LedgerProjections
import Testing

/// Numbers of rows that stand for the rows themselves.
@Suite struct RowCountsTests {
    private func documents(_ counts: RowCounts) throws -> [String] {
        try counts.documents().map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func `rows and numbers of rows count alike, by the bytes of their texts, null last`() throws {
        var counts = RowCounts(by: ["state", "kind"])
        for row in [
            #"{"kind":"a","state":"open"}"#, #"{"kind":null,"state":"open"}"#, #"{"state":"open"}"#, #"{"kind":"a","state":null}"#,
            #"{"kind":"e\u0301","state":"open"}"#, #"{"kind":"\u00e9","state":"open"}"#,
        ] { counts.add(try JSONDocument(parsing: Array(row.utf8)).root) }
        counts.add(["open", "a"], count: 40)
        #expect(
            try documents(counts) == [
                #"{"kind":"a","rows":41,"state":"open"}"#, "{\"kind\":\"e\u{301}\",\"rows\":1,\"state\":\"open\"}",
                "{\"kind\":\"\u{e9}\",\"rows\":1,\"state\":\"open\"}", #"{"kind":null,"rows":2,"state":"open"}"#,
                #"{"kind":"a","rows":1,"state":null}"#,
            ])
    }

    @Test func `a combination whose rows are taken away is none`() throws {
        var counts = RowCounts(by: ["state"])
        for (text, count) in [("open", 2), ("closed", 1), ("open", -1), ("closed", -1)] { counts.add([text], count: Int64(count)) }
        #expect(try documents(counts) == [#"{"rows":1,"state":"open"}"#])
    }

    @Test func `without rows there is no document`() throws { #expect(try documents(RowCounts(by: ["state"])).isEmpty) }
}
