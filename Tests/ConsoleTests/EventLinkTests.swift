import LedgerJSON
import Testing

@testable import Console

/// Links to events, which keep the moment that a page shows.
struct EventLinkTests {
    private func context(_ shown: Int64?) -> PageContext {
        var time = TimeFrame(asOfPosition: "40", asOf: "2026-01-20T00:00:00Z")
        time.shown = shown.map { TimeFrame.Shown(position: $0, asOf: "2026-01-20T00:00:00Z") }
        return PageContext(
            address: Address(["explain"]), visitor: Visitor(role: .reader, formToken: nil, canAdminister: false), time: time)
    }

    private func document(_ text: String) throws -> Loaded { .success(try JSONDocument(parsing: Array(text.utf8))) }

    private let kept = "as_of_position=40&amp;as_of=2026-01-20T00%3A00%3A00Z"

    @Test func `positions in a row that is shown whole keep the moment`() throws {
        let row = try document(#"{"last_position":12,"inputs_of":{"observed_position":13},"list":[{"position":14}]}"#)
        let html = String(decoding: ExplainPage(context: context(nil), explanation: row).html(), as: UTF8.self)
        for position in 12...14 { #expect(html.contains("/log?position=\(position)&amp;\(kept)"), "\(html)") }
    }

    @Test func `positions among changed fields keep the moment, unless the event came after it`() throws {
        let diff = try document(
            #"{"projection":"context","position":40,"rows":{"changed":1},"digest":"d","from":{"version":"v1"},"to":{"version":"v2"},"sample":[{"key":{"id":"1"},"change":"changed","fields":[{"field":"observed_through_position","from":12,"to":41}]}]}"#
        )
        let page = VersionDiffPage(context: context(40), name: "context", from: "v1", to: "v2", diff: diff)
        let html = String(decoding: page.html(), as: UTF8.self)
        #expect(html.contains("/log?position=12&amp;\(kept)"), "\(html)")
        #expect(html.contains(#"/log?position=41""#), "\(html)")
    }
}
