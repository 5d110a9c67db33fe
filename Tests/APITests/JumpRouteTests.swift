import Foundation
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import TestSupport
import Testing

/// Pages of a list by their numbers.
@Suite struct JumpRouteTests {
    private func ids(_ page: String) -> [String] {
        page.components(separatedBy: "<a class=\"name\" href=\"/trade?id=").dropFirst().map { String($0.prefix { $0 != "&" }) }
    }

    private func text(_ answer: RunningService.Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test func `a page's number leads to its rows at the list's moment, whatever was recorded since`() async throws {
        try await withService(projectors: false) { service in
            let names = (0..<120).map { "T-\(1_000 + $0)" }
            let rows = try names.map { recorded(try sampleRow($0)) }
            try await service.ledger.log.append(rows, runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let list = "/trades?sort=source_trade_id"
            let first = text(try await service.askSettled(list))
            let position = try await service.ledger.primaryHead()
            #expect(ids(first) == Array(names.prefix(50)) && first.contains("of 3</span>"))
            let asOf = try #require(
                try await service.ask("/api/internal/trades?limit=1").json()["ledger"]?["as_of"]?.string?
                    .addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            func jump(_ page: String, to list: String = list) async throws -> RunningService.Answer {
                let encoded = try #require(list.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                return try await service.ask("/jump?list=\(encoded)&position=\(position)&as_of=\(asOf)&page=\(page)")
            }
            // A trade that comes first in the order, and is not part of what the reader looks at.
            try await service.ledger.log.append([recorded(try sampleRow("T-0000"))], runID: UniqueID(high: 1, low: 2))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            for (page, expected) in [("2", names[50..<100]), ("3", names[100..<120])] {
                let answer = try await jump(page)
                let location = try #require(answer.headers["location"])
                #expect(answer.status == 303 && location.hasPrefix("/trades?sort=source_trade_id&cursor="), "\(text(answer))")
                let shown = text(try await service.askSettled(location))
                #expect(ids(shown) == Array(expected), "\(page)")
                #expect(shown.contains("of 120</span>"), "counted at the same moment")
            }
            #expect(try await jump("1").headers["location"] == list)
            // As the newest list has it now.
            #expect(ids(text(try await service.askSettled(list))).first == "T-0000")
            for wrong in ["0", "4", "x", "402"] { #expect(try await jump(wrong).status == 400, "\(wrong)") }
            for elsewhere in ["https://evil.example", "/log", "/performance/nothing"] {
                #expect(try await jump("2", to: elsewhere).status == 400, "\(elsewhere)")
            }
            #expect(try await service.ask("/jump?list=%2Ftrades&page=2").status == 400)
        }
    }
}
