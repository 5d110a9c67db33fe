import Foundation
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import API

/// The ways from the console's figures to how they came about.
@Suite(.serialized)
struct ConsoleExplanationTests {
    private static func text(_ answer: RunningService.Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    /// The addresses that a page leads to and that begin so, each once, in the order of the page.
    private static func links(_ page: String, to prefix: String) -> [String] {
        var links: [String] = []
        for match in page.matches(of: /href="([^"]*)"/) {
            let link = String(match.output.1).replacing("&amp;", with: "&")
            if link.hasPrefix(prefix), !links.contains(link) { links.append(link) }
        }
        return links
    }

    private static let now = "2026-04-01T00:00:00Z"

    @Test func `every figure of a market's screen leads to a page that works it out anew`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            let head = try await service.observe(days: 75, before: Self.now)
            let now = Self.now
            var opened = 0
            for screen in ["overview", "analytics", "signal-explorer"] {
                let page = Self.text(try await service.ask("/\(screen)?currency=BTC&as_of_position=\(head)&as_of=\(now)"))
                let links = Self.links(page, to: "/explain/")
                #expect(links.count > 20, "\(screen)")
                for link in links.enumerated().filter({ $0.offset.isMultiple(of: 5) }).map(\.element) {
                    let answer = try await service.ask(link)
                    let explained = Self.text(answer)
                    #expect(answer.status == 200 && explained.contains("<h1>Why: "), "\(link)")
                    // Worked out anew, it is what was published.
                    #expect(!explained.contains("role=\"alert\"") && explained.contains("The arithmetic"), "\(link)")
                    opened += 1
                }
            }
            #expect(opened > 20)
            let figure = "/explain/overview?currency=BTC&field=data.dvol_percentile&as_of_position=\(head)&as_of=\(now)"
            let page = Self.text(try await service.ask(figure))
            #expect(page.contains("minimum_days: 60") && !Self.links(page, to: "/log?position=").isEmpty)
            #expect(!Self.links(page, to: "/reference/model#f-overview-dvol_percentile").isEmpty)
            #expect(try await service.ask("/explain/nothing?field=x").status == 404)
            #expect(try await service.ask("/explain/overview?currency=BTC&field=data.nothing").status == 400)
        }
    }

    @Test func `what an event changed is one click from it, and an event that is not there has no page`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            let head = try await service.observe(days: 1, before: Self.now)
            let card = Self.text(try await service.ask("/log?position=\(head)"))
            #expect(Self.links(card, to: "/impact") == ["/impact?position=\(head)"])
            let corrections = Self.text(try await service.ask("/log"))
            #expect(Self.links(corrections, to: "/log?type=").contains("/log?type=AlphaExecutionUpdated"))
            let page = try await service.ask("/impact?position=\(head)")
            #expect(page.status == 200 && Self.text(page).contains("<h1>What event \(head) changed</h1>"))
            #expect(Self.text(page).contains("id=\"changed-gex-hourly\"") && Self.text(page).contains(">added<"))
            #expect(try await service.ask("/impact?position=\(head + 1)").status == 404)
            for bad in ["/impact", "/impact?position=0", "/impact?position=x"] {
                #expect(try await service.ask(bad).status == 400, "\(bad)")
            }
        }
    }
}
