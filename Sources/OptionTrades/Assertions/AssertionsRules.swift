package import LedgerRules
package import LedgerValues

/// The rules of assertions (`assertions/rules.v<N>.yaml`), with the rule files that they use.
package final class AssertionsRules: Sendable {
    package let file: RuleFile
    package let trades: TradesRules
    private let quantity: FixedDecimal
    private let premium: FixedDecimal
    private let cash: FixedDecimal

    /// All files read, in path order.
    package var files: [RuleFile] { ([file] + trades.files).sorted { $0.path < $1.path } }

    package init(version: Int, read: RuleFileReader) throws {
        let path = "assertions/rules.v\(version).yaml"
        let document = try RuleDocument(path: path, kind: "assertions", read: read)
        let root = document.root
        try root.allowOnly(["rules", "version", "uses", "tolerance"])
        file = document.file
        trades = try TradesRules(path: try root.used("trades/rules."), read: read)
        let tolerance = try root.member("tolerance")
        try tolerance.allowOnly(Set(AssertionKind.allCases.map(\.rawValue)))
        func decimal(_ kind: AssertionKind) throws -> FixedDecimal {
            let value = try tolerance.decimal(kind.rawValue)
            if value.isNegative { throw try tolerance.member(kind.rawValue).fail("expected zero or more") }
            return value
        }
        quantity = try decimal(.quantity)
        premium = try decimal(.premium)
        cash = try decimal(.cash)
    }

    /// The tolerance of an assertion that states none, in the unit of its kind.
    package func tolerance(of kind: AssertionKind) -> FixedDecimal {
        switch kind {
        case .quantity: quantity
        case .premium: premium
        case .cash: cash
        }
    }
}
