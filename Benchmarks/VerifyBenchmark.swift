import Crypto
import Glibc
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations

/// Reads and folds all seven projections down to their digests without writing, beside a bare COPY OUT of the same log.
/// It also measures the share of each stage.
enum VerifyBenchmark {
    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            try await GeneratedLog.append(0..<bench.events, to: ledger)
            let definitions = ledger.registry.names.compactMap { ledger.registry.firstDefinition($0) }
            let head = try await ledger.pool.run { try LogReader().head($0).position }
            func copyOut() async throws -> Cost {
                try await Cost.of(ledger) {
                    try await ledger.pool.run { session in
                        try session.copyOut("COPY ledger.events TO STDOUT (FORMAT binary)") { _ in }
                    }
                }
            }
            func fold(workers: Int?) async throws -> Run {
                var run = Run()
                run.cost = try await Cost.of(ledger) {
                    (run.folded, run.program, run.digests) = try await ledger.pool.run { session in
                        let start = ContinuousClock.now
                        let used = clock()
                        var (folded, program) = (0.0, 0.0)
                        let rows = try ProjectionVerifier.fold(
                            definitions.map { ($0, head) }, session, workers: workers,
                            progress: { step in
                                guard step.done == step.of, folded == 0 else { return }
                                folded = (ContinuousClock.now - start) / .seconds(1)
                                program = Double(clock() - used) / Double(CLOCKS_PER_SEC)
                            })
                        return (folded, program, rows.map(\.digest))
                    }
                }
                return run
            }
            _ = try await copyOut()
            var copies: [Cost] = []
            var runs: [Run] = []
            var peak = 0
            for round in 0..<bench.rounds {
                copies.append(try await copyOut())
                runs.append(try await fold(workers: nil))
                if round == 0 { peak = try Bench.peakMebibytes() }
            }
            let one = try await fold(workers: 1)
            if runs.contains(where: { $0.digests != one.digests }) || one.digests.contains(nil) {
                throw BenchmarkError("the digests differ")
            }
            let copy = Bench.median(copies.map(\.seconds))
            Bench.line("bare COPY OUT of the log", count: bench.events, seconds: copies.map(\.seconds))
            Bench.line("read and fold all seven", count: bench.events, seconds: runs.map(\.folded))
            Bench.line("and digest their rows", count: bench.events, seconds: runs.map(\.cost.seconds))
            Bench.line("read and fold with one worker", count: bench.events, seconds: [one.folded])
            Bench.line("and digest their rows", count: bench.events, seconds: [one.cost.seconds])
            Bench.ratio("rate of reading and folding ÷ COPY OUT (goal ≥ 0.4)", copy / Bench.median(runs.map(\.folded)))
            Bench.ratio("with the digests of the rows", copy / Bench.median(runs.map(\.cost.seconds)))
            for (copy, run) in zip(copies, runs) {
                Bench.text("COPY OUT: \(copy.processor(each: bench.events))")
                Bench.text("read and fold: \(Bench.fixed(run.program / Double(bench.events) * 1_000_000)) µs of this program an event")
                Bench.text("and digest: \(run.cost.processor(each: bench.events))")
            }
            Bench.text("largest resident set after the first round: \(peak) MiB (goal < 1024), at the end \(try Bench.peakMebibytes()) MiB")
            try await stages(min(bench.events, 200_000), definitions, ledger)
        }
    }

    /// A whole audit, and an audit since a record of nine tenths of the log. The baseline reads and folds the log with
    /// the digests of its current rows, which is the time for comparing only the current versions. What an audit can't avoid
    /// beside that is reading every stored version once.
    static func audits(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            func append(_ numbers: Range<Int>) async throws {
                try await GeneratedLog.append(numbers, to: ledger)
                try await ledger.bringUpToDate(ledger.registry.names)
            }
            let recorded = bench.events / 10 * 9
            try await append(0..<recorded)
            var since = AuditRequest()
            since.since = try await ledger.audit().record
            try await append(recorded..<bench.events)
            let definitions = ledger.registry.names.compactMap { ledger.registry.firstDefinition($0) }
            let head = try await ledger.pool.run { try LogReader().head($0).position }
            var (folds, copies, full, later): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
            let (wholePhases, laterPhases) = (AuditPhases(), AuditPhases())
            for _ in 0..<bench.rounds {
                folds.append(
                    try await Bench.seconds {
                        _ = try await ledger.pool.run { try ProjectionVerifier.fold(definitions.map { ($0, head) }, $0) }
                    })
                copies.append(try await Bench.seconds { try await copyOutVersions(ledger) })
                full.append(
                    try await wholePhases.measure { progress in
                        try await expectVerified(ledger.audit(progress: progress), isRelying: false)
                    })
                later.append(
                    try await laterPhases.measure { [since] progress in
                        try await expectVerified(ledger.audit(since, progress: progress), isRelying: true)
                    })
            }
            Bench.line("read and fold all seven, digests of current rows", count: bench.events, seconds: folds)
            Bench.line("bare COPY OUT of every stored version", count: bench.events, seconds: copies)
            Bench.line("audit verify, whole", count: bench.events, seconds: full)
            Bench.text("of which \(wholePhases.description(each: bench.events))")
            Bench.line("audit verify --since nine tenths", count: bench.events, seconds: later)
            Bench.text("of which \(laterPhases.description(each: bench.events))")
            Bench.ratio("audit verify ÷ reading, folding and current digests, in time", Bench.median(full) / Bench.median(folds))
            Bench.ratio("the same with --since", Bench.median(later) / Bench.median(folds))
            let floor = Bench.median(folds) + Bench.median(copies)
            Bench.ratio("audit verify ÷ the baseline and the bare COPY OUT", Bench.median(full) / floor)
            Bench.ratio("the same with --since", Bench.median(later) / floor)
        }
    }

    private static func copyOutVersions(_ ledger: Ledger) async throws {
        try await ledger.pool.run { session in
            let tables = try session.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'projection'::regnamespace AND relkind = 'r'")
            for table in tables { try session.copyOut("COPY \(try table.text(0)) TO STDOUT (FORMAT binary)") { _ in } }
        }
    }

    private static func expectVerified(_ report: AuditReport, isRelying: Bool) throws {
        guard report.isVerified, (report.reliedOn != nil) == isRelying else {
            throw BenchmarkError(report.problems.first ?? "the record was not relied on")
        }
    }

    /// A fold from zero with the digests of its rows.
    private struct Run {
        var cost = Cost()
        /// The seconds until all events were folded.
        var folded = 0.0
        /// The processor seconds that this program used until then.
        var program = 0.0
        var digests: [String?] = []
    }

    /// The stages one after the other on one thread, over the log's first events in memory, by processor time.
    private static func stages(_ count: Int, _ definitions: [ProjectionDefinition], _ ledger: Ledger) async throws {
        let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: count, $0) }
        let decoder = EventDecoder(definitions)
        let pool = TextPool()
        var batches: [[ReadEvent]] = []
        var seconds: [(name: String, seconds: Double)] = []
        func time(_ name: String, _ body: () throws -> Void) async throws {
            let cost = try await Cost.of(ledger) { try body() }
            seconds.append((name, cost.program))
        }
        try await time("decode") {
            for start in stride(from: 0, to: events.count, by: 512) {
                batches.append(
                    events[start..<min(events.count, start + 512)].compactMap { event in
                        guard let place = decoder.place(of: event.type) else { return nil }
                        return event.payload.withUnsafeBufferPointer {
                            decoder.read(event.header, place, payload: $0, pool)
                        }
                    })
            }
        }
        let subjects = SubjectNumbers()
        var numbered: [NumberedEvents] = []
        var order: [Int32] = []
        try await time("number the subjects") {
            numbered = batches.map { subjects.number($0) }
            order = subjects.sorted()
        }
        let folds = definitions.map { $0.wholeFold(upTo: .max) }
        try await time("fold") { for fold in folds { for batch in numbered { fold.fold(batch) } } }
        var rendered: [[UInt8]] = []
        var rows = 0
        try await time("write rows") {
            for (definition, fold) in zip(definitions, folds) {
                var written = RowWriter(documentsOmitting: definition.columns.undigested, reservingCapacity: 1 << 20)
                let entities = fold.order(subjects: order)
                for start in stride(from: 0, to: entities.count, by: 256) {
                    written.removeAll()
                    fold.writeRows(of: entities[start..<min(entities.count, start + 256)], to: &written)
                    rows += written.out.lines
                    rendered.append(written.out.bytes)
                }
            }
        }
        try await time("SHA-256") {
            var hash = SHA256()
            for part in rendered { hash.update(data: part) }
            _ = hash.finalize()
        }
        let total = seconds.reduce(0) { $0 + $1.seconds }
        for stage in seconds {
            Bench.text(
                "\(stage.name): \(Bench.fixed(stage.seconds / Double(events.count) * 1_000_000)) µs of a processor an event, "
                    + "\(Bench.fixed(stage.seconds / total * 100)) % of one thread's work")
        }
        Bench.text("\(rows) rows, \(rendered.reduce(0) { $0 + $1.count } >> 20) MiB digested, from \(events.count) events")
    }
}
