import BrowserSupport
import Foundation
import TestSupport
import Testing

/// The page of research, over chains and bars that an import recorded.
extension ConsoleBrowserTests {
    @Test func `research is reached from the header, switched and opened to its figures`() async throws {
        let console = try console
        let page = try await console.signedIn("reader-key-of-tests")
        try await page.followInMenu("a[href^='/research']")
        #expect(try await page.location().hasPrefix("/research"))
        #expect(try await page.text("h1") == "Research · \(SampleResearch.underlying)")
        #expect(try await page.evaluate("document.querySelector('header nav a[aria-current=page]').textContent").string == "Research")
        for part in ["iv-surface", "exposure", "flow", "levels", "scenarios"] {
            #expect(try await page.count("section#\(part)") == 1, "\(part)")
        }
        // The figures of a plot stand behind it.
        #expect(try await page.count("section#exposure figure.plot svg rect") > 3)
        try await page.click("section#exposure figure.plot details summary")
        #expect(try await page.texts("section#exposure figure.plot details[open] tbody th") == ["300", "350", "400"])
        // The document is one click away, without a key.
        let link = "document.querySelector('section#exposure a[href^=\"/api/research/exposure\"]').getAttribute('href')"
        let address = try #require(try await page.evaluate(link).string)
        let asked =
            "(() => { const r = new XMLHttpRequest(); r.open('GET', \(BrowserPage.literal(address)), false); r.send(); "
            + "return r.status + ' ' + JSON.parse(r.responseText).underlying; })()"
        #expect(try await page.evaluate(asked).string == "200 MSTR")
        // Another underlying keeps the page.
        try await page.follow("nav[aria-label=Underlyings] a[href*='underlying=SPY']")
        #expect(try await page.text("h1") == "Research · SPY")
        #expect(try await page.text("section#iv-surface").contains("No chain of options counts at this moment."))
        #expect(page.takeProblems() == [])
        await page.close()
    }
}
