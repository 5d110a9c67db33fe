import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct AssertionsProjectionTests {
    let rules: AssertionsRules
    let definition: ProjectionDefinition
    let holding = HoldingKey(source: "alpha_sync", sourcePortfolio: "IMST", contractKey: "MSTR260130C00350000")

    init() throws {
        rules = try AssertionsRules(version: 1, read: projectRuleFile)
        definition = try #require(try projectRegistry().definition("assertions", version: "v1", codeVersion: 1))
    }

    private func row(
        _ id: String, _ side: Direction?, _ quantity: Int?, at minutes: Int, _ change: (inout ExecutionRow) throws -> Void = { _ in }
    ) throws -> ExecutionRow {
        try LifecyclesFixture.row(id, side, quantity, "2.5", at: minutes, change)
    }

    private func time(_ minutes: Int) throws -> Instant { try instant("2026-01-10T14:30:00Z", plusSeconds: minutes * 60) }

    /// The rows after all events, in key order.
    private func rows(_ log: AssertionsLog) throws -> [JSONValue] {
        try LifecyclesFixture.fold(log.events, definition).rows.documents().sorted { $0.key < $1.key }
            .map { try JSONDocument(parsing: Array($0.value.utf8)).root }
    }

    @Test func `a quantity is what was bought less what was sold up to the instant, the instant included`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .buy, 10, at: 0))
        try log.append(row("T2", .sell, 4, at: 5))
        try log.append(row("T3", .buy, 1, at: 6))
        try log.state("a", holding, asOf: time(5), "6")
        try log.state("b", holding, asOf: time(4), "6")
        let found = try rows(log)
        #expect(found.map { $0["state"]?.string } == ["holds", "broken"])
        #expect(found.map { $0["ledger_value"]?.string } == ["6", "10"])
        #expect(found.map { $0["difference"]?.string } == ["0", "4"])
        #expect(found[0]["trade_ids"]?.elements.compactMap(\.string) == ["T1", "T2"])
        #expect(found[0]["event_positions"]?.elements.compactMap(\.integer) == [1, 2, 4, 5])
        #expect(found.map { $0["checked_position"]?.integer } == [5, 5])
    }

    @Test func `premium and cash are totals in dollars, and fees count in cash alone`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .sell, 10, at: 0))
        try log.append(row("T2", .buy, 4, at: 1))
        // 10 × 2.5 × 100 received, 4 × 2.5 × 100 paid, and fees of 6.5 for each.
        try log.state("premium", holding, .premium, asOf: time(9), "1500")
        try log.state("cash", holding, .cash, asOf: time(9), "1487")
        #expect(try rows(log).map { $0["state"]?.string } == ["holds", "holds"])
    }

    @Test func `a later correction, a bust and a move to another portfolio check an assertion again`() throws {
        var log = AssertionsLog()
        try log.state("a", holding, asOf: time(9), "10")
        #expect(try rows(log).map { $0["state"]?.string } == ["broken"])
        #expect(try rows(log)[0]["ledger_value"]?.string == "0")
        try log.append(row("T1", .buy, 10, at: 0))
        #expect(try rows(log).map { $0["state"]?.string } == ["holds"])
        try log.correct("T1") { $0.quantity = FixedDecimal(9) }
        #expect(try rows(log)[0]["difference"]?.string == "-1")
        try log.correct("T1") { $0.quantity = FixedDecimal(10) }
        #expect(try rows(log).map { $0["state"]?.string } == ["holds"])
        try log.correct("T1") { $0.sourcePortfolio = "ICOI" }
        let moved = try rows(log)
        #expect(moved.map { $0["state"]?.string } == ["broken"])
        #expect(moved[0]["checked_position"]?.integer == 5)
        try log.correct("T1") { $0.sourcePortfolio = "IMST" }
        try log.correct("T1") { $0.tradeStatus = .busted }
        #expect(try rows(log)[0]["execution_count"]?.integer == 0)
    }

    @Test func `a missing figure makes neither a zero nor a broken assertion`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .buy, 10, at: 0) { $0.feesUSD = nil })
        try log.append(row("T2", nil, 10, at: 20))
        try log.append(row("T3", .buy, 10, at: 40) { $0.quantityUnit = "SHARES" })
        try log.state("a", holding, .cash, asOf: time(9), "0")
        try log.state("b", holding, .premium, asOf: time(9), "-2500")
        try log.state("c", holding, .quantity, asOf: time(30), "10")
        try log.state("d", holding, .quantity, asOf: time(50), "10")
        let found = try rows(log)
        #expect(found.map { $0["state"]?.string } == ["indeterminate", "holds", "indeterminate", "indeterminate"])
        #expect(found[0]["ledger_value"]?.isNull == true && found[0]["difference"]?.isNull == true)
        #expect(found[0]["missing_fields"]?.elements.compactMap(\.string) == ["fees_usd"])
        #expect(found[3]["missing_fields"]?.elements.compactMap(\.string) == ["direction", "quantity_unit"])
    }

    @Test func `the tolerance is zero unless one is stated, and its edge still holds`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .buy, 10, at: 0))
        try log.state("a", holding, asOf: time(9), "10.0000000001")
        try log.state("b", holding, asOf: time(9), "11", tolerance: "1")
        try log.state("c", holding, asOf: time(9), "11.0000000001", tolerance: "1")
        #expect(try rows(log).map { $0["state"]?.string } == ["broken", "holds", "broken"])
        #expect(try rows(log).map { $0["tolerance"]?.string } == ["0", "1", "1"])
    }

    @Test func `a withdrawn assertion stays with who withdrew it and why`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .buy, 10, at: 0))
        try log.state("a", holding, asOf: time(9), "11")
        try log.withdraw("a", holding)
        let found = try rows(log)
        #expect(found.map { $0["state"]?.string } == ["withdrawn"])
        #expect(found[0]["withdrawn_by"]?.string == "operations" && found[0]["withdrawal_reason"]?.string == "wrong")
        #expect(found[0]["difference"]?.string == "-1")
    }

    @Test func `executions without a portfolio or a contract belong to no holding`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .buy, 10, at: 0) { $0.sourcePortfolio = nil })
        try log.append(row("T2", .buy, 10, at: 0) { $0.optionSymbol = nil })
        #expect(try LifecyclesFixture.fold(log.events, definition).facts.documents().isEmpty)
    }

    @Test func `a reader at an earlier instant sees neither later trades nor assertions about a later one`() throws {
        var log = AssertionsLog()
        try log.append(row("T1", .buy, 10, at: 0))
        try log.append(row("T2", .buy, 10, at: 5))
        try log.state("a", holding, asOf: time(1), "10")
        try log.state("b", holding, asOf: time(9), "20")
        let projection = AssertionsProjection(rules: rules)
        var facts: AssertionsProjection.Facts?
        for event in log.events {
            for entity in try projection.entities(touchedBy: event) { try projection.apply(event, to: &facts, of: entity) }
        }
        let all = try #require(facts)
        let early = try #require(try projection.facts(all, effectiveBy: time(2)))
        let keys = projection.rows(of: early).map { $0.key.parts[2].text }
        #expect(keys == ["a"])
        #expect(try projection.facts(early, effectiveBy: time(-1)) == nil)
    }
}

