import LedgerJSON
import OptionTrades
import Testing

@testable import Console

/// Two moments compared: row by row, by the columns of the view, with the money that moved.
struct ChangesPageTests {
    private func rows(_ text: String) throws -> [JSONValue] { try JSONDocument(parsing: Array(text.utf8)).root.elements.map { $0 } }

    private func changes(_ old: [JSONValue], _ new: [JSONValue], _ view: View = .trades) -> RowChanges {
        let money = [("entry_premium_usd", "USD"), ("fees_usd", "USD"), ("pnl_before_fees_usd", "USD")]
        var changes = RowChanges(key: view.key, money: money.map { (field: $0.0, unit: $0.1) })
        var (left, right) = (old.makeIterator(), new.makeIterator())
        var (a, b) = (left.next(), right.next())
        while a != nil || b != nil {
            let next = changes.take(old: a, new: b)
            if next.old { a = left.next() }
            if next.new { b = right.next() }
        }
        return changes
    }

    private func page(_ changes: RowChanges, _ view: View = .trades) -> String {
        let context = PageContext(
            address: Address(["changes"]), visitor: Visitor(role: .reader, formToken: nil, canAdminister: false), time: TimeFrame(head: 60))
        let (from, to) = (
            ChangesPage.Moment(asked: "50", shown: .init(position: 50, asOf: "2026-01-30T21:14:08Z")),
            ChangesPage.Moment(asked: "2026-02-01T09:00:00Z", shown: .init(position: 60, asOf: "2026-02-01T09:00:00Z"))
        )
        return String(
            decoding: ChangesPage(context: context, view: view, from: from, to: to, changes: .success(changes)).html(), as: UTF8.self)
    }

    private static let old = """
        [{"source":"alpha_sync","source_trade_id":"A","entry_premium_usd":1000,"fees_usd":2.5,"price":10,"trade_status":"FILLED","notes":"n"},
        {"source":"alpha_sync","source_trade_id":"B","entry_premium_usd":500,"fees_usd":1,"price":5,"trade_status":"FILLED"},
        {"source":"alpha_sync","source_trade_id":"C","entry_premium_usd":7,"fees_usd":null,"price":7,"trade_status":"FILLED"}]
        """
    private static let new = """
        [{"source":"alpha_sync","source_trade_id":"A","entry_premium_usd":1100.25,"fees_usd":null,"price":11,"trade_status":"BUSTED","notes":"m",
        "last_recorded_at":"2026-02-01T08:00:00Z"},
        {"source":"alpha_sync","source_trade_id":"C","entry_premium_usd":7,"fees_usd":null,"price":7,"trade_status":"FILLED"},
        {"source":"alpha_sync","source_trade_id":"D","entry_premium_usd":-20,"fees_usd":0,"price":1,"trade_status":"FILLED"}]
        """

    @Test func `rows are counted once each, in key order`() throws {
        let changes = changes(try rows(Self.old), try rows(Self.new))
        #expect([changes.added, changes.removed, changes.changed, changes.unchanged] == [1, 1, 1, 1])
        #expect(changes.sample.map { $0.key[1] } == ["A", "B", "D"])
        #expect(changes.sample[0].fields == ["entry_premium_usd", "fees_usd", "price", "trade_status", "notes", "last_recorded_at"])
    }

    @Test func `money is summed over the rows that have it, and a sum without rows is none`() throws {
        let totals = changes(try rows(Self.old), try rows(Self.new)).totals
        let premium = try #require(totals.first { $0.field == "entry_premium_usd" })
        #expect(premium.old.sum?.description == "1507" && premium.old.count == 3)
        #expect(premium.new.sum?.description == "1087.25" && premium.new.count == 3)
        #expect(premium.move?.description == "-419.75" && premium.hasMoved)
        let fees = try #require(totals.first { $0.field == "fees_usd" })
        #expect(fees.old.sum?.description == "3.5" && fees.old.count == 2)
        // Zero is a figure; null is none.
        #expect(fees.new.sum?.description == "0" && fees.new.count == 1)
        let none = changes(try rows(Self.old), []).totals
        #expect(none.allSatisfy { $0.new.sum == nil && $0.move == nil })
        #expect(none.filter(\.hasMoved).map(\.field) == ["entry_premium_usd", "fees_usd"])
    }

    @Test func `a row is a group with a line for each field, by the view's own columns`() throws {
        let html = page(changes(try rows(Self.old), try rows(Self.new)))
        #expect(html.matches(of: /<tbody role="rowgroup">/).count == 3)
        // Two places, the sign, the title of the column, and the explanation at either moment.
        #expect(html.contains(#"<th scope="row" role="rowheader">Premium total USD</th>"#))
        #expect(html.contains(">1,000.00</a></del>") && html.contains(">1,100.25</a></ins>"))
        #expect(html.contains(#"<span class="figure">+100.25</span>"#))
        #expect(html.contains("field=entry_premium_usd&amp;as_of_position=50&amp;as_of=2026-01-30T21%3A14%3A08Z"))
        #expect(html.contains("field=entry_premium_usd&amp;as_of_position=60&amp;as_of=2026-02-01T09%3A00%3A00Z"))
        // An absent figure has its reason, and a difference needs both.
        #expect(html.contains(#"<ins><a class="figure""#) && html.contains("<small>not in the source</small>"))
        #expect(html.contains(#"<span class="badge q-poor">BUSTED</span>"#))
        // A field without a column is written as a document is.
        #expect(html.contains(">notes</th>"))
        #expect(html.contains(#"<ins><time datetime="2026-02-01T08:00:00Z">2026-02-01 08:00:00 UTC</time></ins>"#))
        // A row that came has its money after, one that went before.
        #expect(html.contains(">−20.00</a></ins>") && html.contains(">500.00</a></del>"))
        #expect(html.contains("After event 50") && html.contains("30 Jan 2026 21:14:08 UTC</time>"))
    }

    @Test func `the money that moved is above the rows`() throws {
        let html = page(changes(try rows(Self.old), try rows(Self.new)))
        #expect(html.contains("The money that moved"))
        #expect(html.contains(#"<span class="figure">1,507.00</span> <small class="over">3 rows</small>"#))
        #expect(html.contains(#"<span class="figure">−419.75</span>"#))
        // Gain and loss are coloured where they are meant.
        let pnl = changes(
            try rows(#"[{"source":"s","source_trade_id":"A","horizon_key":"7d","pnl_before_fees_usd":5}]"#),
            try rows(#"[{"source":"s","source_trade_id":"A","horizon_key":"7d","pnl_before_fees_usd":-5}]"#), .outcomes)
        let outcomes = page(pnl, .outcomes)
        #expect(outcomes.contains(#"<span class="figure loss">−10.00</span>"#))
        #expect(outcomes.contains("horizon 7d"))
        let same = try rows(Self.old)
        #expect(page(changes(same, same)).contains("Nothing changed between the two."))
    }

    @Test func `the form has a position or a picked time for each moment`() throws {
        let html = page(changes([], []))
        #expect(html.contains(#"name="was_from" value="50""#) && html.contains(#"id="changes-from" name="from" value="50""#))
        #expect(html.contains(#"id="changes-from-at" name="from_at" value="""#))
        #expect(html.contains(#"name="was_to" value="2026-02-01T09:00:00Z""#) && html.contains(#"id="changes-to" name="to" value="""#))
        #expect(html.contains(#"id="changes-to-at" name="to_at" value="2026-02-01T09:00:00""#))
        #expect(html.contains(#"href="/log?before=61""#))
    }
}
