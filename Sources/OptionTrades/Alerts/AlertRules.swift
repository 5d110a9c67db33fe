package import LedgerRules
package import LedgerValues

/// What is worth telling somebody (`analyses/alerts/rules.v<N>.yaml`; docs/contract/alerts.md).
package struct AlertRules: Sendable {
    /// One alert: a figure of a document, and when it is raised and cleared.
    package struct Rule: Sendable {
        package let id: String
        /// The analysis whose document holds the figure, or `ledger` for figures of the ledger itself.
        package let analysis: String
        package let path: String
        package let condition: Condition
        /// How long the condition must have held, in minutes.
        package let forMinutes: Int
        package let severity: Severity
        package let text: String

        /// Whether the figure is of the ledger, and not of a market.
        package var isOfLedger: Bool { analysis.isBytewiseEqual(to: AlertRules.ledger) }
    }

    package enum Severity: String, Sendable, CaseIterable {
        case info, warning, critical
    }

    package enum Operator: String, Sendable, CaseIterable {
        case above = ">"
        case atLeast = ">="
        case below = "<"
        case atMost = "<="
        case equals = "=="
        case changed
    }

    package enum Condition: Sendable {
        /// A comparison with a number, and with another one while the alert is raised.
        case number(Operator, threshold: FixedDecimal, clear: FixedDecimal)
        case text(String)
        case changed
    }

    /// What alerts name as the analysis of the ledger's own figures.
    package static let ledger = "ledger"
    package static let name = "alerts"

    package let file: RuleFile
    package let rules: [Rule]

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "analyses/\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        try document.root.allowOnly(["rules", "version", "alerts"])
        file = document.file
        var rules: [Rule] = []
        for node in try document.root.member("alerts").elements() {
            let rule = try Rule(node)
            guard !rules.contains(where: { $0.id.isBytewiseEqual(to: rule.id) }) else {
                throw node.fail("the id `\(rule.id)` stands twice")
            }
            rules.append(rule)
        }
        self.rules = rules
    }

    /// The names of the analyses whose documents are needed, without the ledger.
    package var analyses: [String] {
        Set(rules.filter { !$0.isOfLedger }.map { ByteKey($0.analysis) }).map(\.text).sorted { $0.isBytewiseLess(than: $1) }
    }
}

extension AlertRules.Rule {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["id", "analysis", "path", "operator", "threshold", "clear", "for_minutes", "severity", "text"])
        let present = Set(try node.members().map(\.name))
        id = try node.text("id")
        guard !id.isEmpty,
            id.utf8.allSatisfy({
                $0 == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
            })
        else { throw try node.member("id").fail("expected lower-case letters, digits and underscores") }
        analysis = try node.text("analysis")
        guard analysis.isBytewiseEqual(to: AlertRules.ledger) || MarketAnalysis.named(analysis) != nil else {
            throw try node.member("analysis").fail("expected \(AlertRules.ledger) or an analysis of a market")
        }
        path = try node.text("path")
        guard let comparison = AlertRules.Operator(rawValue: try node.text("operator")) else {
            throw try node.member("operator").fail("expected one of \(AlertRules.Operator.allCases.map(\.rawValue).joined(separator: " "))")
        }
        switch comparison {
        case .changed: condition = .changed
        case .equals: condition = .text(try node.text("threshold"))
        default:
            let threshold = try node.decimal("threshold")
            condition = .number(comparison, threshold: threshold, clear: present.contains("clear") ? try node.decimal("clear") : threshold)
        }
        forMinutes = present.contains("for_minutes") ? try node.whole("for_minutes", from: 0) : 0
        guard let severity = AlertRules.Severity(rawValue: try node.text("severity")) else {
            throw try node.member("severity").fail("expected \(AlertRules.Severity.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.severity = severity
        text = try node.text("text")
    }
}

extension AlertRules.Operator {
    func holds(_ value: FixedDecimal, _ threshold: FixedDecimal) -> Bool {
        switch self {
        case .above: value > threshold
        case .atLeast: value >= threshold
        case .below: value < threshold
        case .atMost: value <= threshold
        case .equals: value == threshold
        case .changed: false
        }
    }
}
