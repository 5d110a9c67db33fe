import Foundation
import LedgerJSON
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The console's lists: order, columns, totals, pages and files, against the lists of the interface.
@Suite struct RowListTests {
    private static let path = "/api/internal/trades"

    private func withTrades(_ body: @Sendable (RunningService) async throws -> Void) async throws {
        let history = try RandomHistory(seed: 411, trades: 70, events: 400).events
        try await withService(projectors: false) { service in
            try await service.ledger.log.append(history, runID: UniqueID(high: 5, low: 5))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            try await body(service)
        }
    }

    private func page(_ service: RunningService, _ target: String) async throws -> String {
        let answer = try await service.ask(target)
        #expect(answer.status == 200, "\(target): \(answer.status)")
        return String(decoding: answer.body, as: UTF8.self)
    }

    private func ids(_ html: String) -> [String] {
        html.matches(of: /href="\/trade\?id=([^&"]+)/).map { String($0.output.1) }
    }

    /// A body without the frames of its pieces (RFC 9112, 7.1).
    private static func unchunked(_ body: some Sequence<UInt8>) throws -> [UInt8] {
        var (rest, whole) = (Array(body)[...], [UInt8]())
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let head = String(decoding: rest[..<end], as: UTF8.self).trimmingCharacters(in: .whitespaces)
            let length = try #require(Int(head.trimmingCharacters(in: .newlines), radix: 16))
            if length == 0 { break }
            let start = rest.index(after: end)
            whole += rest[start..<start + length]
            rest = rest[(start + length + 2)...]
        }
        return whole
    }

    private func heads(_ html: String) -> Int { html.matches(of: /<th scope="col"/).count }

    @Test func `a list is newest first, and its pages have every row once with its number`() async throws {
        try await withTrades { service in
            let all = try await service.ask("\(Self.path)?sort=-trade_date&limit=1000").json()["rows"]?.elements.map { $0 } ?? []
            let expected = all.compactMap { $0["source_trade_id"]?.string }
            #expect(expected.count > 50)
            let first = try await page(service, "/trades")
            #expect(first.contains("1–50 of \(expected.count)") && first.contains(#"aria-sort="descending""#))
            let next = String(try #require(first.firstMatch(of: /<a href="([^"]+)" rel="next">/)?.output.1)).replacing("&amp;", with: "&")
            let second = try await page(service, next)
            #expect(second.contains("51–\(expected.count) of \(expected.count)") && second.contains("First page"))
            #expect(ids(first) + ids(second) == expected)
            // Another order, by the link of a column's head.
            let quantity = try #require(first.firstMatch(of: /<a href="([^"]+sort=-quantity[^"]*)">Quantity/)?.output.1)
            let byQuantity = try await page(service, String(quantity).replacing("&amp;", with: "&"))
            let other = try await service.ask("\(Self.path)?sort=-quantity&limit=50").json()["rows"]?.elements.map { $0 } ?? []
            #expect(ids(byQuantity) == other.compactMap { $0["source_trade_id"]?.string })
            #expect(byQuantity.firstMatch(of: /<a href="[^"]+sort=quantity[^"]*">Quantity/) != nil, "the same head turns the order around")
        }
    }

    @Test func `the totals are those of all rows that the filters select`() async throws {
        try await withTrades { service in
            for filter in ["", "underlying=MSTR", "status=FILLED"] {
                let totals = try await service.ask("/api/ledger/totals?view=trades&\(filter)").json()["groups"]?.elements.first { _ in true
                }
                guard let group = totals, let count = group["count"]?.integer else { continue }
                let html = try await page(service, "/trades?\(filter)")
                let foot = try #require(html.components(separatedBy: "<tfoot").dropFirst().first)
                #expect(foot.contains(count == 1 ? "The one row" : "All \(count) rows"), "\(filter)")
                let fees = try #require(group["sums"]?["fees_usd"])
                if let sum = fees["sum"]?.sourceText, let whole = sum.split(separator: ".").first, whole.count <= 3 {
                    #expect(foot.contains(">\(whole)."), "\(filter)")
                }
                if let covered = fees["count"]?.integer, covered < count { #expect(foot.contains("of \(covered) rows"), "\(filter)") }
            }
            // A trade has a row for each horizon: sums over them would count its premium four times.
            #expect(try await !page(service, "/performance/outcomes").contains("<tfoot"))
            #expect(try await page(service, "/performance/outcomes?horizons=7").contains("<tfoot"))
        }
    }

    @Test func `columns are chosen in the address`() async throws {
        try await withTrades { service in
            let usual = try await page(service, "/trades")
            let few = try await page(service, "/trades?columns=quantity,recon_status")
            #expect(heads(few) == 3 && heads(usual) > 5 && few.contains(">Recon") && few.contains("The usual columns"))
            #expect(heads(try await page(service, "/trades?columns=quantity")) == 2)
            for (target, part) in [
                ("/trades?columns=nothing", "columns: expected some of source_portfolio"), ("/trades?row=0", "row: expected"),
                ("/performance/outcomes?columns=quantity", "columns: expected some of horizon_key"), ("/trades?sort=nothing", "sort"),
            ] {
                let answer = try await service.ask(target)
                #expect(answer.status == 400 && String(decoding: answer.body, as: UTF8.self).contains(part), "\(target)")
            }
        }
    }

    @Test func `a download has every selected row of one moment, in the order of the page`() async throws {
        try await withTrades { service in
            let head = try await service.ledger.primaryHead()
            for query in ["", "sort=-quantity", "underlying=MSTR", "as_of_position=\(head / 2)"] {
                let answer = try await service.ask("/download/trades?\(query)")
                #expect(answer.status == 200, "\(query)")
                #expect(answer.headers["content-type"]?.hasPrefix("text/csv") == true)
                let csv = try await service.ask("\(Self.path)?\(query)&limit=1000", headers: [("Accept", "text/csv")])
                #expect(try Self.unchunked(answer.body) == Array(csv.body) && !csv.body.isEmpty, "\(query)")
            }
            let name = try await service.ask("/download/trades").headers["content-disposition"]
            #expect(name == "attachment; filename=\"trades-\(head).csv\"")
            for (target, status) in [
                ("/download/nothing", 404), ("/download/trades?limit=5", 400), ("/download/trades?cursor=x", 400),
                ("/download/trades?as_of_position=\(head + 9)", 400),
            ] { #expect(try await service.ask(target).status == status, "\(target)") }
        }
    }
}
