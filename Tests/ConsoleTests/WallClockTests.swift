import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// Times by the clock that a reader chose.
struct WallClockTests {
    private let newYork: WallClock

    init() throws { newYork = .newYork(try NewYorkRules(path: "shared/new_york.v1.yaml", read: projectRuleFile)) }

    @Test(arguments: [
        ("2026-01-30T21:14:08.988000Z", "2026-01-30 21:14:08 UTC", "2026-01-30 16:14:08 EST"),
        ("2026-07-01T20:00:00Z", "2026-07-01 20:00:00 UTC", "2026-07-01 16:00:00 EDT"),
        // Another day, and the last and first seconds of daylight saving time.
        ("2026-01-01T04:59:59Z", "2026-01-01 04:59:59 UTC", "2025-12-31 23:59:59 EST"),
        ("2026-03-08T06:59:59Z", "2026-03-08 06:59:59 UTC", "2026-03-08 01:59:59 EST"),
        ("2026-03-08T07:00:00Z", "2026-03-08 07:00:00 UTC", "2026-03-08 03:00:00 EDT"),
        ("2026-11-01T05:59:59Z", "2026-11-01 05:59:59 UTC", "2026-11-01 01:59:59 EDT"),
        ("2026-11-01T06:00:00Z", "2026-11-01 06:00:00 UTC", "2026-11-01 01:00:00 EST"),
        ("yesterday", "yesterday", "yesterday"),
    ])
    func aRowNamesTheZone(text: String, utc: String, local: String) {
        #expect(WallClock.utc.row(text) == utc)
        #expect(newYork.row(text) == local)
    }

    @Test func `a sentence leaves out seconds that are zero`() {
        #expect(WallClock.utc.prose("2026-03-12T14:03:00Z") == "12 Mar 2026 14:03 UTC")
        #expect(WallClock.utc.prose("2026-03-02T14:03:05.5Z") == "2 Mar 2026 14:03:05 UTC")
        #expect(newYork.prose("2026-03-12T14:03:00Z") == "12 Mar 2026 10:03 EDT")
        #expect(newYork.prose("later") == "later")
    }

    @Test(arguments: [
        ("2026-01-30T16:14", "2026-01-30T16:14:00Z", "2026-01-30T21:14:00Z"),
        ("2026-07-01T16:00:30", "2026-07-01T16:00:30Z", "2026-07-01T20:00:30Z"),
        ("2026-07-01 16:00", "2026-07-01T16:00:00Z", "2026-07-01T20:00:00Z"),
        // The hour that spring skips, and the one that occurs twice in autumn.
        ("2026-03-08T02:30", "2026-03-08T02:30:00Z", nil), ("2026-11-01T01:30", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z"),
        // An instant with a zone of its own is what it says.
        ("2026-01-30T16:14:00Z", "2026-01-30T16:14:00Z", "2026-01-30T16:14:00Z"),
        ("2026-01-30", nil, nil), ("soon", nil, nil), ("", nil, nil), ("2026-13-01T00:00", nil, nil),
    ])
    func aPickedTimeIsAnInstant(text: String, utc: String?, local: String?) {
        #expect(WallClock.utc.instant(picked: text)?.description == utc)
        #expect(newYork.instant(picked: text)?.description == local)
    }

    @Test func `what a picker shows reads back as the same second`() throws {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let second = Int64.random(in: 0..<7_258_118_400, using: &random)
            let instant = try #require(Instant(microseconds: second * 1_000_000 + Int64.random(in: 0..<1_000_000, using: &random)))
            for clock in [WallClock.utc, newYork] {
                let picked = try #require(clock.picked(instant.description))
                let back = try #require(clock.instant(picked: picked), "seed \(seed): \(picked)")
                // The second of two equal hours reads back as the first.
                let difference = instant.microseconds / 1_000_000 - back.microseconds / 1_000_000
                #expect(difference == 0 || difference == 3600 && clock.row(back.description).hasSuffix("EDT"), "seed \(seed): \(picked)")
            }
        }
    }

    @Test func `preferences read what they wrote, and leave out what they do not know`() {
        for density in Preferences.Density.allCases {
            for zone in Preferences.Zone.allCases {
                var preferences = Preferences()
                (preferences.density, preferences.zone) = (density, zone)
                #expect(Preferences(cookie: preferences.cookie) == preferences)
            }
        }
        #expect(Preferences(cookie: "tiny.mars") == Preferences())
        #expect(Preferences(cookie: "") == Preferences())
        #expect(Preferences(cookie: "x.compact").density == .compact)
    }

    @Test func `a page is written by its reader's clock, and its addresses stay in UTC`() throws {
        var preferences = Preferences()
        (preferences.density, preferences.zone) = (.compact, .newYork)
        var time = TimeFrame(asOf: "2026-01-30T21:14:08Z", head: 9)
        time.shown = TimeFrame.Shown(position: 7, asOf: "2026-01-30T21:14:08Z")
        let context = PageContext(
            address: Address(["trades"], [("as_of", "2026-01-30T21:14:08Z")]),
            visitor: Visitor(role: .reader, formToken: "t", canAdminister: false), time: time, preferences: preferences, clock: newYork)
        let absent = Loaded.failure(PageProblem(status: 404, code: "not_found", detail: "no trade has this id"))
        let html = String(decoding: ExplainPage(context: context, explanation: absent).html(), as: UTF8.self)
        #expect(html.contains(#"data-density="compact" data-zone="America/New_York""#))
        #expect(html.contains(#"<time datetime="2026-01-30T21:14:08Z">30 Jan 2026 16:14:08 EST</time>"#))
        #expect(html.contains("as_of=2026-01-30T21%3A14%3A08Z"))
        #expect(html.contains(#"name="known" value="2026-01-30T16:14:08""#))
        #expect(html.contains(#"<button type="submit" name="density" value="compact" aria-pressed="true">"#))
        #expect(html.contains(#"<button type="submit" name="zone" value="utc" aria-pressed="false">"#))
    }
}
