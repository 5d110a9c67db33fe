import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// What is missing, flagged and doubted, each worked out by hand.
@Suite struct LifecycleQualityTests {
    let book: LifecycleBook

    init() throws { book = try LifecycleBook() }

    private func roundTrip(_ change: (inout ExecutionRow) throws -> Void) throws -> Lifecycle {
        try book.lifecycle([
            book.row("A", .buy, "10", "2", at: 0), book.row("B", .sell, "10", "3", at: 1, change),
        ])
    }

    @Test func `only executions count`() throws {
        for status in TradeStatus.allCases {
            let life = try book.lifecycle([
                book.row("A", .buy, "1", "1", at: 0), book.row("B", .buy, "1", "1", at: 1) { $0.tradeStatus = status },
            ])
            let counts = status == .filled || status == .partiallyFilled
            #expect(life.tradeIDs == (counts ? ["A", "B"] : ["A"]) && life.eventPositions == (counts ? [1, 2] : [1]))
        }
        let none = try book.row("A", .buy, "1", "1", at: 0) { $0.tradeStatus = .busted }
        let zero = try book.row("B", .buy, "0", "1", at: 0)
        for row in [none, zero] {
            #expect(!row.isExecution(book.rules.trades))
            let group = LifecycleGroup(key: LifecycleKey(of: row), members: [LifecycleMember(of: row, position: 1)])
            #expect(Lifecycle(of: group, rules: book.rules) == nil)
        }
    }

