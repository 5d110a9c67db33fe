import BrowserSupport
import SampleScope
import Testing

/// The main flow for somebody who has no mouse.
extension ConsoleBrowserTests {
    @Test func `the trade book is worked by tab space and enter alone`() async throws {
        let console = try console
        let page = try await console.signedIn()
        console.feed.setPhase(.updated)
        try await page.tab(to: "#dry-run button")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.text("#run h3").contains("nothing was written"))
        try await page.tab(to: "#real-sync input[type=checkbox]")
        try await page.press(" ")
        try await page.press("Tab")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.text("#run h3") == "Real sync")
        try await page.tab(to: "#filter-portfolio")
        try await page.type("IMST")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.location().contains("portfolio=IMST"))
        try await page.tab(to: "#trades td[data-label^='Premium total'] a")
        let shown = try await page.evaluate("document.activeElement.innerText").string ?? ""
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.text("h1").hasPrefix("Why: entry premium usd"))
        #expect(!shown.isEmpty)
        try await page.tab(to: "main table td a[href^='/log?position=']")
        try await page.leave { try await page.press("Enter") }
        try await page.tab(to: "button.prove")
        try await page.press("Enter")
        try await page.wait(for: "document.querySelector('.verdict.good') !== null")
        try await page.tab(to: ".session > form button")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.location() == "/sign-in")
        #expect(page.takeProblems() == [])
        await page.close()
    }
}
