import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Figures worked out by hand.
@Suite struct OutcomeTests {
    let fixture: OutcomeFixture
    let week = Horizon(days: 7)

    init() throws { fixture = try OutcomeFixture() }

    // MARK: P&L

    @Test func `a buy earns what the mark is above the entry`() throws {
        let outcome = try fixture.quoted(try fixture.row()) {
            $0.mark = exactDecimal("15.25")
            $0.markIV = exactDecimal("58.3")
            $0.underlyingPrice = FixedDecimal(357)
        }
        // 15.25 × 10 × 100 = 15,250; − 12,500 = 2,750; − 6.5 = 2,743.5. 357 ÷ 340 = 1.05; 340 ÷ 350, 357 ÷ 350.
        #expect(
            outcome.state == .unrealizedMark && outcome.mark.quality == .quoted && !outcome.needsMark)
        #expect(outcome.markPrice == exactDecimal("15.25") && outcome.mark.iv == exactDecimal("58.3"))
        #expect(outcome.markPremiumUSD == FixedDecimal(15_250))
        #expect(outcome.pnlBeforeFeesUSD == FixedDecimal(2_750))
        #expect(outcome.pnlAfterFeesUSD == exactDecimal("2743.5"))
        #expect(outcome.entry.spot == FixedDecimal(340) && outcome.spotAtHorizon == FixedDecimal(357))
        #expect(outcome.spotMovePercent == FixedDecimal(5))
        #expect(outcome.entry.moneyness == exactDecimal("0.9714285714"))
        #expect(outcome.moneynessAtHorizon == exactDecimal("1.02"))
        #expect(outcome.missingFields == [] && outcome.usesMark)
        #expect(outcome.markSource == "imported_option_quote" && outcome.markLookupError == nil)
        #expect(outcome.mark.timeDeltaMinutes == .zero)
        #expect(outcome.mark.timestamp?.description == "2026-01-17T14:30:00Z")
    }

    @Test func `a sale earns what the mark is below the entry`() throws {
        let outcome = try fixture.quoted(try fixture.row { $0.direction = .sell }) {
            $0.mark = exactDecimal("15.25")
        }
        #expect(outcome.pnlBeforeFeesUSD == FixedDecimal(-2_750))
        #expect(outcome.pnlAfterFeesUSD == exactDecimal("-2756.5"))
    }

    @Test func `the same at expiry is a terminal mark`() throws {
        let outcome = try fixture.quoted(try fixture.row(), .expiry, minutes: -10) {
            $0.mark = exactDecimal("15.25")
        }
        #expect(outcome.state == .terminalMark && outcome.pnlBeforeFeesUSD == FixedDecimal(2_750))
        #expect(outcome.mark.timeDeltaMinutes == FixedDecimal(10))
    }

    @Test func `a mark of zero is a price`() throws {
        let outcome = try fixture.quoted(try fixture.row()) { $0.mark = .zero }
        #expect(outcome.state == .unrealizedMark && outcome.mark.quality == .quoted)
        #expect(outcome.markPrice == .zero && outcome.markPremiumUSD == .zero)
        #expect(outcome.pnlBeforeFeesUSD == FixedDecimal(-12_500))
        #expect(outcome.pnlAfterFeesUSD == exactDecimal("-12506.5"))
    }

    @Test func `unknown fees leave only the figure before them`() throws {
        let outcome = try fixture.quoted(try fixture.row { $0.feesUSD = nil }) {
            $0.mark = exactDecimal("15.25")
        }
        #expect(outcome.state == .unrealizedMark && outcome.pnlBeforeFeesUSD == FixedDecimal(2_750))
        #expect(outcome.pnlAfterFeesUSD == nil && outcome.missingFields == ["fees_usd"])
    }

    @Test func `a rebate adds to the figure before fees`() throws {
        let outcome = try fixture.quoted(try fixture.row { $0.feesUSD = FixedDecimal(-2) }) {
            $0.mark = exactDecimal("15.25")
        }
        #expect(outcome.pnlAfterFeesUSD == FixedDecimal(2_752))
    }

    @Test func `fees of zero are known`() throws {
        let outcome = try fixture.quoted(try fixture.row { $0.feesUSD = .zero }) {
            $0.mark = exactDecimal("15.25")
        }
        #expect(outcome.pnlAfterFeesUSD == FixedDecimal(2_750) && outcome.missingFields == [])
    }

    @Test func `a provided premium is what the entry cost`() throws {
        let outcome = try fixture.quoted(try fixture.row { $0.premiumUSD = FixedDecimal(13_000) }) {
            $0.mark = exactDecimal("15.25")
        }
        #expect(outcome.pnlBeforeFeesUSD == FixedDecimal(2_250))
    }

    @Test func `figures are rounded once from exact inputs`() throws {
        // The middle 0.00000000015 is a tie, to the even …2; the premium comes from the exact middle.
        let middle = try fixture.quoted(try fixture.row { $0.premiumUSD = .zero }) {
            $0.bid = exactDecimal("0.0000000001")
            $0.ask = exactDecimal("0.0000000002")
        }
        #expect(middle.markPrice == exactDecimal("0.0000000002"))
        #expect(middle.markPremiumUSD == exactDecimal("0.00000015"))
        // Entry 0.0000000005 × 0.1 is exactly 0.00000000005, published as 0; the mark's premium is 0.0000000001.
        // Their difference 0.00000000005 is a tie too, to the even 0: not 0.0000000001.
        let entry = try fixture.quoted(
            try fixture.row {
                $0.price = exactDecimal("0.0000000005")
                $0.quantity = exactDecimal("0.1")
                $0.contractMultiplier = FixedDecimal(1)
            }
        ) { $0.mark = exactDecimal("0.000000001") }
        #expect(
            entry.entry.premium.usd == .zero && entry.markPremiumUSD == exactDecimal("0.0000000001"))
        #expect(entry.pnlBeforeFeesUSD == .zero)
    }

    // MARK: What is missing

    @Test(arguments: ["direction", "quantity", "contract_multiplier", "entry_premium_usd"])
    func withoutAnInputOfTheEntryThereIsNoPnL(_ lacking: String) throws {
        let row = try fixture.row { row in
            row.premiumUSD = FixedDecimal(12_500)
            switch lacking {
            case "direction": row.direction = nil
            case "quantity": row.quantity = nil
            case "contract_multiplier": row.contractMultiplier = nil
            default: (row.premiumUSD, row.priceCurrency) = (nil, "EUR")
            }
        }
        for horizon in [week, .expiry] {
            let outcome = try fixture.quoted(row, horizon) { $0.mark = exactDecimal("15.25") }
            #expect(outcome.state == .unavailable && outcome.missingFields == [lacking])
            #expect(outcome.pnlBeforeFeesUSD == nil && outcome.pnlAfterFeesUSD == nil)
            #expect(
                outcome.mark.quality == .quoted && outcome.markPrice == exactDecimal("15.25")
                    && !outcome.needsMark)
            // The mark's premium needs neither a direction nor an entry.
            let hasPremium = lacking == "direction" || lacking == "entry_premium_usd"
            #expect((outcome.markPremiumUSD != nil) == hasPremium)
        }
    }

    @Test func `a matured horizon without any event needs a mark`() throws {
        let outcome = fixture.outcome(try fixture.row(), week)
        #expect(outcome.state == .unavailable && outcome.mark.quality == .unavailable)
        #expect(outcome.missingFields == ["forward_mark"] && outcome.needsMark && !outcome.usesMark)
        #expect(
            outcome.mark.timestamp == nil && outcome.mark.timeDeltaMinutes == nil
                && outcome.markSource == nil)
    }

    @Test func `a look up that found nothing says so`() throws {
        let row = try fixture.row()
        let outcome = fixture.outcome(
            row, week, mark: fixture.mark(row, week, quote: nil, error: "not_entitled: HTTP 403"))
        #expect(
            outcome.state == .unavailable && outcome.missingFields == ["forward_mark"]
                && outcome.needsMark)
        #expect(
            outcome.markLookupError == "not_entitled: HTTP 403" && outcome.markSource == nil
                && outcome.usesMark)
    }

    @Test func `a trade without its whole contract key needs no mark`() throws {
        let rows = try [
            fixture.row { $0.strike = nil }, fixture.row { $0.optionType = nil },
            fixture.row { $0.underlyingSymbol = nil },
        ]
        for row in rows {
            let outcome = fixture.outcome(row, week)
            #expect(
                !outcome.needsMark && outcome.missingFields == ["forward_mark"]
                    && outcome.state == .unavailable)
        }
    }

    @Test func `a trade without expiry says so at every horizon`() throws {
        let row = try fixture.row { $0.expiry = nil }
        let expiry = fixture.outcome(row, .expiry)
        #expect(
            expiry.state == .unavailable && expiry.missingFields == ["expiry"],
            "no target, so no forward_mark")
        #expect(!expiry.needsMark && expiry.target.instant == nil)
        let day = fixture.outcome(row, week)
        #expect(day.missingFields == ["expiry", "forward_mark"] && !day.needsMark)
        // A quote can still price it.
        let quoted = try fixture.quoted(row) { $0.mark = exactDecimal("15.25") }
        #expect(quoted.state == .unrealizedMark && quoted.missingFields == ["expiry"])
    }

    @Test func `everything that is missing is named once in order`() throws {
        let row = ExecutionRow(
            source: "alpha_sync", sourceTradeID: "A", sourceUpdatedAt: .minimum,
            tradeDate: try OutcomeFixture.instant("2026-01-10T14:30:00Z"),
            tradeStatus: .filled)
        #expect(
            fixture.outcome(row, week).missingFields == [
                "contract_multiplier", "direction", "entry_premium_usd", "expiry", "fees_usd",
                "forward_mark", "quantity",
            ])
    }

    @Test func `a horizon beyond the expiry has one reason and no mark`() throws {
        let month = Horizon(days: 30)
        let row = try fixture.row { ($0.direction, $0.feesUSD) = (nil, nil) }
        let target = try #require(HorizonTarget(of: row, horizon: month, rules: fixture.rules).instant)
        let mark = fixture.mark(
            row, month, quote: try fixture.quote(target) { $0.mark = FixedDecimal(1) }, error: "x")
        let outcome = fixture.outcome(row, month, mark: mark)
        #expect(
            outcome.state == .unavailable && outcome.missingFields == ["horizon_after_expiry"]
                && !outcome.needsMark)
        #expect(
            outcome.mark == fixture.outcome(row, month).mark && !outcome.usesMark
                && outcome.markPrice == nil)
        #expect(
            outcome.markLookupError == nil
                && outcome.target.instant?.description == "2026-02-09T14:30:00Z")
        #expect(outcome.entry.spot == FixedDecimal(340), "what the entry had stays")
    }

    @Test func `a mark of another basis counts as absent`() throws {
        let row = try fixture.row()
        let target = try #require(HorizonTarget(of: row, horizon: week, rules: fixture.rules).instant)
        let mark = fixture.mark(
            row, week, quote: try fixture.quote(target) { $0.mark = FixedDecimal(20) }, error: "x")
        for change: (inout ExecutionRow) throws -> Void in [
            { $0.strike = FixedDecimal(351) }, { $0.expiry = CalendarDate("2026-02-20") },
            { $0.optionType = .put },
            { $0.underlyingSymbol = "COIN" }, { $0.optionSymbol = "MSTR260130C00351000" },
            { $0.tradeDate = try OutcomeFixture.instant("2026-01-10T14:30:00.000001Z") },
        ] {
            let outcome = fixture.outcome(try fixture.row(change), week, mark: mark)
            #expect(!outcome.usesMark && outcome.missingFields == ["forward_mark"] && outcome.needsMark)
            #expect(outcome.mark.timestamp == nil && outcome.markLookupError == nil)
        }
        // What a basis does not hold may change.
        let repriced = fixture.outcome(
            try fixture.row { $0.price = FixedDecimal(11) }, week, mark: mark)
        #expect(repriced.usesMark && repriced.pnlBeforeFeesUSD == FixedDecimal(9_000))
    }

    // MARK: Quotes

    @Test func `a stale quote shows its time and nothing else`() throws {
        let outcome = try fixture.quoted(try fixture.row(), minutes: 31) {
            $0.mark = exactDecimal("15.25")
            $0.markIV = FixedDecimal(58)
            $0.underlyingPrice = FixedDecimal(357)
        }
        #expect(outcome.state == .unavailable && outcome.mark.quality == .stale && outcome.needsMark)
        #expect(outcome.missingFields == ["forward_mark"])
        #expect(outcome.mark.timestamp?.description == "2026-01-17T15:01:00Z")
        #expect(
            outcome.mark.timeDeltaMinutes == FixedDecimal(31)
                && outcome.markSource == "imported_option_quote")
        #expect(outcome.markPrice == nil && outcome.mark.iv == nil && outcome.markPremiumUSD == nil)
        #expect(outcome.pnlBeforeFeesUSD == nil && outcome.pnlAfterFeesUSD == nil)
        #expect(
            outcome.spotAtHorizon == nil && outcome.spotMovePercent == nil
                && outcome.moneynessAtHorizon == nil)
    }

    @Test func `the tolerance is inclusive to the microsecond`() throws {
        let row = try fixture.row()
        let target = try #require(HorizonTarget(of: row, horizon: week, rules: fixture.rules).instant)
        let half: Int64 = 30 * 60_000_000
        for (offset, quality) in [
            (-half, MarkQuality.quoted), (half, .quoted), (-half - 1, .stale), (half + 1, .stale),
            (0, .quoted),
        ] {
            let time = try #require(target.advanced(byMicroseconds: offset))
            let judged = JudgedMark(
                of: OptionQuote(timestamp: time, mark: FixedDecimal(1)), horizon: week, target: target,
                rules: fixture.rules)
            #expect(judged.quality == quality, "\(offset)")
        }
    }

    @Test func `at expiry a quote after it is stale and one at it fresh`() throws {
        for (minutes, quality) in [(0, MarkQuality.quoted), (-30, .quoted), (-31, .stale), (1, .stale)] {
            let outcome = try fixture.quoted(try fixture.row(), .expiry, minutes: minutes) {
                $0.mark = FixedDecimal(1)
            }
            #expect(
                outcome.mark.quality == quality
                    && outcome.mark.timeDeltaMinutes == FixedDecimal(abs(minutes)))
            #expect((outcome.state == .terminalMark) == (quality == .quoted))
        }
    }

    @Test func `the exchanges time goes before the buckets`() throws {
        let outcome = try fixture.quoted(try fixture.row()) {
            $0.mark = FixedDecimal(1)
            $0.exchangeTimestamp = $0.timestamp.advanced(byMicroseconds: 30 * 60_000_000 + 1)
        }
        #expect(outcome.mark.quality == .stale)
        #expect(outcome.mark.timestamp?.description == "2026-01-17T15:00:00.000001Z")
        // 30 minutes and a microsecond, to 4 places.
        #expect(outcome.mark.timeDeltaMinutes == FixedDecimal(30))
    }

    @Test func `minutes are rounded half to even to four places`() throws {
        // 3 ms are 0.00005 min, a tie to the even 0; 9 ms are 0.00015, a tie to 0.0002.
        for (microseconds, expected) in [
            (3_000, "0"), (9_000, "0.0002"), (90_000_000, "1.5"), (20_000_000, "0.3333"),
        ] {
            let outcome = try fixture.quoted(try fixture.row()) {
                $0.mark = FixedDecimal(1)
                $0.exchangeTimestamp = $0.timestamp.advanced(byMicroseconds: -Int64(microseconds))
            }
            #expect(outcome.mark.timeDeltaMinutes == exactDecimal(expected))
        }
    }

    @Test(
        arguments: [
            (nil, "15", "15.5", "15.25"), (nil, "15", "15", "15"), ("16", "15", "15.5", "16"),
            ("16", nil, nil, "16"),
            ("0", "15", "15.5", "0"), (nil, "0", "0.05", nil), (nil, "15.5", "15", nil),
            (nil, nil, "15", nil),
            (nil, "15", nil, nil), (nil, nil, nil, nil), (nil, "-1", "15", nil),
        ] as [(String?, String?, String?, String?)])
    func aPriceIsTheMarkElseTheMiddleOfAUsableMarket(
        _ mark: String?, _ bid: String?, _ ask: String?, _ expected: String?
    ) throws {
        let outcome = try fixture.quoted(try fixture.row()) {
            $0.mark = mark.map { exactDecimal($0) }
            $0.bid = bid.map { exactDecimal($0) }
            $0.ask = ask.map { exactDecimal($0) }
            $0.markIV = FixedDecimal(58)
            $0.underlyingPrice = FixedDecimal(357)
        }
        let price = expected.map { exactDecimal($0) }
        #expect(outcome.markPrice == price)
        #expect(outcome.mark.quality == (price == nil ? .unavailable : .quoted))
        #expect(outcome.state == (price == nil ? .unavailable : .unrealizedMark))
        #expect(
            outcome.missingFields == (price == nil ? ["forward_mark"] : [])
                && outcome.needsMark == (price == nil))
        // A fresh quote without a price still tells its time and where the underlying was.
        #expect(outcome.mark.timeDeltaMinutes == .zero && outcome.spotAtHorizon == FixedDecimal(357))
        #expect((outcome.mark.iv == nil) == (price == nil))
    }

    // MARK: Spots

    @Test func `a proxys spot is never the underlyings`() throws {
        for symbol in ["MSTR", "COIN", "TSLA"] {
            let row = try fixture.row { ($0.underlyingSymbol, $0.spotAtTrade) = (symbol, nil) }
            let spot = HorizonSpot(price: FixedDecimal(98_000), kind: "spot", timestamp: row.tradeDate)
            let mark = fixture.mark(row, week, quote: nil, spot: spot, realizedVol: FixedDecimal(44))
            for method in ["crypto_equity_proxy", "direct_market_symbol"] {
                let outcome = fixture.outcome(
                    row, week, stamp: fixture.stamp(row, method: method), mark: mark)
                #expect(outcome.entry.spot == nil && outcome.entry.moneyness == nil)
                #expect(
                    outcome.spotAtHorizon == nil && outcome.spotMovePercent == nil
                        && outcome.moneynessAtHorizon == nil)
                #expect(outcome.realizedVol == nil)
            }
        }
    }

    @Test func `a directly mapped symbol takes the stamps spot and the observed one`() throws {
        let row = try fixture.directRow { ($0.spotAtTrade, $0.strike) = (nil, FixedDecimal(100_000)) }
        let spot = HorizonSpot(
            price: FixedDecimal(99_910), kind: "gex_hourly", timestamp: row.tradeDate)
        let stamp = fixture.stamp(row, method: "direct_market_symbol")
        let mark = fixture.mark(row, week, quote: nil, spot: spot, realizedVol: exactDecimal("44.5"))
        let outcome = fixture.outcome(row, week, stamp: stamp, mark: mark)
        // 97,000 → 99,910 is 3%.
        #expect(
            outcome.entry.spot == FixedDecimal(97_000) && outcome.spotAtHorizon == FixedDecimal(99_910))
        #expect(outcome.spotMovePercent == FixedDecimal(3))
        #expect(
            outcome.entry.moneyness == exactDecimal("0.97")
                && outcome.moneynessAtHorizon == exactDecimal("0.9991"))
        #expect(outcome.realizedVol == exactDecimal("44.5") && outcome.state == .unavailable)

        // The row's own spot, and a fresh quote's, go before them.
        let own = try fixture.directRow {
            ($0.spotAtTrade, $0.strike) = (FixedDecimal(100_000), FixedDecimal(100_000))
        }
        let target = try #require(HorizonTarget(of: own, horizon: week, rules: fixture.rules).instant)
        let quote = try fixture.quote(target) { $0.underlyingPrice = FixedDecimal(101_000) }
        let both = fixture.outcome(
            own, week, stamp: stamp, mark: fixture.mark(own, week, quote: quote, spot: spot))
        #expect(both.entry.spot == FixedDecimal(100_000) && both.spotAtHorizon == FixedDecimal(101_000))
        #expect(both.spotMovePercent == FixedDecimal(1))
        // A stale quote's doesn't.
        let late = try fixture.quote(target, minutes: 31) { $0.underlyingPrice = FixedDecimal(101_000) }
        #expect(
            fixture.outcome(own, week, mark: fixture.mark(own, week, quote: late, spot: spot))
                .spotAtHorizon == FixedDecimal(99_910))
    }

    @Test func `a stamp that was made of another market or by proxy gives no spot`() throws {
        let row = try fixture.directRow { $0.spotAtTrade = nil }
        #expect(
            fixture.outcome(
                row, week, stamp: fixture.stamp(row, market: "ETH", method: "direct_market_symbol")
            ).entry.spot == nil)
        #expect(
            fixture.outcome(row, week, stamp: fixture.stamp(row, method: "crypto_equity_proxy")).entry
                .spot == nil)
    }

    @Test func `a stamp of another basis counts as absent`() throws {
        let row = try fixture.directRow { $0.spotAtTrade = nil }
        let stamp = fixture.stamp(
            row, method: "direct_market_symbol", percentile: FixedDecimal(50), regime: "long_gamma")
        let fresh = OutcomeEntry(of: row, stamp: stamp, rules: fixture.rules)
        #expect(
            fresh.spot == FixedDecimal(97_000) && fresh.gammaRegime == "long_gamma"
                && fresh.dvolBucket == "mid")
        let moved = try fixture.directRow { ($0.spotAtTrade, $0.strike) = (nil, FixedDecimal(7)) }
        let old = OutcomeEntry(of: moved, stamp: stamp, rules: fixture.rules)
        #expect(old.spot == nil && old.gammaRegime == nil && old.dvolBucket == "unknown")
        #expect(old.alignmentLabel == "insufficient_data")
    }

    @Test func `spots that lack their partner give no figure`() throws {
        let noStrike = try fixture.quoted(try fixture.row { $0.strike = nil }) {
            $0.underlyingPrice = FixedDecimal(357)
        }
        #expect(
            noStrike.entry.moneyness == nil && noStrike.moneynessAtHorizon == nil
                && noStrike.spotMovePercent == FixedDecimal(5))
        let noEntry = try fixture.quoted(try fixture.row { $0.spotAtTrade = nil }) {
            $0.underlyingPrice = FixedDecimal(357)
        }
        #expect(noEntry.spotMovePercent == nil && noEntry.moneynessAtHorizon == exactDecimal("1.02"))
        // −100% only where the spot is said to be 0, and a third is rounded half to even.
        let third = try fixture.quoted(try fixture.row { $0.spotAtTrade = FixedDecimal(3) }) {
            $0.underlyingPrice = FixedDecimal(4)
        }
        #expect(third.spotMovePercent == exactDecimal("33.3333333333"))
    }
}
