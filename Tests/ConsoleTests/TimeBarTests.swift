import Testing

@testable import Console

/// The bar's three answers in words, and its form.
struct TimeBarTests {
    private static let ticks = [
        TimeFrame.Tick(position: 740, recordedAt: "2026-03-14T09:00:00Z", kind: .correction, text: "3 corrected"),
        TimeFrame.Tick(position: 512, recordedAt: "2026-03-12T14:03:00Z", kind: .sync, text: "240 new"),
        TimeFrame.Tick(position: 9, recordedAt: "2026-01-02T08:00:00Z", kind: .promotion, text: "trades v1/c2"),
    ]

    private func context(_ query: [(String, String)] = [], _ change: (inout TimeFrame) -> Void = { _ in }) -> PageContext {
        var time = TimeFrame(head: 749, headRecordedAt: "2026-03-14T10:00:00Z", firstRecordedAt: "2026-01-02T08:00:00Z")
        time.shown = TimeFrame.Shown(position: 749, asOf: "2026-03-14T10:00:00Z")
        time.ticks = Self.ticks
        change(&time)
        return PageContext(
            address: Address(["trades"], query.map { (name: $0.0, value: $0.1) }),
            visitor: Visitor(role: .reader, formToken: nil, canAdminister: false), time: time)
    }

