import BrowserSupport
import Foundation
import LedgerJSON
import SampleScope
import TestSupport
import Testing

/// The console as people use it: a real browser, real clicks and keys.
@Suite(.serialized, WithConsole())
struct ConsoleBrowserTests {
    var console: RunningConsole {
        get throws { try #require(RunningConsole.current) }
    }

    // MARK: Signing in and out

    @Test func `a key typed once signs in and the way out forgets it`() async throws {
        let console = try console
        let page = try await console.browser.newPage()
        try await page.go("\(console.origin)/performance/outcomes?portfolio=IMST")
        #expect(try await page.location().hasPrefix("/sign-in?next="))
        try await page.type("wrong")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.text("[role=alert]").contains("not valid"))
        _ = page.takeProblems()
        try await page.click("#key")
        try await page.type("reader-key-of-tests")
        try await page.follow("form.sign-in button")
        #expect(try await page.location() == "/performance/outcomes?portfolio=IMST")
        #expect(try await page.text(".role") == "reader")
        // The page's own scripts can't read the cookie.
        #expect(try await page.evaluate("document.cookie").string == "")
        try await page.follow(".session > form button")
        #expect(try await page.location() == "/sign-in")
        try await page.go("\(console.origin)/trades")
        #expect(try await page.location().hasPrefix("/sign-in"))
        #expect(page.takeProblems() == [])
        await page.close()
    }

    // MARK: Trade book

