import LedgerJSON
import LedgerValues

/// The executions that one run of a source covers: portfolios by name, with or without pending executions.
package struct ExecutionScope: Sendable {
    /// The stored `source` of the rows.
    package let source: String
    /// The names, each once, sorted by their UTF-8 bytes.
    package let portfolios: [String]
    /// Whether the scope includes `PENDING` executions.
    package let includePending: Bool
    private let givenKey: String?

    /// A scope of at least one portfolio. A name has one character or more. It has no comma, which separates names, and no control
    /// character. A name given twice counts once.
    ///
    /// - Parameters:
    ///   - source: the stored `source` of the rows.
    ///   - portfolios: the names.
    ///   - includePending: whether `PENDING` executions belong to it.
    ///   - key: of a source whose rows all have one scope; nil for the key that follows from the others.
    package init(
        source: String = TradeLedger.standardSource, portfolios: [String], includePending: Bool = false, key: String? = nil
    ) throws(ExecutionScopeError) {
        guard !portfolios.isEmpty else { throw .noPortfolio }
        for name in portfolios {
            guard !name.isEmpty,
                !name.unicodeScalars.contains(where: { $0 == "," || $0.value < 0x20 || $0.value == 0x7f })
            else { throw .badPortfolio }
        }
        self.source = source
        self.portfolios = Set(portfolios.map { ByteKey($0) }).sorted().map(\.text)
        self.includePending = includePending
        givenKey = key
    }

    /// What identifies the scope in the ledger: `portfolio_names=ICOI,IMST|include_pending=false`.
    ///
    /// A source other than the standard one goes before: `source=desk_fills|portfolio_names=…`.
    package var key: String {
        if let givenKey { return givenKey }
        let own = source.isBytewiseEqual(to: TradeLedger.standardSource) ? "" : "source=\(source)|"
        return "\(own)portfolio_names=\(portfolios.joined(separator: ","))|include_pending=\(includePending)"
    }

    /// `scope_details` of the sync events: `{"include_pending":…,"portfolios":[…]}` in canonical JSON.
    package var details: [UInt8] { Self.details(portfolios: portfolios, includePending: includePending) }

    package static func details(portfolios: [String], includePending: Bool) -> [UInt8] {
        var out = JSONWriter()
        out.beginObject()
        out.key("include_pending")
        out.bool(includePending)
        out.key("portfolios")
        out.beginArray()
        for portfolio in portfolios { out.string(portfolio) }
        out.endArray()
        out.endObject()
        return out.bytes
    }

    /// Whether a portfolio of that name, byte for byte, belongs to the scope.
    package func contains(_ portfolio: String) -> Bool {
        portfolios.contains { $0.isBytewiseEqual(to: portfolio) }
    }

    /// Whether a stored execution belongs to the scope.
    ///
    /// Its portfolio is in the scope. An execution without a portfolio belongs to the scope that fetched it last. A pending one
    /// belongs only to a scope that includes pending executions.
    package func covers(_ row: ExecutionRow, fetchedBy scopeKey: String) -> Bool {
        if row.tradeStatus == .pending && !includePending { return false }
        guard let portfolio = row.sourcePortfolio else { return scopeKey.isBytewiseEqual(to: key) }
        return contains(portfolio)
    }
}

/// Why a scope can't be asked for.
package enum ExecutionScopeError: Error, Equatable, CustomStringConvertible {
    case noPortfolio
    /// A name that would be taken for something else.
    case badPortfolio

    package var description: String {
        switch self {
        case .noPortfolio: "no portfolio is named"
        case .badPortfolio: "a portfolio's name must not be empty or hold commas or control characters"
        }
    }
}