/// Random histories of trades, corrections, busts, moves, statements and withdrawals.
@Suite struct AssertionsPropertyTests {
    let rules: AssertionsRules
    let definition: ProjectionDefinition
    private static let seeds: Range<UInt64> = 0..<300

    init() throws {
        rules = try AssertionsRules(version: 1, read: projectRuleFile)
        definition = try #require(try projectRegistry().definition("assertions", version: "v1", codeVersion: 1))
    }

    private func randomRow(_ id: String, _ random: inout SeededGenerator) throws -> ExecutionRow {
        func isOdd() -> Bool { Int.random(in: 0..<10, using: &random) == 0 }
        var row = try LifecyclesFixture.row(
            id, isOdd() ? nil : Bool.random(using: &random) ? .buy : .sell, isOdd() ? nil : Int.random(in: 0...4, using: &random),
            isOdd() ? nil : "\(Int.random(in: 0...9, using: &random)).25", at: Int.random(in: 0..<8, using: &random))
        row.sourcePortfolio = isOdd() ? nil : Bool.random(using: &random) ? "IMST" : "ICOI"
        if isOdd() { row.optionSymbol = "MSTR260130C00360000" }
        if isOdd() { row.tradeStatus = TradeStatus.allCases.randomElement(using: &random) ?? .filled }
        if isOdd() { row.feesUSD = nil }
        if isOdd() { row.quantityUnit = "SHARES" }
        return row
    }

