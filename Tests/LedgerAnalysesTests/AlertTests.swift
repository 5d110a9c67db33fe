import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// When an alert is raised and cleared, as a function of documents and of how it stood.
@Suite struct AlertTests {
    private static let start = "2026-04-01T00:00:00Z"

    private func rules(_ alerts: String) throws -> AlertRules {
        let text = "rules: alerts\nversion: 1\nalerts:\n\(alerts)\n"
        return try AlertRules(version: 1) { _ in Array(text.utf8) }
    }

    private func rule(_ operation: String, _ threshold: String?, clear: String? = nil, minutes: Int? = nil) -> String {
        let members =
            [("id", "a"), ("analysis", "overview"), ("path", "data.x"), ("operator", "\"\(operation)\"")]
            + (threshold.map { [("threshold", $0)] } ?? []) + (clear.map { [("clear", $0)] } ?? [])
            + (minutes.map { [("for_minutes", "\($0)")] } ?? []) + [("severity", "warning"), ("text", "it happened")]
        return "  - {\(members.map { "\($0): \($1)" }.joined(separator: ", "))}"
    }

    /// What each of some figures, a minute apart, does to an alert: `r` raises, `c` clears, `-` neither.
    private func course(_ rule: String, _ values: [String], state: inout AlertState) throws -> String {
        let rules = try rules(rule)
        var course = ""
        for (minute, value) in values.enumerated() {
            let document = try JSONDocument(parsing: Array("{\"data\":{\"x\":\(value)}}".utf8))
            let evaluation = AlertEvaluation(rules: rules, position: Int64(minute), now: try moment(Self.start, plusMinutes: minute))
            switch evaluation.change(of: rules.rules[0], currency: "BTC", document: document.root, &state) {
            case .raised?: course += "r"
            case .cleared?: course += "c"
            case nil: course += "-"
            }
        }
        return course
    }

    private func course(_ rule: String, _ values: [String]) throws -> String {
        var state = AlertState()
        return try course(rule, values, state: &state)
    }

    @Test(
        arguments: [
            (">=", "90", "85", ["89.9", "90", "89", "85", "84.9", "90"], "-r--cr"),
            ("<=", "10", "15", ["10.1", "10", "12", "15", "15.1"], "-r--c"), ("<=", "-5", "-3", ["-4", "-5", "-3", "-2.9"], "-r-c"),
            ("<=", "0.01", "0.015", ["0.011", "0.01", "0.015", "0.0151"], "-r-c"), (">", "0", nil, ["0", "1", "0", "2"], "-rcr"),
            ("<", "5", nil, ["5", "4", "5"], "-rc"),
        ] as [(String, String, String?, [String], String)])
    func `a figure raises at its threshold, and clears beyond the one that clears`(
        operation: String, threshold: String, clear: String?, values: [String], expected: String
    ) throws {
        #expect(try course(rule(operation, threshold, clear: clear), values) == expected)
    }

    @Test func `a text raises while it is the one that was asked for`() throws {
        #expect(try course(rule("==", "unstable"), ["\"stable\"", "\"unstable\"", "\"unstable\"", "\"stable\"", "1"]) == "-r-c-")
    }

    @Test func `null neither raises nor clears, and an unknown path is null`() throws {
        #expect(try course(rule(">=", "90"), ["95", "null", "95", "null", "80"]) == "r---c")
        #expect(try course(rule(">=", "90", minutes: 2), ["95", "null", "95"]) == "--r")
        var state = AlertState()
        let rules = try rules(rule(">=", "90"))
        let evaluation = AlertEvaluation(rules: rules, position: 1, now: try moment(Self.start))
        #expect(evaluation.change(of: rules.rules[0], currency: "BTC", document: nil, &state) == nil && state == AlertState())
    }

