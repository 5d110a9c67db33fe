import LedgerAnalyses
import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

// example: docs/engineer.md
/// The highest spot of a market in the hours before now.
struct HighestSpotAnalysis: Analysis {
    static let parameters = [AnalysisParameter("currency", expected: "a currency, for example BTC")]
    let identity: AnalysisIdentity
    private let file: RuleFile
    private let hours: Int

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let path = AnalysisIdentity.path(of: "highest-spot", rulesVersion: rulesVersion)
        let document = try RuleDocument(path: path, kind: "highest-spot", read: read)
        identity = try AnalysisIdentity(name: "highest-spot", codeVersion: 1, document)
        file = document.file
        hours = try document.root.integer("hours")
    }

    func question(_ values: ParameterValues) throws(ParameterProblem) -> String { try values.text(Self.parameters[0]) }

    func inputs(of currency: String, now: Instant) -> [RowRange] {
        let from = now.advanced(byMicroseconds: -Int64(hours) * 3_600_000_000) ?? .minimum
        return [RowRange("gex_hourly", equals: ["currency": currency], time: "timestamp", from: from, through: now)]
    }

    /// The row of the highest spot; of equal ones the earliest.
    private func highest(_ reading: AnalysisReading<String>) -> (spot: FixedDecimal, position: Int64)? {
        var highest: (spot: FixedDecimal, position: Int64)?
        for row in reading.rows[0] {
            guard let spot = row.root["spot"]?.decimal, let position = row.root["observed_position"]?.integer else { continue }
            if highest.map({ spot > $0.spot }) ?? true { highest = (spot, position) }
        }
        return highest
    }

    func write(_ reading: AnalysisReading<String>, to out: inout JSONWriter) {
        out.beginObject()
        out.key("currency"); out.string(reading.question)
        out.key("highest"); out.decimalNumber(highest(reading)?.spot)
        out.endObject()
    }

    func evidence(of figure: FieldPath, _ reading: AnalysisReading<String>) -> [Int64] {
        highest(reading).map { [$0.position] } ?? []
    }

    func explain(_ figure: FieldPath, _ reading: AnalysisReading<String>, _ sheet: inout Worksheet) throws(ExplanationError) {
        if figure == FieldPath("currency") { return sheet.step("what was asked", "currency", Shown(reading.question)) }
        sheet.rule(file, "hours")
        guard let highest = highest(reading) else { return sheet.null("highest", because: "no spot was observed") }
        sheet.copy("spot", Shown(highest.spot), sheet.row.event(at: highest.position))
    }
}
// end

@Suite struct ExampleAnalysisTests {
    private static let rules = ["rules: highest-spot", "version: 1", "reads: {gex_hourly: v1/c1}", "hours: 24", ""].joined(separator: "\n")

    private func definition() throws -> AnalysisDefinition {
        let source = AnalysisSource("highest-spot") { version, read in try HighestSpotAnalysis(rulesVersion: version, read: read) }
        let path = AnalysisIdentity.path(of: "highest-spot", rulesVersion: 1)
        let registry = try AnalysisRegistry([source], files: [path]) { _ in Array(Self.rules.utf8) }
        return try #require(registry.definition("highest-spot", nil))
    }

    @Test func `it reads the hours that its rules name, up to now, and explains what it found`() throws {
        var market = ObservedMarket()
        for (hours, spot) in [(25, 500), (24, 101), (3, 104), (1, 103), (-1, 900)] {
            try market.add(.gexHourly, moment("2026-04-01T00:00:00Z", plusMinutes: -hours * 60), ["spot": FixedDecimal(spot)])
        }
        let definition = try definition()
        let now = try moment("2026-04-01T00:00:00Z")
        let asked = try definition.asked(ParameterValues(["currency": "BTC"]))
        let rows = try market.rows(of: asked, now: now)
        let document = try JSONDocument(parsing: asked.document(rows, now))
        #expect(String(decoding: document.bytes, as: UTF8.self) == #"{"currency":"BTC","highest":104}"#)
        let explainer = try AnalysisExplainer(
            definition.identity, asked, key: ["BTC"], document: document, rows: rows, now: now
        ) { _ in Array(Self.rules.utf8) }
        #expect(explainer.evidence(nil) == [3])
        let events = try market.events.filter { $0.position == 3 }.map {
            DecodedEvent(record: $0, payload: try TradeEvents.registry.payload(of: $0))
        }
        let explanation = try explainer.explain(FieldPath("highest"), events: events)
        #expect(explanation.mismatches.isEmpty && explanation.steps.last?.result.json == "104" && explanation.rules.map(\.line) == [4])
    }

    @Test func `the guide shows this very code`() throws {
        let own = try #require(projectText("Tests/LedgerAnalysesTests/ExampleAnalysisTests.swift"))
        let guide = try #require(projectText("docs/engineer.md"))
        let start = try #require(own.firstRange(of: "// example: docs/engineer.md\n"))
        let end = try #require(own.firstRange(of: "// end\n"))
        #expect(guide.contains("```swift\n\(own[start.upperBound..<end.lowerBound])```"))
    }
}
