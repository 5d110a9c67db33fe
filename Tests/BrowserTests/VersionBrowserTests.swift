import BrowserSupport
import Foundation
import Testing

/// Rules as engineers change them in the console.
extension ConsoleBrowserTests {
    @Test func `a version is built compared promoted and taken back by clicks`() async throws {
        let console = try console
        let page = try await console.signedIn()
        try await page.go("\(console.origin)/projections")
        let card = "section[aria-labelledby='actions-alignment']"
        let version = "[data-version^='alignment/v2/']"
        #expect(try await page.count(".state\(version)") == 0)
        // What the pattern of the field does not allow is not sent.
        try await page.click("\(card) input[name=rules]")
        try await page.type("second")
        try await page.click("\(card) form[action='/projections/rebuild'] button")
        #expect(try await page.evaluate("document.querySelector(\"\(card) input[name=rules]\").validity.patternMismatch").bool == true)
        _ = try await page.evaluate("document.querySelector(\"\(card) input[name=rules]\").select()")
        try await page.type("v2")
        try await page.follow("\(card) form[action='/projections/rebuild'] button")
        #expect(try await page.text(".notice.done").contains("rules v2 are being folded"))
        // The page follows by itself until the version is there, and offers to compare it.
        _ = try await page.evaluate(
            """
            document.documentElement.dataset.stays = 'yes'; window.steps = [];
            new MutationObserver(() => { for (const bar of document.querySelectorAll("progress\(version)")) window.steps.push(bar.value / bar.max); })
              .observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true, characterData: true }); true
            """)
        let compare = "\(card) a[href^='/projections/diff?name=alignment&']"
        try await page.wait(
            for:
                "document.querySelector(\".state\(version)[data-state=ready]\") !== null && document.querySelector(\"\(compare)\") !== null"
        )
        #expect(try await page.evaluate("document.documentElement.dataset.stays").string == "yes")
        #expect(try await page.count("progress\(version)") == 0)
        let steps = try await page.evaluate("window.steps").elements.compactMap { Double($0.sourceText) }
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 <= $1 } && steps.allSatisfy { 0...1 ~= $0 }, "\(steps)")

        _ = page.takeClicks()
        let begun = ContinuousClock.now
        try await page.follow(compare)
        let comparison = try await page.location()
        #expect(try await page.text("h1").hasPrefix("alignment: v1/c"))
        #expect(try await page.text("main").contains("alignment_label"))
        try await checkLooks(of: comparison, named: "version-diff", page)
        // The box is asked for by the browser itself.
        let promote = "form[action='/projections/promote']"
        try await page.click("\(promote) button")
        #expect(try await page.location() == comparison)
        try await page.click("\(promote) input[name=confirmed]")
        try await page.follow("\(promote) button")
        #expect(try await page.location() == "/projections")
        let clicks = page.takeClicks()
        Self.note("promote a rule, with looks at every size", clicks: clicks, ContinuousClock.now - begun)
        #expect(clicks <= Self.mostClicks)
        #expect(try await page.text(".notice.done").contains("is served now"))
        #expect(try await page.count(".state\(version)[data-state=served]") == 1)
        try await page.go("\(console.origin)/performance/alignment")
        #expect(try await page.text(".basis").contains("v2"))

        try await page.go("\(console.origin)/projections")
        try await page.click("\(card) form[action='/projections/rollback'] input[name=confirmed]")
        try await page.follow("\(card) form[action='/projections/rollback'] button")
        #expect(try await page.text(".notice.done").contains("served again"))
        #expect(try await page.count(".state[data-version^='alignment/v1/'][data-state=served]") == 1)
        // Both changes are events of the log.
        #expect(try await page.texts("main table:not(#projections) tbody tr td:nth-of-type(2)").prefix(2) == ["alignment", "alignment"])
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test func `a reader compares versions but is offered no change`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        try await page.go("\(try console.origin)/projections")
        #expect(try await page.count("form[action^='/projections/']") == 0)
        #expect(try await page.count("#projections tbody tr") >= 6)
        #expect(page.takeProblems() == [])
        await page.close()
    }
}
