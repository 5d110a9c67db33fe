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