    @Test func `the trade book is filtered and paged by keys and clicks`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        #expect(try await page.count("#trades tbody tr") == 50)
        let titles = try await page.texts("#trades thead th")
        #expect(titles.contains { $0.contains("Price per contract") } && titles.contains { $0.contains("Premium total USD") })
        let first = try await page.text("#trades tbody th a")
        try await page.follow("nav.pager a[rel=next]")
        #expect(try await page.count("#trades tbody tr") == 50)
        #expect(try await page.text("#trades tbody th a") != first)
        try await page.press("/")
        #expect(try await page.evaluate("document.activeElement.id").string == "filter-portfolio")
        try await page.type("IMST")
        try await page.leave { try await page.press("Enter") }
        let filtered = try await page.location()
        #expect(filtered.contains("portfolio=IMST") && !filtered.contains("cursor"))
        let portfolios = Set(try await page.texts("#trades tbody tr td:nth-of-type(1)"))
        #expect(portfolios == ["IMST"])
        // j and k walk the rows, by their own links.
        for _ in 0..<3 { try await page.press("j") }
        let third = try await page.evaluate("document.activeElement.closest('tr').rowIndex").integer
        try await page.press("k")
        #expect(try await page.evaluate("document.activeElement.closest('tr').rowIndex").integer == third.map { $0 - 1 })
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.text("h1").hasPrefix("Trade IMST-"))
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test func `a preview shows what would change before a real sync does it`() async throws {
        let console = try console
        let page = try await console.signedIn()
        #expect(try await page.count("#real-sync") == 0)
        console.feed.setPhase(.updated)
        let before = try await page.text(".answer")
        _ = page.takeClicks()
        let begun = ContinuousClock.now
        try await page.follow("#dry-run button")
        #expect(try await page.text("#run h3").contains("nothing was written"))
        #expect(try await page.text("#run").contains("466,630,651.75"))
        let changed = try await page.texts("#run table caption")
        #expect(changed.contains("Changed fields") && changed.contains("Changes row by row"))
        // The box that says that the preview was looked at is asked for by the browser itself.
        try await page.click("#real-sync button")
        #expect(try await page.evaluate("document.querySelector('#real-sync input[type=checkbox]').validity.valueMissing").bool == true)
        try await page.click("#real-sync input[type=checkbox]")
        try await page.follow("#real-sync button")
        let clicks = page.takeClicks()
        Self.note("preview and run a sync", clicks: clicks, ContinuousClock.now - begun)
        #expect(clicks <= Self.mostClicks)
        #expect(try await page.text("#run h3") == "Real sync")
        #expect(try await page.text(".answer") != before)
        #expect(try await page.count("#real-sync") == 0)
        #expect(page.takeProblems() == [])
        try await findCorrection(page)
        await page.close()
    }

    /// What a correction changed is found from the trade book, once the views have come so far.
    private func findCorrection(_ page: BrowserPage) async throws {
        let lag =
            "fetch('/api/ledger/projections').then((answer) => answer.json()).then((list) => list.projections.every((one) => one.state !== 'ready' || one.position >= list.head_position))"
        try await page.wait(for: lag)
        try await task("find what a correction changed", page) {
            try await page.goto("l")
            try await page.follow("nav.tabs a[href*='type=AlphaExecutionUpdated']")
            try await page.follow("article.event a[href^='/impact?position=']")
            #expect(try await page.text("h1").hasPrefix("What event"))
            #expect(try await page.count("article.event table") == 1, "what changed at the source")
            #expect(try await page.count("#changed-trades tbody tr") > 1, "what changed in the trade book")
            #expect(try await page.count("table.changes del") > 0)
            #expect(try await page.count("table.changes ins a.figure[href^='/explain?']") > 0)
        }
    }

    @Test func `a reader is offered no actions`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        #expect(try await page.count("#dry-run, #real-sync") == 0)
        try await page.follow(".session a")
        #expect(try await page.location().hasPrefix("/sign-in?as=administrator"))
        try await page.type("admin-key-of-tests")
        try await page.leave { try await page.press("Enter") }
        #expect(try await page.text(".role") == "administrator")
        #expect(try await page.location() == "/trades")
        #expect(try await page.count("#dry-run") == 1)
        await page.close()
    }

    // MARK: Explanations

    @Test func `a figure of the trade book leads to its explanation and on to its event`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        let id = try await page.text("#trades tbody tr th a.name")
        let shown = try await page.text("#trades tbody tr td[data-label^='Premium total'] a")
        try await page.follow("#trades tbody tr td[data-label^='Premium total'] a")
        let location = try await page.location()
        #expect(location.hasPrefix("/explain?view=trades&key=alpha_sync%7C\(id)&field=entry_premium_usd&as_of_position="))
        #expect(try await page.text("h1") == "Why: entry premium usd")
        // The page shows all digits, the book two places.
        let result = try await page.text("p.result")
        #expect(Self.number(shown) == Self.number(result), "\(shown), \(result)")
        #expect(try await page.count("[role=alert]") == 0)
        #expect(try await page.count("ol.steps li") > 0)
        #expect(try await page.count("ul.rules li") > 0)
        // The last step ends in the figure.
        let last = try await page.texts("ol.steps li strong").last ?? ""
        #expect(Self.number(last) == Self.number(result))
        try await page.follow("main table td a[href^='/log?position=']")
        #expect(try await page.text("article.event").contains(id))
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test(arguments: [
        ("lifecycles", "realized_pnl_before_fees_usd"), ("alignment", "alignment_score"), ("execution-quality", "fill_vs_mid_bps"),
        ("outcomes", "pnl_before_fees_usd"), ("context", "gamma_regime"),
    ])
    func aFigureOfThePerformancePagesIsWorkedOutAnew(_ tab: String, _ field: String) async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        try await page.followInMenu("a[href^='/performance']")
        try await page.follow("nav.tabs a[href^='/performance/\(tab)']")
        // What has the largest figure comes first, by the head of its column.
        try await page.follow("thead a[href*='sort=-\(field)']")
        let figure = "main table a.figure[href*='field=\(field)&']"
        let shown = try await page.text(figure)
        try await page.follow(figure)
        #expect(try await page.location().hasPrefix("/explain?view="))
        #expect(try await page.count("[role=alert]") == 0)
        #expect(try await page.count("ol.steps li") > 0, "\(tab), \(field)")
        let result = try await page.text("p.result")
        #expect(Self.number(shown) == Self.number(result), "\(shown), \(result)")
        #expect(page.takeProblems() == [])
        await page.close()
    }

    /// A shown figure as text that others can be compared with: two places, no separators; words as they are.
    private static func number(_ text: String) -> String {
        let plain = text.replacing(",", with: "").replacing("\u{2212}", with: "-").replacing("_", with: " ")
        return Double(plain).map { String(format: "%.1f", $0) } ?? plain
    }

    // MARK: Proofs in the browser

    @Test func `an event is proven in the browser and a tampered one fails`() async throws {
        let console = try console
        let page = try await console.signedIn("reader-key-of-tests")
        for position in [1, 2, 777] {
            try await page.go("\(console.origin)/log?position=\(position)")
            try await page.click("button.prove")
            try await page.wait(for: "document.querySelector('.verdict:not(.fair)') !== null")
            #expect(try await page.text(".verdict").contains("Checked here"), "\(position)")
            #expect(try await page.count(".verdict.good") == 1)
        }
        #expect(page.takeProblems() == [])
        let forgeries: [(path: String, what: String, change: @Sendable (String) -> String)] = [
            ("/api/ledger/events/777", "payload", { Self.flip($0, after: "\"payload\":{\"") }),
            ("/api/ledger/events/777", "recorded_at", { Self.flip($0, after: "\"recorded_at\":\"") }),
            ("/api/ledger/events/777", "leaf_hash", { Self.flip($0, after: "\"leaf_hash\":\"") }),
            ("/api/ledger/proof/inclusion", "audit path", { Self.flip($0, after: "\"path\":[\"") }),
            ("/api/ledger/head", "root", { Self.flip($0, after: "\"root_hash\":\"") }),
        ]
        for forgery in forgeries {
            try await page.tamper(with: forgery.path, forgery.change)
            try await page.go("\(console.origin)/log?position=777")
            try await page.click("button.prove")
            try await page.wait(for: "document.querySelector('.verdict') !== null")
            #expect(try await page.text(".verdict").contains("DOES NOT HOLD"), "\(forgery.what)")
            #expect(try await page.count(".verdict.good") == 0)
            try await page.stopTampering()
        }
        await page.close()
    }

    /// Another character in the place of the one that follows a text.
    private static func flip(_ text: String, after known: String) -> String {
        guard let range = text.range(of: known) else { return text }
        let at = range.upperBound
        return text.replacingCharacters(in: at..<text.index(after: at), with: text[at] == "0" ? "1" : "0")
    }

    @Test func `new events appear live`() async throws {
        let console = try console
        let log = try await console.signedIn("reader-key-of-tests")
        try await log.go("\(console.origin)/log")
        try await log.click("#live")
        try await log.wait(for: "document.getElementById('live-status').textContent.startsWith('live')")
        let newest = try await log.text("article.event a.position")
        console.feed.setPhase(.updated)
        let trades = try await console.signedIn()
        try await trades.follow("#dry-run button")
        try await trades.click("#real-sync input[type=checkbox]")
        try await trades.follow("#real-sync button")
        try await log.wait(for: "document.querySelector('article.event a.position').innerText !== \(BrowserPage.literal(newest))")
        #expect(try await log.count("article.event.fresh") > 0)
        try await log.click("article.event.fresh button.prove")
        try await log.wait(for: "document.querySelector('.verdict') !== null")
        #expect(try await log.text(".verdict").contains("Checked here"))
        await log.close()
        await trades.close()
    }

    // MARK: Every page

    /// The pages of `scripts/console-pages.txt`, each with an address that this console can show.
    func pages(_ page: BrowserPage) async throws -> [(name: String, path: String)] {
        var pages: [(name: String, path: String)] = []
        let list = try String(contentsOfFile: projectRoot + "/scripts/console-pages.txt", encoding: .utf8)
        for line in list.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            try #require(parts.count == 2, "\(line)")
            pages.append((String(parts[0]), try await filled(String(parts[1]), page)))
        }
        try #require(Set(pages.map(\.name)).count == pages.count && pages.count > 30)
        return pages
    }

    /// An address with a field of the view's first row in the place of each `{view.field}`.
    private func filled(_ path: String, _ page: BrowserPage) async throws -> String {
        let lists = ["lifecycles": "/api/internal/trades/positions", "dispatches": "/api/broker/dispatches"]
        var path = path
        while let match = path.firstMatch(of: /{([a-z]+)\.([a-z_]+)}/) {
            let list = try #require(lists[String(match.output.1)], "\(path)")
            let value = try await page.evaluate(
                "(() => { const r = new XMLHttpRequest(); r.open('GET', '\(list)?limit=1', false); r.send(); "
                    + "return encodeURIComponent(JSON.parse(r.responseText).rows[0].\(match.output.2)); })()")
            path.replaceSubrange(match.range, with: try #require(value.string, "\(path)"))
        }
        return path
    }

    @Test func `every page is sound in light in dark and on a phone`() async throws {
        let page = try await console.signedIn()
        for (name, path) in try await pages(page) { try await checkLooks(of: path, named: name, page) }
        await page.close()
    }

    /// A page on a desk, light and dark, on a small screen and on a phone: sound in each, with pictures where they are asked for.
    func checkLooks(of path: String, named name: String, _ page: BrowserPage) async throws {
        let folder = ProcessInfo.processInfo.environment["ALPHA_LEDGER_SCREENSHOTS"]
        for (look, width, height, isDark, isPhone) in [
            ("light", 1440, 900, false, false), ("dark", 1440, 900, true, false), ("small", 1024, 768, false, false),
            ("small-dark", 1024, 768, true, false), ("phone", 390, 844, false, true), ("phone-dark", 390, 844, true, true),
        ] {
            if ["small-dark", "phone-dark"].contains(look) && folder == nil { continue }
            try await page.view(width: width, height: height, isDark: isDark, isPhone: isPhone)
            try await page.go(try console.origin + path)
            var problems = try await page.accessibilityProblems() + page.takeProblems()
            // The browser notes the status of a page that says so itself.
            let address = try console.origin + path
            if name == "not-here" { problems.removeAll { $0.hasSuffix("status of 404 (Not Found) \(address)") } }
            #expect(problems.isEmpty, "\(name), \(look): \(problems)")
            if let folder { try await page.screenshot("\(folder)/\(name)-\(look).webp") }
        }
        try await page.view(width: 1440, height: 900)
    }

    @Test func `the tab key walks a page in order and the focus is seen`() async throws {
        let console = try console
        let page = try await console.signedIn("reader-key-of-tests")
        let stops = try await page.tabStops(26)
        #expect(stops[0].name.hasSuffix("Skip to the content"))
        for stop in stops { #expect(stop.isVisible, "\(stop.name)") }
        #expect(Set(stops.map(\.name)).count == stops.count)
        let names = stops.map(\.name)
        let portfolio = try #require(names.firstIndex { $0.hasPrefix("#filter-portfolio") })
        let playHead = try #require(names.firstIndex { $0.hasPrefix("#play-head") })
        #expect(playHead < portfolio)
        await page.close()
    }
}
