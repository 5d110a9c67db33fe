import BrowserSupport
import LedgerJSON
import Testing

/// What people come for, counted in clicks from the page that they begin at, with the seconds that a browser took beside them. Running a
/// sync and promoting a rule are counted where these are tested.
extension ConsoleBrowserTests {
    /// The most clicks that a task may take.
    static let mostClicks = 5

    /// Does a task from a page, and counts its clicks.
    func task(_ name: String, from path: String = "/trades", _ page: BrowserPage, _ steps: () async throws -> Void) async throws {
        try await page.go(try console.origin + path)
        _ = page.takeClicks()
        let start = ContinuousClock.now
        do {
            try await steps()
        } catch {
            throw Browser.Failure("\(name): \(error)")
        }
        let clicks = page.takeClicks()
        Self.note(name, clicks: clicks, ContinuousClock.now - start)
        #expect(1...Self.mostClicks ~= clicks, "\(name): \(clicks) clicks")
        #expect(page.takeProblems() == [], "\(name)")
    }

    /// Says what a task took. How long depends on the machine, so that nothing is expected of it.
    static func note(_ name: String, clicks: Int, _ duration: Duration) {
        let tenths = duration.components.seconds * 10 + duration.components.attoseconds / 100_000_000_000_000_000
        print("task: \(name): \(clicks) clicks, \(tenths / 10).\(tenths % 10) s")
    }

    @Test func `tasks about a fill, a position and a figure take at most five clicks`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        try await task("find a fill's slippage", page) {
            try await page.follow("#trades tbody th a.name")
            #expect(try await page.text("main").contains("Fill against quote"))
        }
        try await task("find the worst fills", page) {
            try await page.goto("p")
            try await page.follow("nav.tabs a[href^='/performance/execution-quality']")
            try await page.follow("thead a[href*='sort=-fill_vs_mid_usd']")
            #expect(try await page.count("main table a.figure[href*='field=fill_vs_mid_usd&']") > 0)
        }
        try await task("prove the largest P&L", from: "/performance", page) {
            try await page.follow("nav.tabs a[href^='/performance/outcomes']")
            try await page.follow("thead a[href*='sort=-pnl_before_fees_usd']")
            try await page.follow("main table a.figure[href*='field=pnl_before_fees_usd&']")
            try await page.follow("main table td a[href^='/log?position=']")
            try await page.click("button.prove")
            try await page.wait(for: "document.querySelector('.verdict.good') !== null")
        }
        try await task("see a position's lots", page) {
            try await page.goto("p")
            try await page.follow("nav.tabs a[href^='/performance/lifecycles']")
            try await page.follow("main tbody th a.name")
            #expect(try await page.location().hasPrefix("/position?id="))
        }
        try await task("walk a row event by event", from: "/trade?id=ICOI-000008", page) {
            try await page.follow("main a[href^='/steps?view=alignment']")
            #expect(try await page.text("h1").isEmpty == false)
        }
        await page.close()
    }

    @Test func `tasks about orders, backfills and the names of figures take at most five clicks`() async throws {
        let page = try await console.signedIn()
        try await task("see why an order was sent as it was", from: "/broker", page) {
            try await page.follow("#intents a.name[href^='/order?']")
            #expect(try await page.count("#decision .lights li") > 0)
            #expect(try await page.text("#order-timeline").contains("TradeIntended"))
        }
        try await task("learn what a figure of the market is", from: "/overview", page) {
            try await page.follow("dt a[href^='/reference/'][href*='#f-']")
            let anchor = "document.getElementById(decodeURIComponent(location.hash.slice(1)))"
            #expect(try await page.evaluate("\(anchor) !== null").bool == true)
        }
        try await task("preview and run a backfill", from: "/operations", page) {
            try await page.follow("#to-context")
            try await page.follow("#preview-form button")
            #expect(try await page.text("#preview").contains("nothing was written"))
            try await page.click("#real-backfill input[type=checkbox]")
            try await page.follow("#real-backfill button")
            // The page follows the run by itself, and stops with it.
            try await page.wait(for: "document.querySelector('#run .badge')?.innerText === 'completed'")
            #expect(try await page.count("#run[data-renew]") == 0)
            #expect(try await page.count("#real-backfill") == 0)
        }
        await page.close()
    }

    @Test func `tasks about time, the log, runs and rules take at most five clicks`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        try await task("see what we knew after an event", page) {
            try await page.click(".moment summary")
            try await page.click("#time-after")
            try await page.type("60")
            try await page.follow("#time button")
            #expect(try await page.text(".answer").hasPrefix("What we knew after event 60"))
        }
        try await task("find what a run did, event by event", page) {
            try await page.goto("o")
            try await page.follow("#runs a[href^='/log?run=']")
            #expect(try await page.count("article.event") > 0)
        }
        try await task("prove the latest event", page) {
            try await page.goto("l")
            try await page.click("article.event button.prove")
            try await page.wait(for: "document.querySelector('.verdict.good') !== null")
        }
        try await task("go to a page of a list by its number", page) {
            try await page.press("p")
            try await page.type("3")
            try await page.follow(".jump button")
            #expect(try await page.text(".list-head .count").hasPrefix("101"))
        }
        try await task("try another rule over the ledger", page) {
            try await page.goto("v")
            try await page.follow("section[aria-labelledby='actions-alignment'] a[href^='/projections/playground']")
            _ = try await page.evaluate(
                "(() => { const text = document.getElementById('rules-text'); text.value = text.value.replace('score: 70', 'score: 60'); return true; })()"
            )
            try await page.follow("#draft button[value=try]")
            #expect(try await page.text("#trial").contains("alignment_label"))
            #expect(try await page.text("#trial").contains("score"))
        }
        await page.close()
    }
}