    private func randomLog(_ random: inout SeededGenerator) throws -> AssertionsLog {
        var log = AssertionsLog()
        var open: [(id: String, holding: HoldingKey)] = []
        for step in 0..<Int.random(in: 4...24, using: &random) {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let holding = HoldingKey(
                    source: "alpha_sync", sourcePortfolio: Bool.random(using: &random) ? "IMST" : "ICOI",
                    contractKey: "MSTR260130C00350000")
                let id = "a\(step)"
                try log.state(
                    id, holding, AssertionKind.allCases.randomElement(using: &random) ?? .quantity,
                    asOf: instant("2026-01-10T14:30:00Z", plusSeconds: 60 * Int.random(in: -1...9, using: &random)),
                    "\(Int.random(in: -4...4, using: &random))",
                    tolerance: Bool.random(using: &random) ? "\(Int.random(in: 0...3, using: &random))" : nil)
                open.append((id, holding))
            case 2 where !open.isEmpty:
                let (id, holding) = open.remove(at: Int.random(in: open.indices, using: &random))
                try log.withdraw(id, holding)
            default: try log.append(randomRow("T\(Int.random(in: 0..<5, using: &random))", &random))
            }
        }
        return log
    }

    @Test func `at each position the state is the one worked out anew from the events up to it`() throws {
        let oracle = AssertionsOracle(rules: rules)
        var states: [String: Int] = [:]
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            let tables = try LifecyclesFixture.fold(log.events, definition, batch: { 1 })
            for position in 1...Int64(log.events.count) {
                let found = try tables.rows.documents(at: position).sorted { $0.key < $1.key }
                    .map { try AssertionsOracle.line($0.key, $0.value) }
                #expect(found == oracle.lines(log.events.prefix(Int(position))), "seed \(seed) at \(position)")
                for line in found { states[String(line.split(separator: " ")[1]), default: 0] += 1 }
            }
        }
        for state in CheckedAssertion.State.allCases { #expect(states[state.rawValue, default: 0] > 100, "\(states)") }
    }

    @Test func `batches and restarts never change a version`() throws {
        for seed in Self.seeds {
            var random = SeededGenerator(seed: seed)
            let log = try randomLog(&random)
            let whole = try LifecyclesFixture.fold(log.events, definition)
            #expect(try LifecyclesFixture.fold(log.events, definition, batch: { 1 }) == whole, "seed \(seed)")
            var restarts = SeededGenerator(seed: ~seed)
            let mixed = try LifecyclesFixture.fold(
                log.events, definition, batch: { Int.random(in: 1...7, using: &random) },
                restarts: { Bool.random(using: &restarts) })
            #expect(mixed == whole, "seed \(seed)")
            let fold = definition.completeFold()
            for event in log.events { try fold.apply(event) }
            var rows: [String] = []
            fold.forEachRow { rows.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
            let stored = whole.rows.documents().sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            #expect(rows == stored, "seed \(seed)")
        }
    }
}
