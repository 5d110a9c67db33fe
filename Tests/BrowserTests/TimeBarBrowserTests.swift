import BrowserSupport
import Testing

/// The moment, the clock and the density, as readers choose them.
extension ConsoleBrowserTests {
    @Test func `the form goes back, the link pins what is shown, and the moment goes along`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        #expect(try await page.text(".answer").hasPrefix("Latest, event "))
        #expect(try await page.count(".time.past") == 0)
        try await page.click(".moment summary")
        try await page.click("#time-after")
        try await page.type("60")
        try await page.follow("#time button")
        #expect(try await page.location() == "/trades?as_of_position=60")
        #expect(try await page.text(".time.past .answer").hasPrefix("What we knew after event 60, "))
        let rows = try await page.texts("#trades tbody th")
        #expect(rows.count < 60 && !rows.isEmpty)
        try await page.follow(".links a[href*='as_of=']")
        let pinned = try await page.location()
        #expect(pinned.contains("as_of_position=60") && pinned.contains("as_of=20"))
        #expect(try await page.texts("#trades tbody th") == rows)
        // The moment goes along to other pages.
        try await page.followInMenu("a[href^='/performance']")
        #expect(try await page.location().contains("as_of_position=60"))
        try await page.follow(".links li:first-child a")
        #expect(try await page.location() == "/performance")
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test func `the play head is let go at a moment, and keys step to what happened`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        // In the middle of the log's time.
        try await page.follow("#play-head")
        #expect(try await page.location().hasPrefix("/trades?as_of=20"))
        #expect(try await page.text(".time.past .answer").hasPrefix("What we knew on "))
        let middle = try await page.evaluate("Number(document.getElementById('play-head').value)").integer ?? 0
        #expect(2_000...8_000 ~= middle)
        // The keys of the slider set the form, and send nothing by themselves.
        _ = try await page.evaluate("document.getElementById('play-head').focus()")
        try await page.press("End")
        #expect(try await page.evaluate("document.getElementById('time-known').value").string == "")
        #expect(try await page.text("#play-reading") == "Latest")
        try await page.press("Home")
        let first = try await page.evaluate("document.getElementById('time-known').value").string ?? ""
        #expect(first.hasPrefix("20") && first.count >= 16)
        #expect(try await page.location().hasPrefix("/trades?as_of=20"))
        try await page.click(".moment summary")
        try await page.press("Escape")
        #expect(try await page.evaluate("document.activeElement.matches('.moment:not([open]) summary')").bool == true)
        // What happened last, by its link.
        try await page.go("\(try console.origin)/trades")
        #expect(try await page.count(".strip path[class^='t-']") >= 2)
        try await page.follow("a.step")
        #expect(try await page.location().hasPrefix("/trades?as_of_position="))
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test func `without scripts the bar asks the same, by the reader's own clock`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        try await page.runScripts(false)
        try await page.go("\(try console.origin)/trades")
        #expect(try await page.evaluate("document.getElementById('play-head').checkVisibility()").bool == false)
        try await page.click(".session .menu summary")
        try await page.click("button[value=new_york]")
        try await page.wait(for: "document.readyState === 'complete' && document.documentElement.dataset.zone === 'America/New_York'")
        let times = try await page.texts("#trades tbody time")
        #expect(times.count == 50 && times.allSatisfy { $0.hasSuffix(" EST") || $0.hasSuffix(" EDT") })
        #expect(try await page.evaluate("[...document.querySelectorAll('time')].every((time) => time.dateTime.endsWith('Z'))").bool == true)
        try await page.click(".moment summary")
        _ = try await page.evaluate("document.getElementById('time-happened').value = '2025-10-01T16:00'; true")
        try await page.click("#time button")
        try await page.wait(for: "location.search.includes('effective_at')")
        #expect(try await page.location() == "/trades?effective_at=2025-10-01T20%3A00%3A00Z")
        #expect(try await page.text(".answer").hasSuffix(", what had happened by 1 Oct 2025 16:00 EDT"))
        #expect(try await page.evaluate("document.getElementById('time-happened').value").string == "2025-10-01T16:00")
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test func `a table has twenty rows on a screen, in either density`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        func rows(of path: String) async throws -> Int64 {
            try await page.go("\(try console.origin)\(path)")
            return try await page.evaluate(
                """
                (() => { const table = document.querySelector('table.rows'), box = table.closest('.scroll').getBoundingClientRect();
                return [...table.tBodies[0].rows].filter((row) => row.getBoundingClientRect().bottom <= box.bottom).length; })()
                """
            ).integer ?? 0
        }
        let comfortable = try await rows(of: "/trades")
        #expect(comfortable >= 20)
        try await page.click(".session .menu summary")
        try await page.follow("button[value=compact]")
        #expect(try await page.evaluate("document.documentElement.dataset.density").string == "compact")
        for path in ["/trades", "/performance/outcomes", "/performance/alignment", "/performance/execution-quality"] {
            #expect(try await rows(of: path) > 24, "\(path)")
        }
        #expect(page.takeProblems() == [])
        await page.close()
    }

    @Test func `the bar is one line on a phone and opens to the whole form on every screen`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        for (width, height, isPhone) in [(1440, 900, false), (1024, 768, false), (390, 844, true)] {
            try await page.view(width: width, height: height, isPhone: isPhone)
            let moment = "as_of_position=60&effective_at=2025-10-01T20:00:00Z&rules=as_served"
            try await page.go("\(try console.origin)/performance/outcomes?\(moment)")
            let bar = "document.querySelector('.time').getBoundingClientRect().height"
            if isPhone {
                #expect(try await page.evaluate("Math.round(\(bar)) === 49").bool == true, "48 and its border")
                #expect(try await page.evaluate("document.querySelector('.links').checkVisibility()").bool == false)
            }
            try await page.click(".moment summary")
            for part in ["#time-known", "#time-after", "#time-happened", "#time-rules", "#time button", ".recent", ".links", "#play-head"] {
                #expect(try await page.evaluate("document.querySelector('\(part)').checkVisibility()").bool == true, "\(part) at \(width)")
            }
            let problems = try await page.accessibilityProblems() + page.takeProblems()
            #expect(problems.isEmpty, "\(width): \(problems)")
        }
        await page.close()
    }

    @Test func `two moments are compared row by row, each figure with its explanation`() async throws {
        let page = try await console.signedIn("reader-key-of-tests")
        try await page.go("\(try console.origin)/changes?view=trades&from=50&to=60")
        #expect(try await page.texts(".counts dd").first == "10")
        #expect(try await page.count(".changes tbody") == 10)
        let moved = try await page.texts("main table:not(.changes) tbody tr:first-child td")
        #expect(moved.count == 3 && moved[2].hasPrefix("+"))
        try await page.click("#changes-from")
        _ = try await page.evaluate("document.getElementById('changes-from').select(); true")
        try await page.type("55")
        try await page.follow("form.filters button")
        #expect(try await page.location() == "/changes?view=trades&from=55&to=60")
        #expect(try await page.count(".changes tbody") == 5)
        try await page.follow(".changes ins a.figure")
        #expect(try await page.location().contains("as_of_position=60"))
        #expect(try await page.count("ol.steps li") > 0)
        #expect(page.takeProblems() == [])
        await page.close()
    }
}