    @Test func `a null quantity is a member that never matches whose premium and fees count`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "10", "2", at: 0),
            book.row("B", .sell, nil, "3", at: 1) { $0.premiumUSD = FixedDecimal(700) },
        ])
        #expect(life.tradeIDs == ["A", "B"] && life.unmatchedTradeIDs == ["B"] && life.missingFields == ["quantity"])
        #expect(life.grossPremiumUSD.total == FixedDecimal(2_700) && life.feesUSD.total == FixedDecimal(2))
        #expect(life.netPremiumCashflowUSD.total == FixedDecimal(-1_300))
        #expect(life.netQuantity == FixedDecimal(10) && life.totalSellQuantity == .zero && life.matches.isEmpty)
        #expect(life.state == .openLong && life.quality == "ambiguous" && life.flagNames == ["missing_quantity"])
        #expect(life.lastExecutionAt == (try instant("2026-01-10T14:31:00Z")))
    }

    @Test func `a null direction never matches and makes the complete cashflow null`() throws {
        let life = try roundTrip { $0.direction = nil }
        #expect(life.unmatchedTradeIDs == ["B"] && life.missingFields == ["direction"])
        #expect(life.grossPremiumUSD.total == FixedDecimal(5_000) && life.grossPremiumUSD.coverage == .complete)
        #expect(life.netPremiumCashflowUSD.total == nil && life.netPremiumCashflowUSD.known == FixedDecimal(-2_000))
        #expect(life.state == .openLong && life.quality == "ambiguous" && life.flagNames == ["missing_direction"])
        #expect(life.realizedProfitBeforeFeesUSD == .zero && life.cycleCount == 1)
    }

    @Test func `nothing that matches is indeterminate`() throws {
        let life = try book.lifecycle([
            book.row("A", nil, "10", "2", at: 0), book.row("B", .sell, nil, "3", at: 1),
        ])
        #expect(life.state == .indeterminate && life.closedAt == nil && life.cycleCount == 0)
        #expect(life.unmatchedTradeIDs == ["A", "B"] && life.openLots.isEmpty)
        #expect(life.averageOpenPrice == nil && life.openPremiumUSD == .zero && life.realizedProfitBeforeFeesUSD == .zero)
        #expect(life.netPremiumCashflowUSD.known == nil && life.grossPremiumUSD.known == FixedDecimal(2_000))
        #expect(life.grossPremiumUSD.total == nil && life.grossPremiumUSD.coverage == .partial)
        #expect(life.missingFields == ["direction", "entry_premium_usd", "quantity"])
        #expect(life.flagNames == ["incomplete_premium", "missing_direction", "missing_quantity"])
        #expect(life.quality == "ambiguous")
    }

    @Test(arguments: ["price", "contract_multiplier", "price_currency"])
    func withoutPriceMultiplierOrCurrencyNothingIsRealized(_ field: String) throws {
        let life = try roundTrip { row in
            switch field {
            case "price": row.price = nil
            case "contract_multiplier": row.contractMultiplier = nil
            default: row.priceCurrency = nil
            }
            row.premiumUSD = FixedDecimal(3_000)
        }
        #expect(life.missingFields == [field] && life.flagNames == ["incomplete_price"])
        #expect(life.realizedProfitBeforeFeesUSD == nil && life.matches.map(\.profitBeforeFeesUSD) == [nil])
        #expect(life.state == .closed && life.quality == "incomplete_economics")
        #expect(life.grossPremiumUSD.total == FixedDecimal(5_000))
    }

    @Test func `a price in another currency is not missing and not realized`() throws {
        let life = try roundTrip { $0.priceCurrency = "EUR" }
        #expect(life.missingFields == ["entry_premium_usd"])
        #expect(life.flagNames == ["incomplete_premium", "incomplete_price"])
        #expect(life.realizedProfitBeforeFeesUSD == nil && life.quality == "incomplete_economics")
        #expect(life.grossPremiumUSD.known == FixedDecimal(2_000) && life.grossPremiumUSD.total == nil)
    }

    @Test func `an unpriced execution that nothing matched leaves realized alone`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "1", "2", at: 0), book.row("B", .sell, "1", "3", at: 1),
            book.row("C", .buy, "1", nil, at: 2),
        ])
        #expect(life.realizedProfitBeforeFeesUSD == FixedDecimal(100))
        #expect(life.averageOpenPrice == nil && life.openPremiumUSD == nil)
        #expect(life.quality == "incomplete_economics")
    }

    @Test func `the average price needs one currency and the premium needs dollars`() throws {
        func open(_ first: String?, _ second: String?) throws -> Lifecycle {
            try book.lifecycle([
                book.row("A", .buy, "1", "2", at: 0) { $0.priceCurrency = first },
                book.row("B", .buy, "3", "4", at: 1) { $0.priceCurrency = second },
            ])
        }
        let average = try fixed("3.5")
        let dollars = try open("USD", "USD")
        #expect(dollars.averageOpenPrice == average && dollars.openPremiumUSD == FixedDecimal(1_400))
        let euros = try open("EUR", "EUR")
        #expect(euros.averageOpenPrice == average && euros.openPremiumUSD == nil)
        // Null is a value: two nulls are one currency, a null and a dollar are two.
        let nulls = try open(nil, nil)
        #expect(nulls.averageOpenPrice == average && nulls.openPremiumUSD == nil)
        for mixed in [try open("USD", "EUR"), try open("USD", nil), try open(nil, "USD")] {
            #expect(mixed.averageOpenPrice == nil && mixed.openPremiumUSD == nil)
        }
    }

    @Test func `a closed lots currency does not count for the average`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "1", "2", at: 0) { $0.priceCurrency = "EUR" }, book.row("B", .buy, "3", "4", at: 1),
            book.row("C", .sell, "1", "4", at: 2),
        ])
        #expect(life.averageOpenPrice == FixedDecimal(4) && life.openPremiumUSD == FixedDecimal(1_200))
        #expect(life.realizedProfitBeforeFeesUSD == nil)
    }

    @Test func `premiums and fees are all or null beside what is known`() throws {
        let partial = try roundTrip { row in
            row.price = nil
            row.feesUSD = nil
        }
        #expect(partial.grossPremiumUSD.total == nil && partial.grossPremiumUSD.known == FixedDecimal(2_000))
        #expect(partial.grossPremiumUSD.coverage == .partial && partial.netPremiumCashflowUSD.known == FixedDecimal(-2_000))
        #expect(partial.feesUSD.total == nil && partial.feesUSD.known == FixedDecimal(1))
        #expect(partial.feesUSD.coverage == .partial)
        #expect(partial.flagNames == ["incomplete_fees", "incomplete_premium", "incomplete_price"])
        #expect(partial.missingFields == ["entry_premium_usd", "fees_usd", "price"])
        let missing = try book.lifecycle([
            book.row("A", .buy, "1", nil, at: 0) { $0.feesUSD = nil }
        ])
        #expect(missing.grossPremiumUSD.known == nil && missing.grossPremiumUSD.coverage == .missing)
        #expect(missing.feesUSD.known == nil && missing.feesUSD.total == nil && missing.feesUSD.coverage == .missing)
        #expect(missing.netPremiumCashflowUSD.known == nil && missing.quality == "incomplete_economics")
    }

    @Test func `a rebate is a negative fee and zero fees are known`() throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "1", "1", at: 0) { $0.feesUSD = try fixed("-2.5") },
            book.row("B", .buy, "1", "1", at: 1) { $0.feesUSD = .zero },
        ])
        #expect(life.feesUSD.total == (try fixed("-2.5")) && life.feesUSD.coverage == .complete)
    }

    @Test(arguments: [
        ("source_portfolio", "missing_source_portfolio"), ("underlying_symbol", "missing_underlying_symbol"),
        ("contract_key", "missing_contract_key"), ("option_type", "missing_option_type"), ("strike", "missing_strike"),
        ("expiry", "missing_expiry"),
    ])
    func aNullKeyFieldIsAmbiguous(_ field: String, _ flag: String) throws {
        let life = try book.lifecycle([
            book.row("A", .buy, "1", "1", at: 0) { row in
                switch field {
                case "source_portfolio": row.sourcePortfolio = nil
                case "underlying_symbol": row.underlyingSymbol = nil
                case "contract_key": (row.optionSymbol, row.instrument) = (nil, nil)
                case "option_type": row.optionType = nil
                case "strike": row.strike = nil
                default: row.expiry = nil
                }
            }
        ])
        #expect(life.missingFields == [field] && life.flagNames == [flag] && life.quality == "ambiguous")
        #expect(life.state == .openLong)
    }

    @Test func `the contract key is the symbol or else the instrument`() throws {
        let symbol = try book.row("A", .buy, "1", "1", at: 0) { $0.instrument = "MSTR 30JAN26 350 C" }
        #expect(LifecycleKey(of: symbol).contractKey == "MSTR260130C00350000")
        let instrument = try book.row("A", .buy, "1", "1", at: 0) { row in
            row.optionSymbol = nil
            row.instrument = "MSTR 30JAN26 350 C"
        }
        #expect(LifecycleKey(of: instrument).contractKey == "MSTR 30JAN26 350 C")
        #expect(LifecycleKey(of: symbol) != LifecycleKey(of: instrument))
    }

    @Test func `other flags`() throws {
        #expect(try roundTrip { $0.isSynthetic = true }.flagNames == ["includes_synthetic"])
        #expect(try roundTrip { $0.isSynthetic = false }.flagNames == [])
        // Provided 3000.31 against 3000: the tolerance is max(0.01, 0.300031).
        let mismatch = try roundTrip { $0.premiumUSD = try fixed("3000.31") }
        #expect(mismatch.flagNames == ["premium_mismatch"] && mismatch.quality == "clean")
        #expect(mismatch.grossPremiumUSD.total == (try fixed("5000.31")))
        #expect(try roundTrip { $0.premiumUSD = try fixed("3000.3") }.flagNames == [])
        let unit = try roundTrip { $0.quantityUnit = "SHARES" }
        #expect(unit.flagNames == ["incomplete_premium", "non_contract_unit"] && unit.quality == "ambiguous")
        #expect(try roundTrip { $0.quantityUnit = nil }.flagNames == [])
    }

    @Test func `a rule file that is wrong is refused`() throws {
        for (old, new) in [
            ("- missing_strike", "- missing_strikes"), ("- missing_strike", "- expired_unresolved"),
            ("price_currency", "currency"), ("  - shared/new_york.v1.yaml\n", ""), ("  - trades/rules.v1.yaml\n", ""),
            ("  closed: clean", "  shut: clean"), ("version: 1", "version: 2"),
        ] {
            #expect(throws: RuleError.self, "\(old)") {
                _ = try LifecyclesRules(version: 1) { path in
                    let bytes = try #require(projectRuleFile(path))
                    guard path.hasPrefix("lifecycles/") else { return bytes }
                    let text = String(decoding: bytes, as: UTF8.self)
                    #expect(text.contains(old))
                    return Array(text.replacing(old, with: new).utf8)
                }
            }
        }
        let paths = book.rules.files.map(\.path)
        #expect(
            paths == [
                "lifecycles/rules.v1.yaml", "shared/market_proxy.v1.yaml", "shared/new_york.v1.yaml",
                "shared/root_aliases.v1.yaml", "trades/rules.v1.yaml",
            ])
    }
}

private func fixed(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }
