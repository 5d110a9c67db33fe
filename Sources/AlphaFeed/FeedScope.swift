import Values

/// Which trades a sync asks for: portfolios by name, with or without pending ones.
public struct FeedScope: Sendable {
    /// The names, each once, sorted by their UTF-8 bytes.
    public let portfolios: [String]
    /// Whether `PENDING` trades are asked for.
    public let includePending: Bool

    /// Why a scope can't be asked for.
    public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// A scope of at least one portfolio. A name has one character or more, and no comma, which separates them, and
    /// no control character. A name given twice counts once.
    public init(portfolios: [String], includePending: Bool = false) throws(Problem) {
        guard !portfolios.isEmpty else { throw Problem(description: "no Alpha portfolio is named") }
        for name in portfolios {
            guard !name.isEmpty,
                !name.unicodeScalars.contains(where: { $0 == "," || $0.value < 0x20 || $0.value == 0x7f })
            else {
                throw Problem(
                    description: "an Alpha portfolio's name must not be empty or hold commas or control characters")
            }
        }
        self.portfolios = Set(portfolios.map { ByteKey($0) }).sorted().map(\.text)
        self.includePending = includePending
    }

    /// What identifies the scope in the ledger: `portfolio_names=ICOI,IMST|include_pending=false`.
    public var scopeKey: String {
        "portfolio_names=\(portfolios.joined(separator: ","))|include_pending=\(includePending)"
    }

    /// Whether a portfolio of that name, byte for byte, belongs to the scope.
    public func contains(_ portfolio: String) -> Bool {
        portfolios.contains { $0.isBytewiseEqual(to: portfolio) }
    }
}
