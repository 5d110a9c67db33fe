import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Chains over seeds: late, corrected and incomplete ones.
@Suite struct ChainPropertyTests {
    /// Two expiries, three times of one day and one of the next, up to three parts each, in any order, again and again.
    private func log(_ random: inout SeededGenerator) throws -> ChainLog {
        var log = ChainLog()
        let times = ["2026-01-30T15:00:00Z", "2026-01-30T15:30:00Z", "2026-01-30T20:00:00Z", "2026-01-31T15:00:00Z"]
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            let parts = Int.random(in: 1...3, using: &random)
            let part = Int.random(in: 1...parts, using: &random)
            // Some parts overlap others.
            let start = Int.random(in: 0...3, using: &random) == 0 ? 1 : part * 100
            let rows = try (0..<Int.random(in: 0...4, using: &random)).map { index in
                let strike = start + index * 5
                func figure(_ scale: Int) -> String? {
                    Int.random(in: 0...4, using: &random) == 0 ? nil : "\(Int.random(in: -1...scale, using: &random))"
                }
                return try option(
                    "\(strike)", .random(&random), bid: figure(5), ask: figure(9), last: figure(3), mark: figure(8), iv: figure(90),
                    delta: figure(1), gamma: figure(2),
                    interest: "\(Int.random(in: 0...900, using: &random))")
            }
            try log.add(
                times.randomElement(using: &random) ?? times[0],
                expiry: Bool.random(using: &random) ? "2026-02-20" : "2026-01-31", part: part, of: parts,
                spot: Int.random(in: 0...7, using: &random) == 0 ? nil : "100", rows)
        }
        return log
    }

    @Test(arguments: ["option_chains", "iv_surface", "exposure"])
    func `batches of any size, with restarts from stored facts, give the versions of one fold`(_ name: String) throws {
        let definition = try ChainLog.definition(name)
        for seed in 0..<12 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let log = try log(&random)
            let whole = try log.folded(definition, batch: { .max }, restarts: { false })
            let parts = try log.folded(
                definition, batch: { Int.random(in: 1...7, using: &random) }, restarts: { Bool.random(using: &random) })
            #expect(parts == whole, "seed \(seed)")
            // The current rows are those of a fold that holds everything, at every position, and those of the facts alone.
            for position in [Int64(log.events.count / 2), .max] {
                let rows = try log.rows(name, upTo: position).map(\.sourceText)
                let stored = whole.rows.documents(at: position).sorted { $0.key < $1.key }.map(\.value)
                #expect(rows == stored, "seed \(seed) at \(position)")
            }
            for (_, facts) in whole.facts.documents() {
                let document = Array(facts.utf8)
                let again = try definition.rows(fromFacts: document, referring: try log.referred(by: document, definition))
                for row in again { #expect(whole.rows.current(row.key) == row.document, "seed \(seed)") }
                #expect(document.count < 400, "facts are positions")
                #expect(throws: RowProblem.self) { try definition.rows(fromFacts: document) }
            }
        }
    }

    @Test func `the day's row follows from the last word of each part, whatever the order`() throws {
        for seed in 0..<12 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let log = try log(&random)
            // An oracle of its own: by time from the latest, the parts that part 1 names, alike and ascending.
            var latest: [String: MarketObservedPayload] = [:]
            for event in log.events { latest[event.stream] = try MarketObservedPayload(decoding: event.payload, schemaVersion: 3) }
            let rows = try log.rows("option_chains")
            for row in rows {
                let (date, expiry) = (row["market_date"]?.string ?? "", row["expiry"]?.string ?? "")
                let own = latest.values.filter {
                    "\($0.timestamp)".hasPrefix(date) && $0.date("expiry")?.description == expiry
                }
                var expected: Instant?
                for time in Set(own.map(\.timestamp)).sorted(by: >) where expected == nil {
                    let parts = own.filter { $0.timestamp == time }.sorted { ($0.integer("part") ?? 0) < ($1.integer("part") ?? 0) }
                    guard let first = parts.first, first.integer("part") == 1, let count = first.integer("parts"), parts.count >= count
                    else { continue }
                    let joined = parts.prefix(Int(count)).flatMap { ChainRow.all(in: $0.rows?.json ?? []) ?? [] }
                    let isAlike = parts.prefix(Int(count)).allSatisfy {
                        $0.decimal("spot") == first.decimal("spot") && $0.integer("parts") == count
                    }
                    if isAlike, parts[Int(count) - 1].integer("part") == count, ChainRow.ascend(joined) { expected = time }
                }
                #expect(row["timestamp"]?.string == expected?.description, "seed \(seed) \(expiry)")
                let isLast = expected == own.map(\.timestamp).max()
                #expect((row["warnings"]?.count == 0) == isLast, "seed \(seed) \(expiry)")
            }
        }
    }
}

extension OptionType {
    fileprivate static func random(_ random: inout SeededGenerator) -> OptionType { Bool.random(using: &random) ? .call : .put }
}
