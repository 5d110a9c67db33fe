import Curl
package import LedgerJSON
package import LedgerValues
package import OptionTrades

extension AlpacaClient {
    /// Trades of option contracts between two moments, both inclusive, as lines of a tape: those of each contract by time.
    ///
    /// The vendor gives no number of a trade, so `sequence` is null. Contracts without trades are absent.
    ///
    /// - Parameters:
    ///   - symbols: OCC symbols, at most 100.
    ///   - from: the first moment.
    ///   - through: the last moment.
    package func optionTrades(
        of symbols: [String], from: Instant, through: Instant
    ) async throws(BrokerFailure) -> [ByteKey: [JSONNode]] {
        var pages: Int64 = 0
        var found: [ByteKey: [JSONNode]] = [:]
        let query = [
            ("symbols", symbols.joined(separator: ",")), ("start", "\(from)"), ("end", "\(through)"), ("limit", "10000"), ("sort", "asc"),
        ]
        try await forEachPage(settings.dataURL, "/v1beta1/options/trades", query, &pages) { root in
            for (symbol, rows) in root["trades"].map({ $0.members.map { ($0.key, $0.value) } }) ?? [] {
                found[ByteKey(symbol), default: []] += rows.elements.map { Self.tapeLine($0) }
            }
        }
        return found
    }

    /// The latest quotes of option contracts as lines of a tape, and when the vendor says that it is; nil if it doesn't say.
    ///
    /// Contracts without a quote are absent. The quotes are those of the exchanges: the other feed's are altered, and a side read off
    /// them would be a guess. An account without rights to them gets a 403.
    ///
    /// - Parameter symbols: OCC symbols, at most 100.
    package func latestOptionQuotes(of symbols: [String]) async throws(BrokerFailure) -> (quotes: [ByteKey: JSONNode], at: Instant?) {
        let path = "/v1beta1/options/quotes/latest"
        guard let found = try await question(settings.dataURL, path, [("symbols", symbols.joined(separator: ",")), ("feed", "opra")]) else {
            throw BrokerFailure(.malformed, "\(path): the broker knows no such path")
        }
        var quotes: [ByteKey: JSONNode] = [:]
        for (symbol, row) in found.root["quotes"].map({ $0.members.map { ($0.key, $0.value) } }) ?? [] {
            guard let time = row["t"]?.string else { continue }
            func decimal(_ key: String) -> JSONNode { Wire.decimal(row[key]).map(JSONNode.decimal) ?? .null }
            quotes[ByteKey(symbol)] = .object([
                ("timestamp", .string(time)), ("bid", decimal("bp")), ("ask", decimal("ap")), ("bid_size", decimal("bs")),
                ("ask_size", decimal("as")),
            ])
        }
        return (quotes, Wire.httpDate(found.response.header("Date")))
    }

    /// The time is the vendor's text, which has nanoseconds.
    private static func tapeLine(_ row: JSONValue) -> JSONNode {
        func text(_ key: String) -> JSONNode { row[key]?.string.map(JSONNode.string) ?? .null }
        func decimal(_ key: String) -> JSONNode { Wire.decimal(row[key]).map(JSONNode.decimal) ?? .null }
        return .object([
            ("timestamp", text("t")), ("price", decimal("p")), ("size", decimal("s")), ("exchange", text("x")),
            ("conditions", text("c")), ("sequence", .null),
        ])
    }
}
