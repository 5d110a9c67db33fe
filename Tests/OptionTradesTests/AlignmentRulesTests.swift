import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct AlignmentRulesTests {
    static let alignment = "alignment/rules.v1.yaml"
    static let quality = "execution_quality/rules.v1.yaml"

    /// The error of reading a rule file with one piece of its text replaced.
    private func problem(_ path: String, _ old: String, _ new: String) throws -> String {
        let text = String(decoding: try #require(projectRuleFile(path)), as: UTF8.self)
        try #require(text.contains(old), "the file has no `\(old)`")
        let changed = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: new)
        let read: RuleFileReader = { $0 == path ? Array(changed.utf8) : projectRuleFile($0) }
        do {
            if path == Self.alignment {
                _ = try AlignmentRules(version: 1, read: read)
            } else {
                _ = try ExecutionQualityRules(version: 1, read: read)
            }
        } catch let error as RuleError {
            return error.description
        }
        return "was read"
    }

    @Test func `the files that they use come in path order`() throws {
        let shared = ["shared/market_proxy.v1.yaml", "shared/root_aliases.v1.yaml", "trades/rules.v1.yaml"]
        #expect(try AlignmentRules(version: 1, read: projectRuleFile).files.map(\.path) == [Self.alignment] + shared)
        #expect(
            try ExecutionQualityRules(version: 1, read: projectRuleFile).files.map(\.path) == [Self.quality] + shared)
    }

    @Test(
        "What is wrong with a rule is said with file, line and key",
        arguments: [
            ("width: 30", "width: 0", ":17: signals.dvol_percentile.width: expected a number above 0"),
            ("limit: 1", "limit: -1", ":18: signals.dvol_percentile.limit: expected a number that is not below 0"),
            (
                "center: 50", "centre: 50",
                ":16: signals.dvol_percentile: unknown key `centre`; expected center, limit, weight, width"
            ),
            (
                "weight: {long_vol: 15, short_vol: -15}", "weight: {long_vol: 15}",
                ":15: signals.dvol_percentile.weight: the key `short_vol` is missing"
            ),
            (
                "cheap: 10, rich: -10, fair: 0", "cheap: 10, rich: -10",
                ":25: signals.smile: the strategies do not list the same states"
            ),
            (
                "  smile:", "  smiles:",
                ":24: signals: unknown key `smiles`; expected dvol_percentile, gamma_regime, smile, stationarity, term_structure, vrp"
            ),
            ("cheap: 10", "cheap: ten", ":25: signals.smile.long_vol.cheap: expected a decimal number (notANumber)"),
            ("buy: long_vol", "buy: long_gamma", ":10: strategy.assumed.buy: expected one of long_vol, short_vol"),
            ("score: 58", "score: 70", ":50: labels.from.1: is not below the one before"),
            (
                "otherwise: misaligned", "otherwise: bad",
                ":53: labels.otherwise: expected one of aligned, partially_aligned, mixed, weak_alignment, misaligned, insufficient_data"
            ),
            ("lowest: 0", "lowest: 101", ":38: score: `lowest` is above `highest`"),
            (
                "signals: [dvol_percentile", "signals: [dvol",
                ":44: scored.signals.0: expected one of dvol_percentile, gamma_regime, smile, stationarity, term_structure, vrp"
            ),
            ("trades/rules.v1.yaml", "trade/rules.v1.yaml", ":6: uses: no trades/rules.…yaml is listed"),
        ])
    func alignmentProblems(_ old: String, _ new: String, _ expected: String) throws {
        #expect(try problem(Self.alignment, old, new) == "projections/\(Self.alignment)\(expected)")
    }

    @Test(
        "The same for execution quality",
        arguments: [
            ("fresh_minutes: 5", "fresh_minutes: 31", ":11: quote: a fresh quote is not looked for"),
            ("fresh_minutes: 5", "fresh_minutes: -1", ":12: quote.fresh_minutes: expected minutes, 0 or more"),
            ("bid_above: 0", "bid_above: none", ":14: bid_above: expected a decimal number (notANumber)"),
            (
                "price_currency: USD", "currency: USD",
                ":7: unknown key `currency`; expected bid_above, model_source, price_currency, quote, rules, uses, version"
            ),
        ])
    func qualityProblems(_ old: String, _ new: String, _ expected: String) throws {
        #expect(try problem(Self.quality, old, new) == "projections/\(Self.quality)\(expected)")
    }
}
