/// A row of the feed as JSON text, made from members whose values are JSON texts too.
struct FeedRow: CustomStringConvertible {
    private var members: [(key: String, value: String)]

    /// A valid row with every key of the contract.
    static let full = FeedRow(members: [
        ("tradeId", #""T-1""#), ("updatedAt", #""2026-02-03T21:14:09.120000Z""#),
        ("tradeDate", #""2026-01-15T15:30:00Z""#),
        ("tradeStatus", #""FILLED""#), ("createdAt", #""2026-01-15T15:30:01+01:00""#), ("tradeTicketId", #""TT""#),
        ("portfolioId", #""P-1""#), ("securityId", #""S-1""#), ("portfolioName", #""ICOI""#),
        ("underlyingSymbol", #""MSTR""#), ("underlyingType", #""EQUITY""#),
        ("optionSymbol", #""MSTR  260130C00350000""#), ("instrument", #""OPTION""#), ("side", #""BUY""#),
        ("optionType", #""CALL""#), ("strike", "350.000"), ("expiry", #""2026-01-30""#), ("filledQuantity", "12.10"),
        ("pendingQuantity", #""0""#), ("price", #""1250.5""#), ("priceCurrency", #""USD""#),
        ("contractMultiplier", "1e2"), ("quantityUnit", #""contracts""#), ("premiumUsd", "15131.05"),
        ("feesUsd", "-1.25"), ("tradedIv", "0.7123456789"), ("spotAtTrade", "349.99"), ("reconStatus", #""MATCHED""#),
        ("broker", #""B""#), ("executionType", #""LIMIT""#), ("createdBy", #""me""#),
        ("notes", #""a \"note\" é\u00e9""#),
        ("isSynthetic", "false"),
    ])

    /// A valid row with the required keys alone.
    static let least = FeedRow(members: full.members.filter { required.contains($0.key) })

    static let required = ["tradeId", "updatedAt", "tradeDate", "tradeStatus"]

    /// All keys of the contract.
    static var keys: [String] { full.members.map(\.key) }

    /// The same row with another value, or another member at the end.
    func with(_ key: String, _ value: String) -> FeedRow {
        var row = self
        if let index = members.firstIndex(where: { $0.key == key }) {
            row.members[index].value = value
        } else {
            row.members.append((key, value))
        }
        return row
    }

    func without(_ key: String) -> FeedRow {
        FeedRow(members: members.filter { $0.key != key })
    }

    var reversed: FeedRow { FeedRow(members: members.reversed()) }

    var description: String {
        "{\(members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}"
    }
}
