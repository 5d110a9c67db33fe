package import LedgerRules
package import LedgerValues

/// The mapping from traded symbols to crypto markets (`shared/market_proxy.v<N>.yaml`).
package final class MarketProxyRules: Sendable {
    package struct Mapping: Sendable, Equatable {
        /// The market whose context stands behind the symbol. Nil for an unmapped symbol.
        package let marketProxy: String?
        package let method: String
        /// 0…1.
        package let confidence: FixedDecimal
        package let quality: String
    }

    package let file: RuleFile
    private let bySymbol: [ByteKey: Mapping]
    private let unmapped: Mapping

    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "market_proxy", read: read)
        try document.root.allowOnly(["rules", "version", "symbols", "unmapped"])
        file = document.file
        var mappings: [ByteKey: Mapping] = [:]
        for (symbol, node) in try document.root.member("symbols").members() {
            try node.allowOnly(["market_proxy", "mapping_method", "mapping_confidence", "mapping_quality"])
            mappings[ByteKey(symbol)] = Mapping(
                marketProxy: try node.text("market_proxy"), method: try node.text("mapping_method"),
                confidence: try node.decimal("mapping_confidence"), quality: try node.text("mapping_quality"))
        }
        bySymbol = mappings
        let node = try document.root.member("unmapped")
        unmapped = Mapping(
            marketProxy: nil, method: try node.text("mapping_method"),
            confidence: try node.decimal("mapping_confidence"), quality: try node.text("mapping_quality"))
    }

    /// The mapping of a symbol. A symbol that is null or not listed is unmapped; it never gets a default market.
    package func mapping(of symbol: String?) -> Mapping {
        guard let symbol else { return unmapped }
        return bySymbol[ByteKey(symbol)] ?? unmapped
    }
}