    @Test func `a condition has to hold for its minutes without a break, and the event says since when`() throws {
        #expect(try course(rule(">", "1", minutes: 2), ["2", "2", "1", "2", "2", "2", "2"]) == "-----r-")
        let rules = try rules(rule(">", "1", minutes: 2))
        var state = AlertState()
        var raised: AlertRaisedPayload?
        for minute in 0...2 {
            let evaluation = AlertEvaluation(rules: rules, position: 7, now: try moment(Self.start, plusMinutes: minute))
            let document = try JSONDocument(parsing: Array(#"{"data":{"x":2.5}}"#.utf8))
            if case .raised(let payload)? = evaluation.change(of: rules.rules[0], currency: "ETH", document: document.root, &state) {
                raised = payload
            }
        }
        let payload = try #require(raised)
        #expect(try payload.since == moment(Self.start))
        #expect(try payload.now == moment(Self.start, plusMinutes: 2))
        #expect(payload.value == "2.5" && payload.threshold == "1" && payload.position == 7 && payload.currency == "ETH")
        let event = AlertChange.raised(payload).event(previousVersion: 3)
        #expect(event.stream == "alert-a:ETH" && event.expectedVersion == 3 && event.effectiveAt == payload.now)
    }

    @Test func `a change is one edge, cleared at the next evaluation, and the first figure is no change`() throws {
        let long = "\"long_gamma\""
        let short = "\"short_gamma\""
        #expect(try course(rule("changed", nil), [long, long, short, short, short]) == "--rc-")
        // Changed and changed back: by the time the first edge is cleared and looked at again, short gamma is over.
        #expect(try course(rule("changed", nil), [long, short, long, long, long]) == "-rcrc")
        var state = AlertState()
        state.lastValue = long
        #expect(try course(rule("changed", nil), [short], state: &state) == "r")
    }

    @Test func `the same documents give the same events, whatever was asked before`() throws {
        let values = (0..<200).map { "\(($0 * 37) % 101)" }
        let rule = rule(">=", "90", clear: "50", minutes: 0)
        let whole = try course(rule, values)
        var state = AlertState()
        // Stopped and begun again anywhere, with the state that the log has.
        var parts = ""
        for value in values { parts += try course(rule, [value], state: &state) }
        #expect(parts == whole && whole.contains("r") && whole.contains("c"))
    }

    @Test(arguments: 0..<1_000 as Range<UInt64>)
    func `a history that is gone on with from the log gives the events of one that was never stopped`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rules = try rules(
            [
                rule(">=", "90", clear: "50", minutes: Int.random(in: 0...4, using: &random)),
                rule("changed", nil).replacing("id: a", with: "id: b"),
                rule("<=", "10", minutes: 2).replacing("id: a", with: "id: c"),
                rule("==", "10").replacing("id: a", with: "id: d"),
            ].joined(separator: "\n"))
        var whole: [AlertState] = rules.rules.map { _ in AlertState() }
        var parts = whole
        for minute in 0..<30 {
            let value = Int.random(in: 0..<6, using: &random) == 0 ? "null" : "\(Int.random(in: 0...100, using: &random) / 10 * 10)"
            let document = try JSONDocument(parsing: Array("{\"data\":{\"x\":\(value)}}".utf8)).root
            let evaluation = AlertEvaluation(rules: rules, position: Int64(minute), now: try moment(Self.start, plusMinutes: minute))
            // Stopped and gone on with: only what an event says is left.
            if Int.random(in: 0..<3, using: &random) == 0 { parts = try parts.map(Self.throughTheLog) }
            for (index, rule) in rules.rules.enumerated() {
                let one = evaluation.change(of: rule, currency: "BTC", document: document, &whole[index])
                let other = evaluation.change(of: rule, currency: "BTC", document: document, &parts[index])
                #expect(one == other, "seed \(seed), minute \(minute), \(rule.id)")
            }
        }
    }

    /// A state as `AlertsEvaluated` keeps it.
    private static func throughTheLog(_ state: AlertState) throws -> AlertState {
        var standing = AlertStandingRecord()
        (standing.alertID, standing.currency) = ("a", "BTC")
        (standing.isRaised, standing.since, standing.lastValue) = (state.isRaised, state.since, state.lastValue)
        var payload = AlertsEvaluatedPayload()
        payload.rulesDigest = "d"
        payload.standings = [standing]
        let read = try TradeEvents.registry.payload(type: .alertsEvaluated, schemaVersion: 1, bytes: payload.encode())
        let kept = try #require(read.payload(as: AlertsEvaluatedPayload.self)?.standings.first)
        var state = AlertState()
        (state.isRaised, state.since, state.lastValue) = (kept.isRaised, kept.since, kept.lastValue)
        return state
    }

    @Test func `the installed rules are read, and name analyses and figures that there are`() throws {
        let rules = try AlertRules(version: 1) { path in projectText(path).map { Array($0.utf8) } }
        #expect(
            rules.rules.count == 16
                && rules.analyses == ["flow", "futures", "gamma", "gex-levels", "overview", "stationarity", "yields"])
        let market = ObservedMarket()
        for rule in rules.rules where !rule.isOfLedger {
            let analysis = try #require(MarketAnalysis.named(rule.analysis))
            let document = try market.document(analysis, now: moment(Self.start)).root
            // Null or not, something stands there.
            var value: JSONValue? = document
            for part in rule.path.split(separator: ".") { value = value?[String(part)] }
            #expect(value != nil, "\(rule.id)")
        }
    }

    @Test(arguments: [
        ("operator: \">=\"", "operator: \"=>\"", "operator"), ("threshold: 90", "threshold: high", "threshold"),
        ("severity: warning", "severity: loud", "severity"), ("analysis: overview", "analysis: nothing", "analysis"),
        ("id: a", "id: A!", "id"), ("text:", "texts:", "texts"),
    ])
    func `a broken rule says where it breaks`(old: String, new: String, part: String) throws {
        let broken = rule(">=", "90").replacing(old, with: new)
        #expect { _ = try rules(broken) } throws: { "\($0)".contains(part) }
    }
}
