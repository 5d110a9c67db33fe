import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct EntryPremiumTests {
    let rules: TradesRules

    init() throws { rules = try TradesRules(version: 1, read: projectRuleFile) }

    private func premium(_ change: (inout ExecutionRow) throws -> Void) throws -> EntryPremium {
        var row = try sampleRow("A")
        try change(&row)
        return EntryPremium(of: row, rules: rules)
    }

    @Test func `a provided premium is taken as it is`() throws {
        let premium = try premium { $0.premiumUSD = try FixedDecimal("12500") }
        #expect(premium.usd == FixedDecimal(12_500) && premium.source == .provided && !premium.mismatch)
    }

    @Test func `a missing premium is derived from USD price quantity and multiplier`() throws {
        let premium = try premium { _ in }
        #expect(premium.usd == FixedDecimal(12_500) && premium.source == .derived)
    }

    @Test func `a derived premium is rounded once half to even`() throws {
        // 0.0000000005 × 0.1 × 1 = 0.00000000005: a tie, to the even 0.
        let tie = try premium {
            $0.price = try FixedDecimal("0.0000000005")
            $0.quantity = try FixedDecimal("0.1")
            $0.contractMultiplier = FixedDecimal(1)
        }
        #expect(tie.usd == FixedDecimal.zero)
        let odd = try premium {
            $0.price = try FixedDecimal("0.0000000015")
            $0.quantity = try FixedDecimal("0.1")
            $0.contractMultiplier = FixedDecimal(1)
        }
        #expect(odd.usd == (try FixedDecimal("0.0000000002")))
    }

    @Test(arguments: ["currency", "no currency", "unit", "price", "quantity", "multiplier"])
    func nothingIsDerivedWithoutAllOfIt(_ lacking: String) throws {
        let premium = try premium { row in
            switch lacking {
            case "currency": row.priceCurrency = "EUR"
            case "no currency": row.priceCurrency = nil
            case "unit": row.quantityUnit = "SHARES"
            case "price": row.price = nil
            case "quantity": row.quantity = nil
            default: row.contractMultiplier = nil
            }
        }
        #expect(premium.usd == nil && premium.source == .missing && !premium.mismatch)
    }

    /// Tolerance: max(0.01, 0.0001 × provided); at it is within.
    @Test(arguments: [("12500", false), ("12501.25", false), ("12501.3", true), ("12498.76", false), ("12498.7", true)])
    func aProvidedPremiumFarFromTheDerivedOneIsDoubted(_ provided: String, _ isDoubted: Bool) throws {
        let premium = try premium { $0.premiumUSD = try FixedDecimal(provided) }
        #expect(premium.mismatch == isDoubted)
        let expected = try FixedDecimal(provided)
        #expect(premium.source == .provided && premium.usd == expected)
    }

    @Test func `the tolerance has a floor of a cent`() throws {
        func small(_ provided: String) throws -> Bool {
            try premium {
                $0.price = try FixedDecimal("0.01")
                $0.quantity = FixedDecimal(1)
                $0.contractMultiplier = FixedDecimal(1)
                $0.premiumUSD = try FixedDecimal(provided)
            }.mismatch
        }
        #expect(try !small("0.02"))
        #expect(try small("0.0200000001"))
    }

    @Test func `a figure too large to exist is missing and not wrapped`() throws {
        let premium = try premium {
            $0.price = try FixedDecimal("999999999999999999")
            $0.quantity = try FixedDecimal("999999999999999999")
        }
        #expect(premium.usd == nil && premium.source == .missing)
    }
}

@Suite struct TradeFlagsTests {
    let rules: TradesRules

    init() throws { rules = try TradesRules(version: 1, read: projectRuleFile) }

    private func flags(_ change: (inout ExecutionRow) throws -> Void) throws -> [String] {
        var row = try sampleRow("A")
        try change(&row)
        return row.flags(premium: EntryPremium(of: row, rules: rules), missingUpstream: false, rules: rules)
    }

    @Test func `a complete row has none`() throws {
        #expect(try flags { _ in } == [])
    }