    private func bar(_ context: PageContext) -> String {
        var html = HTMLWriter()
        TimeBar(context: context).write(to: &html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    /// The text of the answers, without markup.
    private func answer(_ context: PageContext) throws -> String {
        let text = try #require(bar(context).firstMatch(of: /<span class="answer">(.*?)<\/span> <span class="change">/)?.output.1)
        return String(text).replacing(/<[^>]*>/, with: "")
    }

    private static func at(_ position: Int64, _ asOf: String) -> TimeFrame.Shown { TimeFrame.Shown(position: position, asOf: asOf) }

    @Test func `the answers are a sentence`() throws {
        #expect(try answer(context()) == "Latest, event 749 14 Mar 2026 10:00 UTC")
        #expect(
            try answer(
                context {
                    $0.asOf = "2026-03-12T14:03:00Z"
                    $0.shown = Self.at(512, "2026-03-12T14:03:00Z")
                }) == "What we knew on 12 Mar 2026 14:03 UTC (event 512)")
        #expect(
            try answer(
                context {
                    $0.asOfPosition = "512"
                    $0.shown = Self.at(512, "2026-03-12T14:03:00Z")
                }) == "What we knew after event 512, 12 Mar 2026 14:03 UTC")
        #expect(
            try answer(
                context {
                    ($0.asOf, $0.effectiveAt, $0.rules) = ("2026-03-12T14:03:00Z", "2026-02-01T00:00:00Z", "v2/c1")
                    $0.shown = Self.at(512, "2026-02-01T00:00:00Z")
                })
                == "What we knew on 12 Mar 2026 14:03 UTC (event 512), what had happened by 1 Feb 2026 00:00 UTC, under rules v2/c1")
        // The moment of this answer is the valid time. When the event was recorded is not known here.
        #expect(
            try answer(
                context {
                    ($0.asOfPosition, $0.effectiveAt, $0.rules) = ("512", "2026-02-01T00:00:00Z", "as_served")
                    $0.shown = Self.at(512, "2026-02-01T00:00:00Z")
                }) == "What we knew after event 512, what had happened by 1 Feb 2026 00:00 UTC, under the rules served then")
        #expect(
            try answer(
                context {
                    $0.shown = nil; $0.asOf = "2026-03-12T14:03:00Z"
                }) == "What we knew on 12 Mar 2026 14:03 UTC")
        #expect(try answer(context { ($0.shown, $0.head) = (nil, nil) }) == "Latest")
    }

    @Test func `amber is only for the past`() {
        func isAmber(_ change: (inout TimeFrame) -> Void) -> Bool { bar(context([], change)).contains(#"class="time past""#) }
        #expect(!isAmber { _ in })
        #expect(isAmber { ($0.asOfPosition, $0.shown) = ("512", Self.at(512, "2026-03-12T14:03:00Z")) })
        // Pinned, and nothing was learned since.
        #expect(!isAmber { ($0.asOfPosition, $0.shown) = ("749", Self.at(749, "2026-03-14T10:00:00Z")) })
        #expect(!isAmber { $0.asOf = "2026-03-14T11:00:00Z" })
        // What had happened by an instant that is still to come is all that has happened.
        #expect(isAmber { ($0.effectiveAt, $0.shown) = ("2026-02-01T00:00:00Z", Self.at(749, "2026-02-01T00:00:00Z")) })
        #expect(!isAmber { $0.effectiveAt = "2026-04-01T00:00:00Z" })
        #expect(!isAmber { $0.rules = "v2/c1" })
    }

    @Test func `the form keeps the page and what was asked exactly, and asks for no cursor`() {
        let query = [
            ("portfolio", "IMST"), ("cursor", "x"), ("as_of_position", "512"), ("as_of", "2026-03-12T14:03:05.250000Z"), ("rules", "v2"),
        ]
        let html = bar(
            context(query) {
                ($0.asOfPosition, $0.asOf, $0.rules) = ("512", "2026-03-12T14:03:05.250000Z", "v2")
                ($0.choice, $0.shown) = (.versions(["v1/c1"]), Self.at(512, "2026-03-12T14:03:05.250000Z"))
            })
        #expect(html.contains(#"<form method="get" action="/moment""#))
        #expect(html.contains(#"name="page" value="/trades?portfolio=IMST""#))
        #expect(html.contains(#"name="was_known" value="2026-03-12T14:03:05.250000Z""#))
        #expect(html.contains(#"type="datetime-local" step="1" id="time-known" name="known" value="2026-03-12T14:03:05""#))
        #expect(html.contains(#"name="after" inputmode="numeric" pattern="[0-9]*" value="512""#))
        // The asked version stays selectable, although it is not one of those that have rows.
        #expect(html.contains(#"<option value="v1/c1">v1/c1</option>"#) && html.contains(#"<option value="v2" selected>v2</option>"#))
        #expect(html.contains(#"<a href="/trades?portfolio=IMST">Back to the latest</a>"#))
    }

    @Test func `rules are asked for where the page has a choice`() {
        #expect(!bar(context()).contains("Under which rules"))
        let served = bar(context { $0.choice = .served })
        #expect(served.contains("Under which rules") && served.contains(#"<option value="as_served">"#) && !served.contains("v1/c1"))
    }

    @Test func `the play head has a tick for what happened, and steps from one to the next`() {
        let html = bar(
            context {
                ($0.asOfPosition, $0.shown) = ("512", Self.at(512, "2026-03-12T14:03:00Z"))
            })
        for kind in ["t-correction", "t-sync", "t-promotion"] { #expect(html.contains("<path class=\"\(kind)\" d=\"M"), "\(kind)") }
        #expect(!html.contains(#"<path class="t-failure""#))
        #expect(html.contains(#"aria-label="The log&#39;s time, with ticks: Correction 1, Served 1, Sync 1""#))
        let earlier = "Earlier: Served: trades v1/c2, 2 Jan 2026 08:00 UTC, event 9"
        #expect(html.contains("href=\"/trades?as_of_position=9\" aria-label=\"\(earlier)\""))
        #expect(html.contains(#"href="/trades?as_of_position=740" aria-label="Later: Correction: 3 corrected"#))
        #expect(html.contains(#"<li class="t-sync" aria-current="step">"#))
        // A log of one instant has no time to move in.
        #expect(!bar(context { $0.firstRecordedAt = $0.headRecordedAt }).contains("play-head"))
        // Beyond the latest there is nothing.
        #expect(bar(context()).contains(#"<span class="step quiet" aria-hidden="true">›</span>"#))
    }

    @Test func `the changes since the last visit are offered once there are any`() {
        #expect(!bar(context()).contains("Since your last visit"))
        #expect(!bar(context { $0.seen = 749 }).contains("Since your last visit"))
        let html = bar(context { $0.seen = 700 })
        #expect(html.contains(#"<a href="/changes?view=trades&amp;from=700&amp;to=749">Since your last visit: 49 events</a>"#))
        #expect(bar(context { $0.seen = 748 }).contains("Since your last visit: 1 event<"))
        // What changed is asked from the instant that the page was asked for.
        let past = bar(
            context {
                ($0.asOf, $0.shown) = ("2026-03-12T14:03:05.250000Z", Self.at(512, "2026-03-12T14:03:05.250000Z"))
            })
        #expect(past.contains("/changes?view=trades&amp;from=2026-03-12T14%3A03%3A05.250000Z&amp;to=749"))
    }
}
