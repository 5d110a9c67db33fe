package import LedgerRules
package import LedgerValues

/// The rules of execution quality (`execution_quality/rules.v<N>.yaml`), with the rule files that they use.
package final class ExecutionQualityRules: Sendable {
    package let file: RuleFile
    package let trades: TradesRules
    /// The only currency of fills that are compared with quotes.
    package let priceCurrency: String
    /// The distance from the trade within which a backfill looks for quotes, inclusive.
    package let lookupMinutes: Int
    /// The distance from the trade within which a quote is fresh, inclusive.
    package let freshMinutes: Int
    /// A bid counts only if it is above this.
    package let bidAbove: FixedDecimal
    /// The `benchmark_source` of a model's mark.
    package let modelSource: String

    /// All files read, in path order.
    package var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    package convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "execution_quality/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: the path in another rule file's `uses`
    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "execution_quality", read: read)
        let root = document.root
        try root.allowOnly(["rules", "version", "uses", "price_currency", "quote", "bid_above", "model_source"])
        file = document.file
        trades = try TradesRules(path: try root.used("trades/rules."), read: read)
        priceCurrency = try root.text("price_currency")
        let quote = try root.member("quote")
        try quote.allowOnly(["lookup_minutes", "fresh_minutes"])
        freshMinutes = try quote.minutes("fresh_minutes")
        lookupMinutes = try quote.minutes("lookup_minutes")
        guard freshMinutes <= lookupMinutes else { throw quote.fail("a fresh quote is not looked for") }
        bidAbove = try root.decimal("bid_above")
        modelSource = try root.text("model_source")
    }
}

extension RuleNode {
    fileprivate func minutes(_ name: String) throws -> Int {
        let value = try integer(name)
        guard (0...1_000_000).contains(value) else { throw try member(name).fail("expected minutes, 0 or more") }
        return value
    }
}
