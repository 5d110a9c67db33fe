import Foundation
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct OutcomesAggregatesTests {
    private func row(
        _ horizon: String, portfolio: String?, state: String, before: String? = nil,
        after: String? = nil,
        regime: String? = nil
    ) throws -> JSONDocument {
        func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "null" }
        return try JSONDocument(
            parsing: Array(
                """
                {"alignment_label":"mixed","dvol_bucket":"low","gamma_regime":\(text(regime)),"horizon_key":"\(horizon)",\
                "outcome_state":"\(state)","pnl_after_fees_usd":\(text(after)),"pnl_before_fees_usd":\(text(before)),\
                "source_portfolio":\(text(portfolio)),"underlying_symbol":"MSTR"}
                """.utf8))
    }

    private func node(_ rows: [JSONDocument]) throws -> JSONValue {
        var aggregates = OutcomesAggregates(.complete)
        for row in rows { aggregates.add(row.root) }
        return try JSONDocument(parsing: aggregates.node().httpBytes()).root
    }

    @Test func `sums and rates by hand`() throws {
        let node = try node([
            row("7d", portfolio: "IMST", state: "unrealized_mark", before: "100.5", after: "99"),
            row("7d", portfolio: "IMST", state: "unrealized_mark", before: "-0.25"),
            row("7d", portfolio: "IMST", state: "unrealized_mark", before: "0", after: "-1"),
            row("7d", portfolio: "IMST", state: "unavailable"),
            row("7d", portfolio: "IMST", state: "pending"),
        ])
        // 100.25 ÷ 3 = 33.41666…, 98 ÷ 2 = 49, 1 ÷ 3.
        #expect(
            node["7d"]?["by_portfolio"]?.sourceText == """
                [{"key":"IMST","count":5,"unrealized_mark":3,"terminal_mark":0,"pending":1,"unavailable":1,"priced":3,\
                "priced_after_fees":2,"positive":1,"negative":1,"flat":1,"sum_pnl_before_fees_usd":100.25,\
                "mean_pnl_before_fees_usd":33.4166666667,"sum_pnl_after_fees_usd":98,"mean_pnl_after_fees_usd":49,\
                "win_rate":0.3333333333}]
                """)
    }

    @Test func `where nothing is priced figures are null and counts zero`() throws {
        let node = try node([row("expiry", portfolio: "IMST", state: "pending")])
        #expect(
            node["expiry"]?["by_dvol_bucket"]?.sourceText == """
                [{"key":"low","count":1,"unrealized_mark":0,"terminal_mark":0,"pending":1,"unavailable":0,"priced":0,\
                "priced_after_fees":0,"positive":0,"negative":0,"flat":0,"sum_pnl_before_fees_usd":null,\
                "mean_pnl_before_fees_usd":null,"sum_pnl_after_fees_usd":null,"mean_pnl_after_fees_usd":null,\
                "win_rate":null}]
                """)
    }

    @Test func `horizons and keys are sorted bytewise with the missing key last`() throws {
        let node = try node([
            row("expiry", portfolio: nil, state: "pending"), row("7d", portfolio: "b", state: "pending"),
            row("7d", portfolio: nil, state: "pending"), row("7d", portfolio: "Z", state: "pending"),
            row("30d", portfolio: "é", state: "pending"),
            row("30d", portfolio: "e\u{301}", state: "pending"),
        ])
        #expect(node.members.map(\.key) == ["30d", "7d", "expiry"])
        #expect(
            node["7d"]?.members.map(\.key) == [
                "by_portfolio", "by_underlying", "by_gamma_regime", "by_alignment_label", "by_dvol_bucket",
            ])
        #expect(node["7d"]?["by_portfolio"]?.elements.map { $0["key"]?.string } == ["Z", "b", nil])
        // The same letter in two spellings is two portfolios.
        #expect(node["30d"]?["by_portfolio"]?.count == 2)
        #expect(try self.node([]).count == 0)
    }

    @Test func `aggregates equal a second sum over the rows`() throws {
        let projection = try outcomesProjection()
        let rules = try OutcomesRules(version: 1, read: projectRuleFile)
        for seed in UInt64(1)...500 {
            var random = SeededGenerator(seed: seed)
            var log = OutcomesLog()
            var now = Instant.minimum
            for id in ["A", "B", "C", "D", "E", "F"] {
                let trade = try RandomOutcome(id, rules: rules, using: &random)
                log.append(trade.row)
                for stamp in trade.stamps { log.append(stamp) }
                for mark in trade.marks { log.append(mark) }
                now = trade.now(using: &random)
            }
            let rows = try log.rows(projection).map { try $0.seen(projection, at: now) }
            var aggregates = OutcomesAggregates(.complete)
            for row in rows.shuffled(using: &random) { aggregates.add(row.document.root) }
            let node = try JSONDocument(parsing: aggregates.node().canonicalBytes()).root

            #expect(
                Set(node.members.map(\.key)) == Set(rows.compactMap { $0["horizon_key"] }), "seed \(seed)")
            for (horizon, groups) in node.members {
                for (name, column) in [
                    ("by_portfolio", "source_portfolio"), ("by_underlying", "underlying_symbol"),
                    ("by_gamma_regime", "gamma_regime"), ("by_alignment_label", "alignment_label"),
                    ("by_dvol_bucket", "dvol_bucket"),
                ] {
                    let entries = try #require(groups[name])
                    var total = 0
                    for entry in entries.elements {
                        let key = entry["key"]?.string
                        let members = rows.filter { $0["horizon_key"] == horizon && $0[column] == key }
                        total += members.count
                        try expect(
                            entry, equals: members, "seed \(seed), \(horizon), \(name), \(key ?? "null")")
                    }
                    #expect(total == rows.count { $0["horizon_key"] == horizon }, "seed \(seed)")
                }
            }
        }
    }

    private func expect(_ entry: JSONValue, equals rows: [OutcomeView], _ place: String) throws {
        func figures(_ column: String) -> [Foundation.Decimal] {
            rows.compactMap { $0[column].flatMap { Foundation.Decimal(string: $0) } }
        }
        func text(_ value: Foundation.Decimal) -> String {
            var (value, rounded) = (value, Foundation.Decimal())
            NSDecimalRound(&rounded, &value, 10, .bankers)
            return rounded.description
        }
        let (before, after) = (figures("pnl_before_fees_usd"), figures("pnl_after_fees_usd"))
        func sum(_ all: [Foundation.Decimal]) -> String? { all.isEmpty ? nil : text(all.reduce(0, +)) }
        func mean(_ all: [Foundation.Decimal]) -> String? {
            all.isEmpty ? nil : text(all.reduce(0, +) / Foundation.Decimal(all.count))
        }
        let wins = before.count { $0 > 0 }
        var expected: [String: String?] = [
            "count": "\(rows.count)", "priced": "\(before.count)", "priced_after_fees": "\(after.count)",
            "positive": "\(wins)", "negative": "\(before.count { $0 < 0 })",
            "flat": "\(before.count { $0 == 0 })",
            "sum_pnl_before_fees_usd": sum(before), "mean_pnl_before_fees_usd": mean(before),
            "sum_pnl_after_fees_usd": sum(after), "mean_pnl_after_fees_usd": mean(after),
            "win_rate": before.isEmpty
                ? nil : text(Foundation.Decimal(wins) / Foundation.Decimal(before.count)),
        ]
        for state in ["unrealized_mark", "terminal_mark", "pending", "unavailable"] {
            expected[state] = "\(rows.count { $0["outcome_state"] == state })"
        }
        for (name, value) in expected {
            let found = try #require(entry[name], "\(place), \(name)")
            #expect((found.isNull ? nil : found.string ?? found.sourceText) == value, "\(place), \(name)")
        }
    }
}
