import LedgerProjections
import OptionTrades
import TestSupport
import Testing

@Suite struct ColumnSetTests {
    private static func problem(_ text: String) -> String? {
        do {
            _ = try ColumnSet(parsing: Array(text.utf8))
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func columns(
        key: String = #"["bank"]"#, entity: String? = nil, stored: String, required: String = "[]"
    ) -> String {
        """
        {"key": \(key), \(entity.map { "\"entity\": \($0), " } ?? "")"stored": \(stored), "required": \(required), "columns": {
          "bank": {"type": "text", "digested": true}, "opened_at": {"type": "instant", "digested": true},
          "balance": {"type": "decimal", "digested": true}, "Mixed": {"type": "text", "digested": true}}}
        """
    }

    @Test func `stored columns have a type and may be required`() throws {
        let text = Self.columns(stored: #"["effective_at", "opened_at", "bank"]"#, required: #"["opened_at"]"#)
        let stored = try ColumnSet(parsing: Array(text.utf8)).storedColumns
        #expect(stored.map(\.name) == ["effective_at", "opened_at", "bank"])
        #expect(stored.map(\.isInstant) == [true, true, false])
        #expect(stored.map(\.isRequired) == [false, true, false])
    }

    @Test func `an entity has the columns that are declared, or the whole key`() throws {
        func entity(_ declared: String?) throws -> [String] {
            let text = Self.columns(key: #"["bank", "opened_at"]"#, entity: declared, stored: "[]")
            return try ColumnSet(parsing: Array(text.utf8)).entity
        }
        #expect(try entity(#"["bank"]"#) == ["bank"])
        #expect(try entity(nil) == ["bank", "opened_at"])
    }

    @Test(
        arguments: [
            (columns(stored: #"["balance"]"#), "the stored column `balance` is not a text or an instant among `columns`"),
            (columns(stored: #"["closed_at"]"#), "the stored column `closed_at` is not a text or an instant among `columns`"),
            (
                columns(stored: #"["opened_at"]"#, required: #"["bank"]"#),
                "the required column `bank` is not among `stored`"
            ),
            (
                columns(key: #"["bank", "balance"]"#, entity: #"["balance"]"#, stored: "[]"),
                "`entity`: expected the first of the key's columns bank, balance"
            ),
            (
                columns(key: #"["bank"]"#, entity: #"["bank", "balance"]"#, stored: "[]"),
                "`entity`: expected the first of the key's columns bank"
            ),
            (columns(entity: "[]", stored: "[]"), "`entity`: expected the first of the key's columns bank"),
            (columns(key: #"["branch"]"#, stored: "[]"), "the key column `branch` is not among `columns`"),
            (
                columns(key: #"["Mixed"]"#, stored: "[]"),
                "`Mixed` can't be the name of a column: expected a-z, 0-9 and _, and none of valid_from, valid_to, era, document"
            ),
        ])
    func `what makes no table is refused by name`(text: String, expected: String) {
        #expect(Self.problem(text) == expected)
    }

    private static func role(_ declaration: String) throws -> ColumnSet.Role? {
        let text = #"{"key": [], "stored": [], "columns": {"figure": {"digested": true, \#(declaration)}}}"#
        return try ColumnSet(parsing: Array(text.utf8)).columns[0].role
    }

    @Test func `a column has the role that it declares, whatever it is called`() throws {
        #expect(try Self.role(#""type": "decimal", "role": "money", "unit": "EUR""#) == .money(unit: "EUR"))
        #expect(try Self.role(#""type": "decimal", "role": "price""#) == .price)
        #expect(try Self.role(#""type": "text", "role": "state""#) == .state)
        #expect(try Self.role(#""type": "decimal""#) == nil)
    }

    @Test(
        arguments: [
            (
                #""type": "decimal", "role": "amount""#, #"`columns.figure`: `role`: expected money, price or state, found "amount""#
            ),
            (#""type": "decimal", "role": 1"#, "`columns.figure`: `role`: expected money, price or state, found 1"),
            (#""type": "decimal", "role": "money""#, "`columns.figure`: money needs a `unit`, for example USD"),
            (#""type": "decimal", "role": "money", "unit": """#, "`columns.figure`: money needs a `unit`, for example USD"),
            (#""type": "decimal", "role": "price", "unit": "USD""#, "`columns.figure`: a `unit` needs the `role` money"),
            (#""type": "decimal", "unit": "USD""#, "`columns.figure`: a `unit` needs the `role` money"),
            (
                #""type": "text", "role": "money", "unit": "USD""#,
                "`columns.figure`: the `role` money needs the type decimal, found text"
            ),
            (#""type": "integer", "role": "price""#, "`columns.figure`: the `role` price needs the type decimal, found integer"),
            (#""type": "texts", "role": "state""#, "`columns.figure`: the `role` state needs the type text, found texts"),
        ])
    func `a role that makes no sense is refused by name`(declaration: String, expected: String) {
        #expect(Self.problem(#"{"key": [], "stored": [], "columns": {"figure": {"digested": true, \#(declaration)}}}"#) == expected)
    }

    private static func installed(_ name: String) throws -> ColumnSet {
        try ColumnSet(parsing: try #require(projectRuleFile("\(name)/columns.json")))
    }

    private static let projections = TradeLedger.model.projections.map(\.name)

    @Test func `every projection's columns can be read`() throws {
        for name in Self.projections {
            let columns = try Self.installed(name)
            #expect(columns.stored == columns.storedColumns.map(\.name))
        }
    }

    /// The decimals that are not declared money, by the reason why nobody adds them up as USD.
    private static let notMoney: [(reason: String, columns: Set<String>)] = [
        (
            "for one contract or one coin",
            [
                "api_ask", "api_bid", "api_mid", "atm_strike", "avg_entry_price", "current_price", "filled_avg_price", "limit_price",
                "simulated_price", "straddle_mark", "target_strike", "average_open_price", "basis_usd", "benchmark_ask", "benchmark_bid",
                "benchmark_mark", "benchmark_mid", "fill_price",
                "fill_vs_mid", "fill_vs_surface_mark", "forward", "index_price", "mark_price", "pre_ask", "pre_bid", "price", "price_usd",
                "source_index_price", "source_underlying_price", "spot", "spot_at_entry", "spot_at_horizon", "spot_at_trade", "strike",
                "underlying_price",
            ]
        ),
        (
            "a number of contracts or coins",
            [
                "broker_quantity", "explained_quantity", "filled_quantity", "ledger_quantity", "multiplier", "volume", "amount",
                "benchmark_ask_size", "benchmark_bid_size", "calls_bought_contracts", "calls_sold_contracts", "closed_quantity",
                "contract_multiplier", "contract_open_interest", "contract_volume_24h", "contracts", "net_quantity", "oi_value",
                "open_interest", "open_interest_change", "pending_quantity", "puts_bought_contracts", "puts_sold_contracts", "quantity",
                "size", "total_buy_quantity", "total_oi", "total_sell_quantity", "volume_24h", "buy_volume", "sell_volume",
                "unknown_volume",
            ]
        ),
        ("contracts, premium or cash, as the row's kind says", ["difference", "ledger_value", "stated_value", "tolerance"]),
        ("in the money of the contract's prices", ["buy_notional", "net_notional", "sell_notional"]),
        ("what is open at a moment, the same contracts at the next one", ["market_value", "oi_notional"]),
        (
            "an exposure of the whole market",
            [
                "total_call_gex", "total_net_gex", "total_put_gex", "abs_gex", "dealer_gamma", "dealer_net_inventory", "gamma_level",
                "net_gamma", "net_gex",
            ]
        ),
        (
            "a volatility, a ratio, a score or a time",
            [
                "atm_iv", "expected_move_pct", "gamma_coverage", "oi_coverage", "parity_gap_pp", "seconds_to_fill", "skew_10d_pp",
                "skew_25d_pp", "spread_pct", "theta", "alignment_score", "apr", "benchmark_iv", "benchmark_time_delta_minutes",
                "confidence", "current", "delta", "dte", "dvol",
                "dvol_percentile", "fill_vs_mid_bps", "forward_iv", "gex_imbalance", "iv", "iv_30d", "iv_atm_30d", "iv_atm_7d",
                "mapping_confidence", "mark_iv", "mark_time_delta_minutes", "max", "min", "moneyness_at_entry", "moneyness_at_horizon",
                "p25", "p50", "p75", "put_call_ratio", "rate", "realized_vol_after_trade", "rv_30d", "rv_7d", "skew_25d", "spot_move_pct",
                "spot_time_delta_minutes", "spread_capture",
                "quote_coverage_pct", "stationarity_blend_weight", "traded_iv", "unknown_trade_share", "vol_of_vol", "vrp",
            ]
        ),
    ]

    @Test func `every decimal is declared money or has a reason not to be`() throws {
        let decimals = try Self.projections.flatMap { try Self.installed($0).columns }.filter { $0.kind == .decimal }
        let money = Set(decimals.filter { $0.role == .money(unit: "USD") }.map(\.name))
        let others = Set(Self.notMoney.flatMap(\.columns))
        #expect(Set(decimals.map(\.name)) == money.union(others))
        #expect(money.isDisjoint(with: others))
        #expect(others.count == Self.notMoney.map(\.columns.count).reduce(0, +))
    }
}
