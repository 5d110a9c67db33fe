import LedgerProjections
package import LedgerValues
package import OptionTrades

/// What a read of research stands on, as a reader asks for it.
package struct ResearchRequest: Sendable {
    /// What the ledger knew after this event. Nil for the least checkpoint of what is read.
    package var asOfPosition: Int64?
    /// What it knew at this instant.
    package var asOf: Instant?
    /// Whether the answer names the log's root, the document's digest and those of the rows that were read.
    package var hasReceipt = false
    private var others = RulesChoice.served
    private var named: [(projection: String, rules: RulesChoice)] = []

    package init() {}

    /// Reads `rules=`: versions such as `iv_surface@v1/c1`, at most one of each projection that is read, and `as_served` for those
    /// that are not named, comma-separated.
    package mutating func setRules(_ text: String, reading views: [View]) throws(ViewError) {
        for piece in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if piece == "as_served", others == .served {
                others = .asServed
                continue
            }
            guard let at = piece.firstIndex(of: "@"),
                let view = views.first(where: { $0.projection.isBytewiseEqual(to: View.projection(named: String(piece[..<at]))) }),
                !named.contains(where: { $0.projection.isBytewiseEqual(to: view.projection) })
            else {
                throw .badParameter(
                    name: "rules",
                    expected: "as_served, or versions as in \(views[0].projection)@v1, comma-separated, at most one of each of "
                        + views.map(\.projection).joined(separator: ", "))
            }
            named.append((view.projection, try RulesChoice(parsing: piece, projection: view.projection)))
        }
    }

    func rules(of view: View) -> RulesChoice {
        named.first { $0.projection.isBytewiseEqual(to: view.projection) }?.rules ?? others
    }

    /// Whether it names the position or the moment.
    var isFixed: Bool { asOfPosition != nil || asOf != nil }

    /// Whether the same request gives the same bytes for ever.
    func isPinned(reading views: [View]) -> Bool {
        guard asOfPosition != nil, asOf != nil else { return false }
        return views.allSatisfy { view in
            if case .version(let version) = rules(of: view) { version.codeVersion != nil } else { false }
        }
    }
}

/// A question of research: a pure document of rows of some projections.
package protocol ResearchQuestion: Sendable {
    /// The name of its artifact and command, for example `iv-surface`.
    var name: String { get }
    /// What is read.
    var views: [View] { get }
    /// All parameters, in one text.
    var key: String { get }

    /// The document: a canonical JSON object whose decimals are numbers.
    func document(_ rows: ResearchRows) throws -> [UInt8]
}
