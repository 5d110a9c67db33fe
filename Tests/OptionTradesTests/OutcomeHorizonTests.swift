import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct OutcomeHorizonTests {
    let fixture: OutcomeFixture

    init() throws { fixture = try OutcomeFixture() }

    @Test(arguments: [
        ("7", "7d"), ("7d", "7d"), ("1", "1d"), ("3650d", "3650d"), ("expiry", "expiry"),
    ])
    func horizonsAreReadAsNumbersOrKeys(_ text: String, _ key: String) {
        #expect(Horizon(parsing: text)?.key == key)
    }

    @Test(arguments: [
        "", "0", "0d", "07", "-1", "+7", "7 ", "7h", "d", "7dd", "12345", "Expiry", "1.5", "７",
    ])
    func anythingElseIsNoHorizon(_ text: String) {
        #expect(Horizon(parsing: text) == nil)
    }

    @Test func `lists are sorted by key and count each horizon once`() throws {
        #expect(
            try Horizon.list(parsing: "7,1d,expiry,30,7d", rules: fixture.rules).map(\.key) == [
                "1d", "30d", "7d", "expiry",
            ])
        #expect(try Horizon.list(parsing: "1,2,3,4,5,6,7,8,8d", rules: fixture.rules).count == 8)
        #expect(Horizon.defaults(fixture.rules).map(\.key) == ["1d", "30d", "7d", "expiry"])
    }

    @Test func `lists that cannot be asked for say why`() {
        #expect(throws: HorizonListError.empty) { try Horizon.list(parsing: "", rules: fixture.rules) }
        #expect(throws: HorizonListError.tooMany(maximum: 8)) {
            try Horizon.list(parsing: "1,2,3,4,5,6,7,8,9", rules: fixture.rules)
        }
        for bad in ["3651", "1,,7", "1,x"] {
            #expect(throws: HorizonListError.self) {
                try Horizon.list(parsing: bad, rules: fixture.rules)
            }
        }
    }

    @Test func `a day horizon is so many times24 hours after the trade across a clock change`() throws {
        // New York's clocks go forward on 2026-03-08: in UTC a day stays 24 hours.
        let row = try fixture.row {
            $0.tradeDate = try OutcomeFixture.instant("2026-03-06T14:30:00.000001Z")
            $0.expiry = CalendarDate("2026-06-19")
        }
        let target = HorizonTarget(of: row, horizon: Horizon(days: 7), rules: fixture.rules)
        #expect(target.instant?.description == "2026-03-13T14:30:00.000001Z")
    }

    @Test(arguments: [
        // Friday before, Sunday of, and Friday after the change to daylight-saving time; then back.
        ("2026-03-06", "2026-03-06T21:00:00Z"), ("2026-03-08", "2026-03-08T20:00:00Z"),
        ("2026-03-13", "2026-03-13T20:00:00Z"), ("2025-10-31", "2025-10-31T20:00:00Z"),
        ("2025-11-02", "2025-11-02T21:00:00Z"), ("2025-11-07", "2025-11-07T21:00:00Z"),
        // Early closes, and their neighbours.
        ("2024-07-03", "2024-07-03T17:00:00Z"), ("2024-11-29", "2024-11-29T18:00:00Z"),
        ("2024-12-24", "2024-12-24T18:00:00Z"), ("2025-07-03", "2025-07-03T17:00:00Z"),
        ("2025-11-28", "2025-11-28T18:00:00Z"), ("2025-12-24", "2025-12-24T18:00:00Z"),
        ("2026-11-27", "2026-11-27T18:00:00Z"), ("2026-12-24", "2026-12-24T18:00:00Z"),
        ("2027-11-26", "2027-11-26T18:00:00Z"), ("2025-07-02", "2025-07-02T20:00:00Z"),
        ("2025-12-26", "2025-12-26T21:00:00Z"),
    ])
    func aContractStopsAtTheCloseInNewYork(_ expiry: String, _ expected: String) throws {
        for symbol in ["MSTR", "COIN", "TSLA", nil] {
            let row = try fixture.row {
                $0.underlyingSymbol = symbol
                $0.expiry = CalendarDate(expiry)
            }
            let target = HorizonTarget(of: row, horizon: .expiry, rules: fixture.rules)
            #expect(
                target.instant?.description == expected && target.expiry == target.instant
                    && !target.isAfterExpiry)
        }
    }

    @Test(arguments: ["BTC", "ETH", "SOL"], ["2026-01-30", "2026-07-31", "2025-11-28"])
    func aContractOnASymbolThatIsItsOwnMarketStopsAt8UTC(_ symbol: String, _ expiry: String) throws {
        let row = try fixture.row {
            $0.underlyingSymbol = symbol
            $0.expiry = CalendarDate(expiry)
        }
        #expect(
            HorizonTarget.expiryInstant(of: row, rules: fixture.rules)?.description
                == "\(expiry)T08:00:00Z")
    }

    @Test func `a day horizon beyond the expiry instant is nothing to measure`() throws {
        func target(_ tradeDate: String, days: Int) throws -> HorizonTarget {
            let row = try fixture.row { $0.tradeDate = try OutcomeFixture.instant(tradeDate) }
            return HorizonTarget(of: row, horizon: Horizon(days: days), rules: fixture.rules)
        }
        // The contract stops at 2026-01-30T21:00:00Z.
        #expect(try !target("2026-01-10T14:30:00Z", days: 20).isAfterExpiry)
        #expect(try target("2026-01-10T14:30:00Z", days: 21).isAfterExpiry)
        #expect(
            try !target("2026-01-23T21:00:00Z", days: 7).isAfterExpiry,
            "at the instant itself it still trades")
        #expect(try target("2026-01-23T21:00:00.000001Z", days: 7).isAfterExpiry)
        #expect(try !target("2026-01-10T14:30:00Z", days: 21).isMatured(at: .maximum))
        #expect(
            try target("2026-01-23T21:00:00Z", days: 7).isMatured(
                at: OutcomeFixture.instant("2026-01-30T21:00:00Z")))
        #expect(
            try !target("2026-01-23T21:00:00Z", days: 7).isMatured(
                at: OutcomeFixture.instant("2026-01-30T20:59:59.999999Z")))
    }

    @Test func `a trade without expiry has no expiry target and no horizon beyond it`() throws {
        let row = try fixture.row { $0.expiry = nil }
        let expiry = HorizonTarget(of: row, horizon: .expiry, rules: fixture.rules)
        #expect(expiry.instant == nil && !expiry.isAfterExpiry && !expiry.isMatured(at: .maximum))
        #expect(
            !HorizonTarget(of: row, horizon: Horizon(days: 3650), rules: fixture.rules).isAfterExpiry)
    }

    @Test func `a target beyond the last instant is after any expiry`() throws {
        let row = try fixture.row {
            $0.tradeDate = try OutcomeFixture.instant("2199-12-20T00:00:00Z")
            $0.expiry = CalendarDate("2199-12-24")
        }
        let target = HorizonTarget(of: row, horizon: Horizon(days: 30), rules: fixture.rules)
        #expect(target.instant == nil && target.isAfterExpiry)
    }

    @Test(arguments: [
        ("0", "very_low"), ("19.9999999999", "very_low"), ("20", "low"), ("39.9999999999", "low"),
        ("40", "mid"),
        ("60", "high"), ("79.9999999999", "high"), ("80", "very_high"), ("100", "very_high"),
    ])
    func percentilesFallIntoBuckets(_ percentile: String, _ bucket: String) throws {
        #expect(fixture.rules.dvolBucket(of: exactDecimal(percentile)) == bucket)
        #expect(fixture.rules.dvolBucket(of: nil) == "unknown")
    }
}

