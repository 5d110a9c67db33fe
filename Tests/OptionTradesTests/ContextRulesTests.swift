import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct ContextRulesTests {
    @Test func `version one has the numbers of the contract`() throws {
        let rules = try ContextFixture().stamper.rules
        #expect(rules.join == .nearest && rules.smileState == "not_sourced")
        #expect(rules.gexReach.freshMinutes == 90 && rules.gexReach.staleMinutes == 10_080)
        #expect(rules.volReach.freshMinutes == 2160 && rules.volReach.staleMinutes == 10_080)
        #expect(rules.dvolPercentile.windowDays == 365 && rules.dvolPercentile.minimumDays == 60)
        #expect(rules.gammaRegime.windowDays == 90 && rules.gammaRegime.minimumObservations == 240)
        #expect(rules.stationarity.recentDays == 30 && rules.stationarity.olderDays == 90)
        #expect(
            rules.files.map(\.path) == [
                "context/rules.v1.yaml", "shared/market_proxy.v1.yaml", "shared/root_aliases.v1.yaml",
                "trades/rules.v1.yaml",
            ])
        #expect(rules.stampFiles.map(\.path) == ["context/rules.v1.yaml", "shared/market_proxy.v1.yaml"])
    }

    @Test(
        arguments: [
            ("join: nearest", "join: closest", "join"), ("smile_state:", "smile:", nil),
            ("minimum_days: 60", "minimum_days: 0", "dvol_percentile.minimum_days"),
            ("minimum_days: 60", "minimum_days: many", "dvol_percentile.minimum_days"),
            ("minimum_recent: 20", "minimum_recent: 1", "stationarity.minimum_recent"),
            ("older_days: 90", "older_days: 30", "stationarity.older_days"),
            ("upper_percentile: 70", "upper_percentile: 101", "gamma_regime.upper_percentile"),
            (
                "fresh_minutes: 90, stale_minutes: 10080", "fresh_minutes: 90, stale_minutes: 89",
                "reach.gex_hourly.stale_minutes"
            ),
            ("near_term_risk_from: 2", "near_term_risk_from: 2\n  extra: 1", "term_structure"),
            ("trades/rules.v1.yaml", "shared/market_proxy.v1.yaml", "uses"),
        ] as [(String, String, String?)])
    func aFileThatBreaksTheFormIsRefusedWithItsKey(old: String, new: String, key: String?) throws {
        do {
            _ = try ContextFixture([(old, new)])
            Issue.record("\(new) was accepted")
        } catch let error as RuleError {
            #expect(error.path == "context/rules.v1.yaml" && error.key == key, "\(error)")
        }
    }
}
