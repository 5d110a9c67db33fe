import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// What one event changed.
struct ImpactPageTests {
    private static let event =
        #"{"effective_at":null,"leaf_hash":"00","payload":{"changed_fields":[{"field":"fees_usd","new":2.5,"old":1}]},"position":812,"recorded_at":"2026-02-03T20:00:00Z","stream":"execution-alpha_sync:T1","stream_version":2,"type":"AlphaExecutionUpdated"}"#
    private static let impact =
        #"{"as_of":"2026-02-03T20:00:00Z","event":{"position":812},"position_before":811,"verdict":"recorded","views":[{"changes":[{"change":"changed","fields":[{"field":"fees_usd","from":1,"to":2.5},{"field":"trade_status","from":"FILLED","to":"BUSTED"}],"key":{"source":"alpha_sync","source_trade_id":"T1"},"row":null}],"view":"trades"},{"changes":[],"view":"alignment"},{"changes":[{"change":"removed","fields":[],"key":{"horizon_key":"1d","source":"alpha_sync","source_trade_id":"T1"},"row":{"pnl_before_fees_usd":-3,"spot_move_pct":null}}],"view":"outcomes"}]}"#

    private func html(_ impact: Loaded) throws -> String {
        let context = PageContext(
            address: Address(["impact"], [("position", "812")]),
            visitor: Visitor(role: .anonymous, formToken: nil, canAdminister: false), time: TimeFrame())
        let event = Loaded.success(try JSONDocument(parsing: Array(Self.event.utf8)))
        return String(decoding: ImpactPage(context: context, position: 812, event: event, impact: impact).html(), as: UTF8.self)
    }

    @Test func `each figure that changed stands before and after, by how much, with its explanation on both sides`() throws {
        let page = try html(.success(try JSONDocument(parsing: Array(Self.impact.utf8))))
        #expect(page.contains("<h1>What event 812 changed</h1>") && page.contains("Changed at the source"))
        let explanation = "/explain?view=trades&amp;key=alpha_sync%7CT1&amp;field=fees_usd&amp;as_of_position"
        let at = "&amp;as_of=2026-02-03T20%3A00%3A00Z"
        #expect(page.contains("<del><a class=\"figure\" href=\"\(explanation)=811\(at)\">1</a></del>"))
        #expect(page.contains("<ins><a class=\"figure\" href=\"\(explanation)=812\(at)\">2.5</a></ins>"))
        #expect(page.contains("+1.5") && page.contains("<del>FILLED</del>") && page.contains("Fees total USD"))
        // A row that went has what it was, and what it lacked is not a figure.
        #expect(page.contains("alpha_sync · T1 · 1d") && page.contains(">removed<") && page.contains("\u{2212}3") && !page.contains("null"))
        #expect(page.contains("Unchanged: \(View.alignment.title)."))
    }

    @Test func `an event that changed nothing says so, and one that can't be compared says why`() throws {
        let nothing =
            #"{"as_of":"2026-02-03T20:00:00Z","event":{"position":812},"position_before":811,"views":[{"changes":[],"view":"trades"}]}"#
        #expect(
            try html(.success(try JSONDocument(parsing: Array(nothing.utf8)))).contains("No row of a view differs before and after it."))
        let behind = PageProblem(status: 503, code: "projection_behind", detail: "outcomes stands at 700")
        #expect(try html(.failure(behind)).contains("outcomes stands at 700"))
    }

    @Test func `corrections are looked for from the latest run that made some, and the moment stays`() {
        var time = TimeFrame(asOfPosition: "900")
        time.ticks = [(880, EventKind.sync), (812, .correction), (400, .correction)].map {
            TimeFrame.Tick(position: $0.0, recordedAt: "2026-02-03T20:00:00Z", kind: $0.1, text: "")
        }
        let context = PageContext(
            address: Address(["log"]), visitor: Visitor(role: .anonymous, formToken: nil, canAdminister: false), time: time)
        let nothing = PageProblem(status: 503, code: "not_ready", detail: "later")
        let page = String(decoding: LogPage(context: context, found: .failure(nothing), head: .failure(nothing)).html(), as: UTF8.self)
        #expect(page.contains("href=\"/log?type=AlphaExecutionUpdated&amp;before=812&amp;as_of_position=900\">Corrections</a>"))
        #expect(page.contains("href=\"/log?type=AlphaRowRejected&amp;as_of_position=900\">Rejected rows</a>"))
    }

    @Test func `the kinds of events that the log offers are types of events`() {
        for type in LogPage.kinds.compactMap(\.type) { #expect(LogPage.types.contains(type), "\(type)") }
    }
}
