import Foundation
import LedgerAnalyses
import LedgerJSON
import LedgerValues
import OptionTrades
import SampleScope
import TestSupport
import Testing

/// The digests of the documents over the sample market: a change of the code that changes a document is a new code version.
///
/// `ProjectionsTests/Golden/analyses.digests` has a line a version, currency and moment. A new one is recorded by running this
/// test once with `ALPHA_LEDGER_RECORD_GOLDEN=1`; a recorded line is never rewritten.
@Suite struct AnalysisGoldenTests {
    private static let path = GoldenLog.folder + "analyses.digests"
    /// In the middle of the sample, after its gap, and at its end.
    private static let moments = ["2025-09-15T10:30:00Z", "2025-12-10T00:00:00Z", "2026-02-05T23:30:00Z"]

    private func sample() throws -> ObservedMarket {
        var market = ObservedMarket()
        for line in SampleMarketData.lines().split(separator: UInt8(ascii: "\n")) {
            let root = try JSONDocument(parsing: Array(line)).root
            let kind = try #require(root["kind"]?.string.flatMap { MarketKind(rawValue: $0) })
            let values = kind.fields.map { field -> MarketValue in
                guard let value = root[field.name], !value.isNull else { return .null }
                return switch field.type {
                case .instant: value.string.flatMap { Instant($0) }.map { .instant($0) } ?? .null
                case .integer: value.integer.map { .integer($0) } ?? .null
                case .decimal: value.decimal.map { .decimal($0) } ?? .null
                default: value.string.map { .text($0) } ?? .null
                }
            }
            market.add(try #require(MarketObservedPayload(kind: kind, values: values)))
        }
        return market
    }

    @Test func `every analysis gives the documents over the sample market that were recorded for its version`() throws {
        let market = try sample()
        var recorded = (FileManager.default.contents(atPath: Self.path).map { String(decoding: $0, as: UTF8.self) } ?? "")
            .split(separator: "\n").map(String.init)
        var rows: [String: [JSONDocument]] = [:]
        for definition in try ObservedMarket.analyses().definitions {
            let identity = definition.identity
            let asked = try definition.asked(ParameterValues(["currency": "BTC"]))
            for text in Self.moments {
                let now = try moment(text)
                let read = try asked.inputs(now).map { range in
                    if rows[range.projection] == nil { rows[range.projection] = try market.rows(of: range.projection) }
                    return try ObservedMarket.rows(of: range, among: rows[range.projection] ?? [])
                }
                let document = asked.document(read, now)
                let name = "\(identity.name) \(identity.reference) BTC \(text)"
                let line = "\(name) \(Digest32(sha256Of: document))"
                if !recorded.contains(where: { $0.hasPrefix(name + " ") }),
                    ProcessInfo.processInfo.environment["ALPHA_LEDGER_RECORD_GOLDEN"] == "1"
                {
                    recorded.append(line)
                    try Data((recorded.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: Self.path))
                }
                #expect(
                    recorded.contains(line),
                    "\(name) is another document than was recorded, or none was: raise the code version. \(String(decoding: document, as: UTF8.self))"
                )
            }
        }
    }
}
