import BrowserSupport
import Testing

/// The menus of the header, by keys and on a phone.
extension ConsoleBrowserTests {
    @Test func `on a phone every menu opens within the screen, one at a time, and leads to its pages`() async throws {
        let page = try await console.signedIn()
        try await page.view(width: 390, height: 844, isPhone: true)
        try await page.go(try console.origin + "/trades")
        let count = try await page.evaluate("document.querySelectorAll('.top nav details').length").integer ?? 0
        #expect(count == 5)
        for index in 0..<count {
            let menu = "document.querySelectorAll('.top nav details')[\(index)]"
            _ = try await page.evaluate("\(menu).querySelector('summary').click()")
            #expect(try await page.evaluate("\(menu).open").bool == true)
            #expect(try await page.evaluate("document.querySelectorAll('.top nav details[open]').length").integer == 1)
            let fits = try await page.evaluate(
                """
                (() => { const box = \(menu).querySelector('.panel').getBoundingClientRect();
                return box.left >= 0 && box.right <= innerWidth && box.width > 200
                && document.documentElement.scrollWidth <= innerWidth; })()
                """)
            #expect(fits.bool == true, "menu \(index)")
            let links = try await page.evaluate(
                "[...\(menu).querySelectorAll('a')].every((a) => a.getBoundingClientRect().height >= 24)")
            #expect(links.bool == true, "menu \(index)")
        }
        // The groups stand in one row.
        let rows = try await page.evaluate(
            "new Set([...document.querySelectorAll('.top nav summary')].map((s) => Math.round(s.getBoundingClientRect().top))).size")
        #expect(rows.integer == 1)
        #expect(try await page.accessibilityProblems() == [])
        try await page.view(width: 1440, height: 900)
        await page.close()
    }

    @Test func `a menu is worked by tab and enter, and escape gives the focus back`() async throws {
        let page = try await console.signedIn()
        try await page.go(try console.origin + "/trades")
        try await page.tab(to: ".top nav li:nth-child(2) summary")
        try await page.press("Enter")
        #expect(try await page.evaluate("document.querySelector('.top nav li:nth-child(2) details').open").bool == true)
        try await page.press("Escape")
        #expect(try await page.evaluate("document.querySelector('.top nav li:nth-child(2) details').open").bool == false)
        #expect(try await page.evaluate("document.activeElement.textContent").string == "Market Setup")
        try await page.press("Enter")
        try await page.press("Tab")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.location().hasPrefix("/overview"))
        #expect(page.takeProblems() == [])
        await page.close()
    }
}
