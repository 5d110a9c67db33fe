import Foundation
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Decisions on random chains, accounts and days against those of `scripts/check-decisions`, which was written from the rules' text.
@Suite(.enabled(if: hasPython, "there is no python3")) struct DecisionCrosscheckTests {
    private static let count = 2000

    @Test func `an independent program decides the same on two thousand random chains`() throws {
        let (strict, loose) = (
            try DecisionFixture.rules(),
            try DecisionFixture.rules("at_least_one_if_affordable: false", "at_least_one_if_affordable: true")
        )
        var lines: [UInt8] = []
        var verdicts: Set<Verdict> = []
        for seed in 0..<Self.count {
            var random = RandomFacts(seed: UInt64(seed), sessions: strict.sessions)
            let facts = try random.facts()
            let isLoose = seed % 5 == 0
            let decision = facts.decide(isLoose ? loose : strict)
            verdicts.insert(decision.verdict)
            guard let market = facts.facts.market, let account = facts.facts.account else { continue }
            lines += JSONNode.object([
                ("intent", FieldCoder.node(facts.facts.intent)), ("market", FieldCoder.node(market)),
                ("account", FieldCoder.node(account)), ("day", FieldCoder.node(facts.facts.day)),
                ("is_halted", .bool(facts.facts.isHalted)), ("at_least_one", .bool(isLoose)), ("decision", FieldCoder.node(decision)),
            ]).canonicalBytes()
            lines.append(UInt8(ascii: "\n"))
        }
        // The cases come to every end that there is.
        #expect(verdicts == Set(Verdict.allCases))
        let (code, output, errors) = try check(lines)
        #expect(code == 0, "\(errors)")
        let total = output.split(separator: ",").compactMap { $0.split(separator: " ").last.flatMap { Int($0.filter(\.isNumber)) } }
        #expect(total.reduce(0, +) == Self.count, "\(output)")
    }

    @Test func `the independent program sees a decision that is not that of the rules`() throws {
        let fixture = try DecisionFixture()
        var decision = fixture.decide(try DecisionFixture.rules())
        decision.size.quantity += 1
        guard let market = fixture.facts.market, let account = fixture.facts.account else { return }
        let line = JSONNode.object([
            ("intent", FieldCoder.node(fixture.facts.intent)), ("market", FieldCoder.node(market)), ("account", FieldCoder.node(account)),
            ("day", FieldCoder.node(fixture.facts.day)), ("is_halted", .bool(false)), ("at_least_one", .bool(false)),
            ("decision", FieldCoder.node(decision)),
        ]).canonicalBytes()
        let (code, _, errors) = try check(line)
        #expect(code == 1 && errors.contains("quantity"), "\(errors)")
    }

    private func check(_ lines: [UInt8]) throws -> (code: Int32, output: String, errors: String) {
        let base = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let files = (cases: base + ".ndjson", output: base + ".out", errors: base + ".err")
        defer { for file in [files.cases, files.output, files.errors] { try? FileManager.default.removeItem(atPath: file) } }
        try Data(lines).write(to: URL(filePath: files.cases))
        for file in [files.output, files.errors] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        let process = Process()
        process.executableURL = URL(filePath: projectRoot + "/scripts/check-decisions")
        process.arguments = [files.cases]
        process.standardOutput = FileHandle(forWritingAtPath: files.output)
        process.standardError = FileHandle(forWritingAtPath: files.errors)
        try process.run()
        process.waitUntilExit()
        func text(_ file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
        return (process.terminationStatus, try text(files.output), try text(files.errors))
    }
}

/// Facts from a seed: mostly such that an order follows, with anything wrong now and then.
private struct RandomFacts {
    private var generator: SeededGenerator
    private let sessions: SessionRules

    init(seed: UInt64, sessions: SessionRules) { (generator, self.sessions) = (SeededGenerator(seed: seed), sessions) }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    private mutating func happens(oneIn count: Int) -> Bool { number(1...count) == 1 }
    private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...(values.count - 1))] }

    private func decimal(_ units: Int, digits: Int) -> FixedDecimal {
        var scale = FixedDecimal.unitsPerOne
        for _ in 0..<digits { scale /= 10 }
        return FixedDecimal(units: Int128(units) * scale)
    }

    private func later(_ instant: Instant, milliseconds: Int) -> Instant {
        instant.advanced(byMicroseconds: Int64(milliseconds) * 1000) ?? instant
    }

    mutating func facts() throws -> DecisionFixture {
        var fixture = try DecisionFixture()
        try intent(&fixture.facts.intent)
        var market = MarketConsultedPayload()
        (market.source, market.intentID) = (fixture.facts.intent.source, fixture.facts.intent.intentID)
        try moment(&market)
        underlying(&market)
        var candidates: [ContractRow] = []
        for _ in 0..<number(0...14) { candidates.append(try contract(fixture.facts.intent, market)) }
        // A contract is listed once.
        var seen: Set<String> = []
        market.candidates = candidates.filter { seen.insert($0.optionSymbol).inserted }
        filters(&market)
        fixture.facts.market = market
        fixture.facts.account = account(fixture.facts.account ?? AccountFacts())
        day(&fixture.facts.day, fixture.facts.intent, market)
        fixture.facts.isHalted = happens(oneIn: 30)
        return fixture
    }

    private mutating func intent(_ intent: inout TradeIntent) throws {
        intent.ticker = pick(["SPY", "SPY", "AAPL", "BRK.B"])
        intent.instrument = pick([.call, .call, .put, .put, .stock])
        intent.action = happens(oneIn: 4) ? .sell : .buy
        intent.strategy = pick(TradeStrategy.allCases)
        if intent.instrument == .stock || intent.action == .sell { intent.quantity = happens(oneIn: 2) ? nil : Int64(number(1...12)) }
    }

    /// A weekday's hours, sometimes before or after them.
    private mutating func moment(_ market: inout MarketConsultedPayload) throws {
        let date = try DecisionFixture.date("2026-01-02").advanced(byDays: number(0...330)) ?? .minimum
        let midnight = Instant(startOf: date) ?? .minimum
        market.now = later(midnight, milliseconds: number(happens(oneIn: 6) ? 0...86_399_000 : 52_200_000...75_600_000))
        let session = sessions.session(at: market.now)
        market.calendar = SessionFacts(
            sessionOpen: session?.open, sessionClose: session?.close, brokerIsOpen: happens(oneIn: 40) ? nil : !happens(oneIn: 40))
    }

    private mutating func stamp(_ now: Instant) -> Instant? {
        if happens(oneIn: 60) { return nil }
        return later(now, milliseconds: happens(oneIn: 12) ? number(-70_000...8_000) : number(-9_000...0))
    }

    private mutating func underlying(_ market: inout MarketConsultedPayload) {
        let cents = number(2_000...90_000)
        if !happens(oneIn: 40) { market.underlying.bid = decimal(cents, digits: 2) }
        if !happens(oneIn: 40) {
            market.underlying.ask = decimal(cents + (happens(oneIn: 15) ? number(-3...2000) : number(0...9)), digits: 2)
        }
        market.underlying.quoteTimestamp = stamp(market.now)
        market.underlying.last = happens(oneIn: 10) ? nil : decimal(cents + number(-20...20), digits: 2)
        market.spot = BrokerFigures.mid(market.underlying.bid, market.underlying.ask)?.rounded() ?? market.underlying.last
    }

    private mutating func contract(_ intent: TradeIntent, _ market: MarketConsultedPayload) throws -> ContractRow {
        let spot = Int(((market.spot ?? FixedDecimal(100)).units / FixedDecimal.unitsPerOne))
        let today = market.now.date
        let expiry = today.advanced(byDays: happens(oneIn: 10) ? number(-1...40) : number(0...intent.daysThrough)) ?? today
        let step = happens(oneIn: 12) ? number(-14...14) : number(-6...6)
        let strike = max(1, (spot + spot * step / 100)) * 1000 + (happens(oneIn: 8) ? 500 : 0)
        let type = happens(oneIn: 20) ? pick(["C", "P"]) : intent.instrument == .put ? "P" : "C"
        let root = (happens(oneIn: 30) ? "SPXW" : intent.ticker.replacing(".", with: ""))
        let (year, month, day) = expiry.components
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(number)".utf8.count)) + "\(number)"
        }
        let symbol = "\(root)\(padded(year % 100, 2))\(padded(month, 2))\(padded(day, 2))\(type)\(padded(strike, 8))"
        let bid = happens(oneIn: 25) ? number(0...3) : number(20...1500)
        let width = happens(oneIn: 5) ? number(-2...200) : number(0...max(1, bid / 12))
        var row = try DecisionFixture.contract(symbol, delta: nil)
        // Prices of the vendor have more digits than a tick at times.
        let digits = happens(oneIn: 10) ? 4 : 2
        row.bid = happens(oneIn: 40) ? nil : decimal(digits == 4 ? bid * 100 + number(0...99) : bid, digits: digits)
        row.ask = happens(oneIn: 40) ? nil : decimal(digits == 4 ? (bid + width) * 100 + 99 : bid + width, digits: digits)
        row.quoteTimestamp = stamp(market.now)
        row.volume = happens(oneIn: 30) ? nil : decimal(happens(oneIn: 6) ? number(90...110) : number(100...5000), digits: 0)
        let newYork = (market.now.advanced(byMicroseconds: -4 * 3_600_000_000) ?? market.now).date
        row.volumeDate = happens(oneIn: 30) ? newYork.advanced(byDays: -1) : happens(oneIn: 60) ? nil : newYork
        row.openInterest = happens(oneIn: 30) ? nil : decimal(happens(oneIn: 6) ? number(90...110) : number(100...9000), digits: 0)
        row.tradable = happens(oneIn: 30) ? pick([false, nil] as [Bool?]) : true
        row.multiplier = happens(oneIn: 30) ? pick([nil, .zero, FixedDecimal(10)] as [FixedDecimal?]) : FixedDecimal(100)
        row.ppind = pick([true, true, false, nil] as [Bool?])
        if !happens(oneIn: 3) {
            let size = happens(oneIn: 8) ? pick([190, 200, 210, 790, 800, 987]) : number(210...790)
            row.delta = decimal(type == "C" ? size : -size, digits: 3)
        }
        return row
    }

    /// Mostly as the chain is asked; at times for less than these rules need.
    private mutating func filters(_ market: inout MarketConsultedPayload) {
        guard happens(oneIn: 4) else { return }
        let today = market.now.date
        market.filters.expiryFrom = today.advanced(byDays: happens(oneIn: 4) ? number(0...9) : -2)
        market.filters.expiryThrough = today.advanced(byDays: happens(oneIn: 4) ? number(5...31) : 60)
        if happens(oneIn: 4), let spot = market.spot {
            market.filters.strikeFrom = FixedDecimal(units: spot.units / 100 * Int128(number(86...93)))
            market.filters.strikeThrough = FixedDecimal(units: spot.units / 100 * Int128(number(107...114)))
        }
    }

    private mutating func account(_ standard: AccountFacts) -> AccountFacts {
        var account = standard
        let dollars = happens(oneIn: 6) ? number(-500...20_000) : number(5_000...400_000)
        account.equity = happens(oneIn: 60) ? nil : decimal(dollars * 100 + number(0...99), digits: 2)
        account.buyingPower = happens(oneIn: 60) ? nil : decimal(dollars * number(0...400), digits: 2)
        account.optionsBuyingPower = happens(oneIn: 3) ? nil : decimal(dollars * number(0...200), digits: 2)
        account.optionsLevel = happens(oneIn: 20) ? pick([0, 1, 3, nil] as [Int64?]) : 2
        if happens(oneIn: 40) { account.status = "ACCOUNT_UPDATED" }
        if happens(oneIn: 40) { account.accountBlocked = pick([true, nil] as [Bool?]) }
        if happens(oneIn: 40) { account.tradingBlocked = pick([true, nil] as [Bool?]) }
        if happens(oneIn: 40) { account.tradeSuspendedByUser = pick([true, nil] as [Bool?]) }
        return account
    }

    private mutating func day(_ day: inout DayFacts, _ intent: TradeIntent, _ market: MarketConsultedPayload) {
        day.orders = happens(oneIn: 6) ? Int64(number(18...21)) : Int64(number(0...6))
        day.premium = decimal(happens(oneIn: 5) ? number(0...4_000_000) : number(0...300_000), digits: 2)
        day.reserved = happens(oneIn: 4) ? decimal(number(0...1_000_000), digits: 2) : .zero
        guard intent.action == .sell else { return }
        let symbols = market.candidates.map(\.optionSymbol) + [intent.ticker]
        for symbol in Set(symbols).sorted() where happens(oneIn: intent.instrument == .stock ? 2 : 4) {
            day.holdings.append(
                Holding(symbol: symbol, quantity: Int64(number(1...9)), closing: happens(oneIn: 4) ? Int64(number(1...9)) : 0))
        }
    }
}

extension TradeIntent {
    /// Days from now within which the expiries of most contracts lie.
    fileprivate var daysThrough: Int { strategy == .dayTrade ? 8 : 32 }
}
