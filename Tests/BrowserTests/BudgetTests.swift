import BrowserSupport
import Testing

/// What a page may cost a reader: bytes, requests, and room on a phone.
extension ConsoleBrowserTests {
    @Test func `every page keeps within its budget of script, style and requests, and fits a phone`() async throws {
        let console = try console
        let page = try await console.signedIn()
        try await page.view(width: 390, height: 844, isPhone: true)
        _ = page.takeProblems()
        for (name, path) in try await pages(page) {
            try await page.go(console.origin + path)
            let cost = try await page.evaluate(Self.cost)
            let (script, style) = (cost["script"]?.integer ?? .max, cost["style"]?.integer ?? .max)
            #expect(0 < script && script < 40 << 10, "\(name): \(script) bytes of script")
            #expect(0 < style && style < 30 << 10, "\(name): \(style) bytes of style")
            let requests = cost["requests"]?.integer ?? .max
            #expect(requests < 15, "\(name): \(requests) requests")
            #expect(cost["overflow"]?.integer == 0, "\(name): \(cost["overflow"]?.integer ?? -1) pixels wider than a phone")
            var problems = page.takeProblems()
            // The browser notes the status of a page that says so itself.
            if name == "not-here" { problems.removeAll { $0.contains("status of 404 (Not Found)") } }
            #expect(problems.isEmpty, "\(name): \(problems)")
        }
        await page.close()
    }

    /// Sizes as the browser decoded them, whether they came from the service or from its own cache. The document is a request too.
    private static let cost = """
        (() => {
          const parts = performance.getEntriesByType('resource');
          const bytes = (end) => parts.filter((part) => new URL(part.name).pathname.endsWith(end)).reduce((sum, part) => sum + part.decodedBodySize, 0);
          return { script: bytes('.js'), style: bytes('.css'), requests: parts.length + 1,
            overflow: Math.max(0, document.documentElement.scrollWidth - innerWidth) };
        })()
        """
}
