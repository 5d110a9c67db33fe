import LedgerProjections
package import LedgerValues
package import OptionTrades

/// A reader's request for all that the views know about one trade.
package struct TradeRequest: Sendable {
    package let source: String
    package let id: String
    /// Reads the ledger's knowledge after this event. Nil means the least checkpoint of the parts.
    package var asOfPosition: Int64?
    /// Reads the ledger's knowledge at this instant.
    package var asOf: Instant?
    /// Reads only facts with a valid time up to this instant.
    package var effectiveAt: Instant?
    package var rules = TradeRules.served

    /// - Parameters:
    ///   - source: where the trade comes from; the source of synced trades if absent
    ///   - id: the trade's id at its source
    package init(source: String? = nil, id: String) {
        self.source = source ?? TradeLedger.standardSource
        self.id = id
    }

    /// The views that have a part in a trade's document, in its order.
    package static let parts: [View] = [.trades, .context, .executionQuality, .alignment, .outcomes, .lifecycles]
}

/// The rules under which the parts of a trade's document are read: `rules=`.
package struct TradeRules: Sendable {
    /// Those of the parts that are not named.
    private var others = RulesChoice.served
    private var named: [(projection: String, rules: RulesChoice)] = []

    /// The versions that are served now.
    package static let served = TradeRules()

    private init() {}

    /// Reads the parameter's text: versions such as `alignment@v1/c1`, at most one of each part, and `as_served` for the parts
    /// that are not named, comma-separated.
    package init(parsing text: String) throws(ViewError) {
        for piece in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if piece == "as_served", others == .served {
                others = .asServed
                continue
            }
            guard let at = piece.firstIndex(of: "@"),
                let view = TradeRequest.parts.first(where: {
                    $0.projection.isBytewiseEqual(to: View.projection(named: String(piece[..<at])))
                }), !named.contains(where: { $0.projection.isBytewiseEqual(to: view.projection) })
            else {
                throw .badParameter(
                    name: "rules",
                    expected: "as_served, or versions as in alignment@v1, comma-separated, at most one of each of "
                        + TradeRequest.parts.map(\.projection).joined(separator: ", "))
            }
            named.append((view.projection, try RulesChoice(parsing: piece, projection: view.projection)))
        }
    }

    /// The rules of a part.
    subscript(_ view: View) -> RulesChoice {
        named.first { $0.projection.isBytewiseEqual(to: view.projection) }?.rules ?? others
    }
}
