import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct DecisionRulesTests {
    private func truncated() throws -> DecisionFixture {
        var fixture = try DecisionFixture()
        fixture.facts.market?.truncated = true
        fixture.facts.market?.filters.expiryFrom = try DecisionFixture.date("2026-01-28")
        fixture.facts.market?.filters.expiryThrough = try DecisionFixture.date("2026-02-04")
        fixture.facts.market?.filters.strikeFrom = FixedDecimal(540)
        fixture.facts.market?.filters.strikeThrough = FixedDecimal(660)
        fixture.facts.market?.candidates = try ["SPY260130C00609000", "SPY260130C00615000", "SPY260130C00600000"].map {
            try DecisionFixture.contract($0)
        }
        return fixture
    }

    @Test func `candidates that were cut suffice for the rules that asked for them`() throws {
        #expect(try truncated().decide(try DecisionFixture.rules()).verdict == .submit)
    }

    @Test func `other rules decide if all that comes before the selected contract was recorded`() throws {
        let near = try DecisionFixture.rules("out_of_the_money: 0.015", "out_of_the_money: 0.016")
        #expect(try truncated().decide(near).verdict == .submit)
    }

    @Test(arguments: [
        ("out_of_the_money: 0.015", "out_of_the_money: 0.09"), ("dte_from: 0, dte_through: 7", "dte_from: 0, dte_through: 8"),
        ("strike_range: 0.10", "strike_range: 0.11"),
    ])
    func `other rules that need what was cut say so`(old: String, new: String) throws {
        let decision = try truncated().decide(try DecisionFixture.rules(old, new))
        #expect(decision.verdict == .insufficientFacts)
        #expect(decision.reasons == ["insufficient_facts"])
    }

    @Test(arguments: [
        ("max_contracts: 10", "max_contracts: -1"), ("order_type: limit", "order_type: stop"), ("strike_range: 0.10", "strike_range: 2"),
        ("moneyness_low: 0.2", "moneyness_low: 0.9"), ("quote_age_from: -5", "quote_age_from: 61"),
        ("at_least_one_if_affordable: false", "at_least_one_if_affordable: no"), ("options_level_from", "option_level_from"),
    ])
    func `rules that make no sense are refused`(old: String, new: String) throws {
        #expect(throws: RuleError.self) { try DecisionFixture.rules(old, new) }
    }

    private func sessions() throws -> SessionRules { try DecisionFixture.rules().sessions }

    @Test func `sessions follow New York's clock through its changes`() throws {
        let sessions = try sessions()
        let winter = try #require(sessions.session(on: try DecisionFixture.date("2026-03-06")))
        #expect(winter.open.description == "2026-03-06T14:30:00Z" && winter.close.description == "2026-03-06T21:00:00Z")
        let summer = try #require(sessions.session(on: try DecisionFixture.date("2026-03-09")))
        #expect(summer.open.description == "2026-03-09T13:30:00Z" && summer.close.description == "2026-03-09T20:00:00Z")
        let early = try #require(sessions.session(on: try DecisionFixture.date("2026-12-24")))
        #expect(early.close.description == "2026-12-24T18:00:00Z")
    }

    @Test(arguments: ["2026-01-24", "2026-01-25", "2026-01-19", "2026-07-03", "2023-12-29", "2029-01-02"])
    func `weekends, holidays and unknown years have no session`(date: String) throws {
        #expect(try sessions().session(on: try DecisionFixture.date(date)) == nil)
    }

    @Test(arguments: [
        ("2026-01-28T15:00:00Z", "2026-01-28T21:00:00Z"), ("2026-01-28T21:00:00Z", "2026-01-29T21:00:00Z"),
        ("2026-01-30T22:00:00Z", "2026-02-02T21:00:00Z"), ("2026-01-29T03:00:00Z", "2026-01-29T21:00:00Z"),
        ("2026-12-24T18:00:00Z", "2026-12-28T21:00:00Z"),
    ])
    func `the next close is that of the session, or of the next one`(now: String, close: String) throws {
        #expect(try sessions().nextClose(after: try DecisionFixture.instant(now))?.description == close)
    }

    @Test func `a decision reads back as it was written`() throws {
        let decision = try DecisionFixture().decide(try DecisionFixture.rules())
        var payload = OrderSubmittedPayload()
        (payload.source, payload.intentID, payload.decision) = ("sample_broker", "I-1", decision)
        payload.body.clientOrderID = "al-1"
        #expect(try OrderSubmittedPayload(decoding: payload.encode()) == payload)
    }
}
