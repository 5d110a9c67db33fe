import Alpaca
import Amberdata
import Curl
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerStore
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Alpaca's data interface on loopback, which answers by path.
final class AlpacaVendor: Sendable {
    typealias Answer = @Sendable (_ query: [String: String]) -> LoopbackServer.Reply
    let server: LoopbackServer
    /// The waits that were asked for.
    let waits = Mutex<[Double]>([])

    /// - Parameter answers: by the path; every other path is unknown.
    init(_ answers: [String: Answer]) throws {
        server = try LoopbackServer { request in
            let parts = request.target.split(separator: "?", maxSplits: 1)
            guard let path = parts.first, request.header("APCA-API-KEY-ID") == "key-1", request.header("APCA-API-SECRET-KEY") == "secret-1",
                let answer = answers[String(path)]
            else { return .status(404) }
            var query: [String: String] = [:]
            for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2 { query[parts[0]] = parts[1].removingPercentEncoding }
            }
            return answer(query)
        }
    }

    func source(now: String, _ question: SymbolQuestion = SymbolQuestion()) throws -> AlpacaSeries {
        let settings = try AlpacaSettings(
            source: .alpacaPaper, tradingURL: server.url, dataURL: server.url, keyID: "key-1", secret: "secret-1")
        let moment = try #require(Instant(now))
        let transport = CurlTransport(upstream: "alpaca")
        return AlpacaSeries(
            settings, question, now: { moment }, sleep: { seconds in self.waits.withLock { $0.append(seconds) } }
        ) { (request) async throws(TransportError) in try await transport.send(request) }
    }

    /// Paths that were asked for, with the number of requests.
    var paths: [String: Int] {
        server.requests.reduce(into: [:]) { $0[String($1.target.split(separator: "?")[0]), default: 0] += 1 }
    }
}

/// A made-up chain of MSTR: two expiries, and all that makes a chain odd.
struct MadeChain: Sendable {
    var bid = "4.10"
    var time = "2026-01-06T20:00:00.123456789Z"

    static let contracts = [
        contract("MSTR260116C00150000", interest: "120"), contract("MSTR260116P00150000", interest: "80", date: "2026-01-02"),
        contract("MSTR260116C00152500", interest: nil), contract("MSTR260220C00150000", interest: "7"),
        contract("MSTR260220C00160000", interest: "5", multiplier: "10"), contract("MSTR1260116C00150000", interest: "9"),
        // Known by the list of contracts alone.
        contract("MSTR260220P00140000", interest: "33"), contract("MSTR260105C00150000", interest: "1"),
    ]

    static func contract(_ symbol: String, interest: String?, date: String = "2026-01-05", multiplier: String = "100") -> String {
        let known = interest.map { #""\#($0)""# } ?? "null"
        return
            #"{"id":"x","symbol":"\#(symbol)","status":"active","tradable":true,"size":"100","multiplier":"\#(multiplier)","open_interest":\#(known),"open_interest_date":"\#(date)"}"#
    }

    var snapshots: [String] {
        [
            #""MSTR260116C00150000":{"latestQuote":{"t":"\#(time)","bp":\#(bid),"ap":4.30,"c":" "},"latestTrade":{"t":"2026-01-06T19:00:00Z","p":4.2},"dailyBar":{"t":"2026-01-06T05:00:00Z","v":55},"impliedVolatility":0.45844784444650364,"greeks":{"delta":0.52,"gamma":0.0210,"theta":-0.11,"vega":0.09,"rho":0.01}}"#,
            // No volatility, no greeks; the last trade and the volume are of an earlier day.
            #""MSTR260116P00150000":{"latestQuote":{"t":"2026-01-06T19:59:00Z","bp":0,"ap":3.1},"latestTrade":{"t":"2025-12-30T19:00:00Z","p":2.2},"dailyBar":{"t":"2025-12-30T05:00:00Z","v":1}}"#,
            #""MSTR260116C00152500":{"latestQuote":{"t":"2026-01-06T19:58:00Z","bp":3.0,"ap":3.2}}"#,
            #""MSTR260220C00150000":{"latestQuote":{"t":"2026-01-06T19:58:00Z","bp":9.0,"ap":9.4},"impliedVolatility":0.5}"#,
            #""MSTR260220C00160000":{"latestQuote":{"t":"2026-01-06T19:58:00Z","bp":6.0,"ap":6.4}}"#,
            #""MSTR1260116C00150000":{"latestQuote":{"t":"2026-01-06T19:58:00Z","bp":1.0,"ap":1.4}}"#,
        ]
    }

    /// Its answers, two rows a page.
    static func answers(_ chain: @escaping @Sendable () -> MadeChain) -> [String: AlpacaVendor.Answer] {
        @Sendable func page(_ rows: [String], _ query: [String: String], _ body: (String, String) -> String) -> LoopbackServer.Reply {
            let start = query["page_token"].flatMap { Int($0) } ?? 0
            let end = min(rows.count, start + 2)
            return .json(body(rows[start..<end].joined(separator: ","), end < rows.count ? #""\#(end)""# : "null"))
        }
        return [
            "/v2/stocks/snapshots": { _ in
                .json(
                    #"{"MSTR":{"latestQuote":{"t":"2026-01-06T20:00:00Z","bp":150.9,"ap":151.1},"latestTrade":{"t":"2026-01-06T19:59:59Z","p":99}}}"#
                )
            },
            "/v2/options/contracts": { query in
                page(contracts, query) { #"{"option_contracts":[\#($0)],"next_page_token":\#($1)}"# }
            },
            "/v1beta1/options/snapshots/MSTR": { query in
                page(chain().snapshots, query) { #"{"snapshots":{\#($0)},"next_page_token":\#($1)}"# }
            },
        ]
    }
}

/// Alpaca's recorded bodies, which are not part of the project.
enum AlpacaBodies {
    private static let folder: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        if let named = ProcessInfo.processInfo.environment["ALPHA_LEDGER_ALPACA_BODIES"] { return URL(filePath: named) }
        return root.deletingLastPathComponent().appending(path: "shared/data/alpaca")
    }()

    static let arePresent = FileManager.default.fileExists(atPath: folder.appending(path: "option-chain.aapl.json").path)

    static func reply(_ name: String) -> LoopbackServer.Reply {
        guard let data = try? Data(contentsOf: folder.appending(path: name + ".json")) else { return .status(500) }
        return .response(status: 200, headers: [("Content-Type", "application/json")], body: [UInt8](data))
    }
}
