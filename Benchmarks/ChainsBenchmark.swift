import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

/// Days of hourly chains of 2,000 contracts through the live projections that are made from chains. The baseline reads and decodes the
/// same events. `--events` says how many: 240 are a day, and one day is the least.
enum ChainsBenchmark {
    private static let expiries = 10
    private static let rowsOfExpiry = 200
    private static let eventsOfDay = 24 * expiries
    private static let names = ["option_chains", "iv_surface", "exposure"]

    static func run(_ bench: Bench) async throws {
        let days = max(1, (bench.askedEvents ?? 0) / eventsOfDay)
        let rows = days * eventsOfDay * rowsOfExpiry
        var folds: [String: [Double]] = [:]
        var whole: [Double] = []
        var decodes: [Double] = []
        for round in 0..<bench.rounds {
            try await bench.withLedger { ledger in
                try await append(days, to: ledger)
                var seconds = 0.0
                for name in names {
                    let own = try await fold(name, ledger)
                    folds[name, default: []].append(own)
                    seconds += own
                }
                whole.append(seconds)
                decodes.append(try await Bench.seconds { try await decode(ledger, expecting: rows) })
                if round == bench.rounds - 1 { try await showBytes(ledger) }
            }
        }
        for name in names {
            let seconds = folds[name] ?? []
            Bench.line("live \(name), rows of chains", count: rows, seconds: seconds)
            Bench.text("\(name): \(rows) rows in \(Bench.fixed(Bench.median(seconds) * 1000)) ms")
        }
        Bench.line("the three, one after the other (goal ≥ 40,000/s)", count: rows, seconds: whole)
        Bench.line("bare read and decode", count: rows, seconds: decodes)
        Bench.ratio("the three ÷ bare decode", Bench.median(decodes) / Bench.median(whole))
    }

    private static func append(_ days: Int, to ledger: Ledger) async throws {
        let run = ledger.newID()
        for day in 0..<days {
            // 05:00Z is midnight in New York, whose dates count.
            guard let date = CalendarDate(year: 2026, month: 1, day: 5)?.advanced(byDays: day), let start = Instant(startOf: date) else {
                throw BenchmarkError("day \(day) is beyond the calendar")
            }
            var events: [NewEvent] = []
            for hour in 0..<24 {
                let time = start.advanced(byMicroseconds: Int64(5 + hour) * GeneratedChains.hour) ?? start
                for expiry in 1...expiries {
                    events += try GeneratedChains.events(
                        "MSTR", at: time, date.advanced(byDays: 7 * expiry) ?? date, rows: rowsOfExpiry)
                }
            }
            guard events.count == eventsOfDay else { throw BenchmarkError("a chain of \(rowsOfExpiry) rows is not one event") }
            try await ledger.log.append(events, runID: run)
        }
    }

    private static func fold(_ name: String, _ ledger: Ledger) async throws -> Double {
        guard let definition = ledger.registry.firstDefinition(name) else { throw BenchmarkError("\(name) is not installed") }
        let follower = ProjectionFollower(definition, pool: ledger.projectorPool, owner: ledger.owner)
        return try await Bench.seconds {
            guard let outcome = try await follower.catchUp(), outcome.poison == nil else {
                throw BenchmarkError("\(name) can't be folded")
            }
        }
    }

    private static func decode(_ ledger: Ledger, expecting rows: Int) async throws {
        let decoded = try await ledger.pool.run { session in
            var (position, rows) = (Int64(0), 0)
            while true {
                let events = try LogReader().events(after: position, limit: eventsOfDay, session)
                guard let last = events.last else { return rows }
                for event in events {
                    rows += try TradeEvents.registry.payload(of: event).payload(as: MarketObservedPayload.self)?.rows?.count ?? 0
                }
                position = last.position
            }
        }
        guard decoded == rows else { throw BenchmarkError("\(decoded) rows were decoded, not \(rows)") }
    }

    /// The bytes of tables, indexes and long values, beside those of the events' payloads.
    private static func showBytes(_ ledger: Ledger) async throws {
        let (stored, payloads) = try await ledger.pool.run { session in
            var stored: Int64 = 0
            for name in names {
                guard let version = try ledger.catalog.served(name, session) else { throw BenchmarkError("\(name) is not served") }
                stored += try session.execute(
                    """
                    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'projection' AND c.relkind = 'r' AND c.relname = ANY ($1)
                    """, [.textArray([version.tableName, "\(version.tableName)_facts"])])[0].int8(0)
            }
            let payloads = try session.execute(
                "SELECT coalesce(sum(octet_length(payload)), 0)::bigint FROM ledger.events WHERE type = 'MarketObserved'")[0].int8(0)
            return (stored, payloads)
        }
        guard stored > 0, payloads > 0 else { throw BenchmarkError("nothing is stored") }
        Bench.text("stored with history: \(stored) bytes; events: \(payloads) bytes")
        Bench.ratio("stored ÷ events (goal ≤ 2)", Double(stored) / Double(payloads))
    }
}