@Suite struct OutcomesRulesTests {
    private static let path = "outcomes/rules.v1.yaml"

    private func rules(replacing old: String, by new: String) throws -> OutcomesRules {
        try OutcomesRules(version: 1) { path in
            guard let bytes = projectRuleFile(path), path == Self.path else {
                return projectRuleFile(path)
            }
            return Array(
                String(decoding: bytes, as: UTF8.self).replacing(old, with: new, maxReplacements: 1).utf8)
        }
    }

    @Test func `the file says what the contract says`() throws {
        let rules = try OutcomesRules(version: 1, read: projectRuleFile)
        #expect(
            rules.freshMinutes == 30 && rules.widenedMinutes == 24 * 60
                && rules.spotToleranceMinutes == 90)
        #expect(rules.maximumHorizonDays == 3650 && rules.maximumHorizonsPerRequest == 8)
        #expect(rules.realizedVol.stepMinutes == 60 && rules.realizedVol.periodsPerYear == 8766)
        #expect(rules.realizedVol.minimumReturns == 20)
        let share = exactDecimal("0.8")
        #expect(rules.realizedVol.minimumShare == share)
        #expect(rules.earlyCloses.count == 9)
        let paths = rules.files.map(\.path)
        #expect(Set(paths).count == paths.count && paths == paths.sorted())
        for path in [
            "alignment/rules.v1.yaml", Self.path, "shared/new_york.v1.yaml", "trades/rules.v1.yaml",
        ] {
            #expect(paths.contains(path))
        }
    }

    @Test(arguments: [
        ("fresh_minutes: 30", "fresh_minutes: 0", "mark.fresh_minutes"),
        ("fresh_minutes", "fresh_minuts", "unknown key `fresh_minuts`"),
        ("2024-07-03", "2024-02-30", "expected a date"),
        ("[1, 7, 30, expiry]", "[1, 7, 1]", "listed twice"),
        ("[1, 7, 30, expiry]", "[1, 3651]", "up to 3650"),
        ("[1, 7, 30, expiry]", "[1, expire]", "expected `expiry`"),
        ("percentile: 40", "percentile: 20", "not above the one before"),
        ("hour: 16", "hour: 24", "no time of day"),
        ("  - trades/rules.v1.yaml\n", "", "no trades/rules.…yaml is listed"),
    ])
    func errorsNameFileAndKey(_ old: String, _ new: String, _ part: String) throws {
        do {
            _ = try rules(replacing: old, by: new)
            Issue.record("accepted \(new)")
        } catch let error as RuleError {
            #expect(
                "\(error)".contains("projections/\(Self.path)") && "\(error)".contains(part), "\(error)")
        }
    }
}