    @Test func `what is missing is named`() throws {
        let all = try flags { row in
            row = ExecutionRow(
                source: "alpha_sync", sourceTradeID: "A", sourceUpdatedAt: row.sourceUpdatedAt, tradeDate: row.tradeDate,
                tradeStatus: .filled)
        }
        #expect(
            all == [
                "missing_contract_key", "missing_contract_multiplier", "missing_direction", "missing_expiry",
                "missing_fees_usd", "missing_option_type", "missing_price", "missing_price_currency", "missing_quantity",
                "missing_source_portfolio", "missing_strike", "missing_underlying_symbol",
            ])
    }

    @Test(arguments: [
        (TradeStatus.pending, ["pending"]), (.cancelled, ["excluded_status"]), (.rejected, ["excluded_status"]),
        (.busted, ["excluded_status"]), (.partiallyFilled, []),
    ])
    func statusesThatDoNotCountAreFlagged(_ status: TradeStatus, _ expected: [String]) throws {
        #expect(try flags { $0.tradeStatus = status } == expected)
    }

    @Test(arguments: [
        ("MSTR1260130C00350000", "MSTR", ["adjusted_root"]), ("XYZ260130C00350000", "MSTR", ["root_mismatch"]),
        ("SPXW260130C00350000", "SPX", []), ("BRKB260130C00350000", "BRK.B", []), ("SPXW260130C00350000", "NDX", ["root_mismatch"]),
    ])
    func rootsAreHeldAgainstTheUnderlying(_ symbol: String, _ underlying: String, _ expected: [String]) throws {
        let found = try flags {
            $0.optionSymbol = symbol
            $0.underlyingSymbol = underlying
        }
        #expect(found == expected)
    }

    @Test func `other flags`() throws {
        #expect(try flags { $0.isSynthetic = true } == ["synthetic"])
        #expect(try flags { $0.quantityUnit = "SHARES" } == ["non_contract_unit"])
    }
}

@Suite struct RuleFileTests {
    @Test func `errors name file key and line`() throws {
        func rules(_ text: String) throws -> MarketProxyRules {
            try MarketProxyRules(path: "shared/market_proxy.v1.yaml") { _ in Array(text.utf8) }
        }
        let good =
            "rules: market_proxy\nversion: 1\nsymbols:\n  X: {market_proxy: BTC, mapping_method: m, mapping_confidence: 0.5, mapping_quality: q}\nunmapped: {mapping_method: u, mapping_confidence: 0, mapping_quality: u}\n"
        #expect(try rules(good).mapping(of: "X").confidence == FixedDecimal("0.5"))
        for (text, part) in [
            (good.replacingOnce("0.5", "half"), "market_proxy.v1.yaml:4: symbols.X.mapping_confidence"),
            (good.replacingOnce("version: 1", "version: 2"), "version: says 2"),
            (good.replacingOnce("symbols:", "symbls:"), "unknown key `symbls`"),
            (good.replacingOnce("mapping_quality: q", "mapping_qualty: q"), "unknown key `mapping_qualty`"),
            ("", "empty"),
        ] {
            do {
                _ = try rules(text)
                Issue.record("accepted: \(text)")
            } catch let error as RuleError {
                #expect("\(error)".contains(part), "\(error)")
            }
        }
    }

    @Test func `unknown symbols are unmapped and never BTC`() throws {
        let rules = try MarketProxyRules(path: "shared/market_proxy.v1.yaml", read: projectRuleFile)
        #expect(rules.mapping(of: "MSTR").marketProxy == "BTC" && rules.mapping(of: "MSTR").quality == "proxy_mapped")
        for symbol in ["mstr", "TSLA", "", "BTC "] {
            #expect(rules.mapping(of: symbol).marketProxy == nil && rules.mapping(of: symbol).quality == "unmapped")
        }
        #expect(rules.mapping(of: nil).quality == "unmapped")
    }
}

extension String {
    fileprivate func replacingOnce(_ a: String, _ b: String) -> String { replacing(a, with: b, maxReplacements: 1) }
}
