import LedgerAnalyses
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// What an answer stands on: the position, the moment, and where the rows of each projection that it reads come from.
struct AnalysisStanding: Sendable {
    let position: Int64
    /// The reader's "now".
    let now: Instant
    let headPosition: Int64
    let reads: [Read]

    struct Read: Sendable {
        let view: View
        let source: ViewSource
    }

    init(
        _ identity: AnalysisIdentity, _ request: AnalysisRequest, _ ledger: Ledger, settledHead: Int64?, _ session: PostgresSession
    ) throws {
        let sources = try identity.reads.map { read in
            (read, try ViewSources(read.projection, ledger, session))
        }
        // The projection that has come least far is as far as all of them are.
        let served = try sources.map { (projection: $0.0.projection, position: try $0.1.served().tables.position) }
        guard let least = served.min(by: { $0.position < $1.position }) else {
            throw ViewError.rulesUnavailable("\(identity.name) \(identity.reference) reads no projection")
        }
        let moment = try ReadMoment(
            position: request.asOfPosition, asOf: request.asOf, checkpoint: least, settledHead: settledHead, session)
        let position = moment.position
        reads = try sources.map { read, sources in
            guard let view = View.named(read.projection) else { throw ViewError.notActivated(projection: read.projection) }
            let source = try sources.source(read.version, at: position)
            if source.isFrozen {
                throw ViewError.rulesUnavailable("this program lacks the code of \(read.projection) \(read.version)")
            }
            return Read(view: view, source: source)
        }
        self.position = position
        now = moment.now
        headPosition = request.isFixed ? position : moment.head.position
    }

    /// What a database has to have for it.
    var point: ReadPoint { .rows(projection: reads[0].view.projection, position: position) }

    /// The rows of a projection as of the position, as a reader at the moment sees them.
    ///
    /// - Parameter instant: if given, only what holds in the world by then counts.
    func rows(
        of read: Read, _ filters: [RowFilter], _ registry: ProjectionRegistry, effectiveAt instant: Instant? = nil
    ) throws -> ViewRows {
        var ask = ViewRequest()
        ask.effectiveAt = instant
        ask.filters = filters
        ask.limit = ViewReader.maximumLimit
        return try ViewRows(
            read.view, ask, ViewStanding(position: position, now: now, headPosition: headPosition, source: read.source), registry)
    }

    /// The rows of an analysis's inputs, each in order of time.
    func rows(
        of asked: AskedAnalysis, _ ledger: Ledger, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> [[JSONDocument]] {
        let registry = ledger.registry
        return try asked.inputs(now).map { range in
            guard let read = reads.first(where: { $0.view.projection.isBytewiseEqual(to: range.projection) }) else {
                throw ViewError.rulesUnavailable("\(range.projection) is not among the projections that the analysis's rules read")
            }
            if !range.countedBy.isEmpty { return try counts(in: range, of: read, ledger, deadline, session).documents() }
            func found(_ filters: [RowFilter]) throws -> [JSONDocument] {
                var found: [(at: Instant, row: JSONDocument)] = []
                try rows(of: read, filters, registry).forEach(after: nil, deadline, session) { _, row in
                    // No look-ahead, whatever a range says.
                    if let at = row.root[range.time]?.instant, at <= now { found.append((at, row)) }
                    return true
                }
                return found.sorted { $0.at < $1.at }.map(\.row)
            }
            if read.view.hasJoinedRows {
                return try ChainParts(ledger: ledger, session: session).joined(try chains(in: range, of: read, registry, deadline, session))
            }
            let inside = try found(range.filters)
            if !inside.isEmpty { return inside }
            guard let last = try last(before: range, of: read, registry, found, session) else { return [] }
            return try found(range.filters(inSecondOf: last))
        }
    }

    /// The numbers of the rows of a range. Those of all rows up to the reader's now are kept and brought up to date.
    private func counts(
        in range: RowRange, of read: Read, _ ledger: Ledger, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> RowCounts {
        if let (question, rows) = try keptCounts(in: range, of: read, ledger.registry) {
            ledger.kept.noteAsked(question, of: rows)
            let fold = try ledger.kept.folds([question], of: rows, deadline, session)[0]
            if let counted = fold as? CountedRows, !counted.isUseless { return counted.counts(by: now) }
        }
        // No look-ahead, whatever a range says.
        let rows = try rows(of: read, range.filters(through: now), ledger.registry)
        return try rows.counts(by: range.countedBy, deadline, session)
    }

    /// The numbers of rows that can be kept, and all the rows that they are of; nil if a range has bounds of its own.
    private func keptCounts(
        in range: RowRange, of read: Read, _ registry: ProjectionRegistry
    ) throws -> (question: KeptFolds.Question, rows: ViewRows)? {
        guard !range.countedBy.isEmpty, range.from == .minimum, range.through >= now else { return nil }
        let rows = try rows(of: read, range.entities, registry)
        let empty = CountedRows(by: range.countedBy, time: range.time, now: now)
        return rows.canBeKept ? (.counts(empty, rows.request.selection(read.view)), rows) : nil
    }

    /// Brings the numbers of rows that an analysis reads up to date before readers ask for them.
    func keepUpToDate(
        _ asked: AskedAnalysis, _ ledger: Ledger, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws {
        for range in asked.inputs(now) {
            guard let read = reads.first(where: { $0.view.projection.isBytewiseEqual(to: range.projection) }),
                let (question, rows) = try keptCounts(in: range, of: read, ledger.registry),
                ledger.kept.needsUpkeep(question, of: rows)
            else { continue }
            _ = try ledger.kept.folds([question], of: rows, deadline, session)
        }
    }

    /// The chains of a range as they stood at the reader's now, in order of time. Without one, those of the second of the last one
    /// before it, as for every range.
    private func chains(
        in range: RowRange, of read: Read, _ registry: ProjectionRegistry, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> [JSONDocument] {
        func chains(from start: Instant) throws -> [(at: Instant, date: CalendarDate, row: JSONDocument)] {
            try self.chains(from: start, range, of: read, registry, deadline, session)
        }
        let inside = try chains(from: range.from)
        if !inside.isEmpty { return inside.map(\.row) }
        var (start, days) = (range.from, Int64(1))
        while start > .minimum {
            start = start.advanced(byMicroseconds: -days * 86_400_000_000) ?? .minimum
            days *= 8
            let earlier = try chains(from: start)
            guard let last = earlier.last?.at else { continue }
            let second = last.microseconds / 1_000_000
            return earlier.filter { $0.at.microseconds / 1_000_000 == second }.map(\.row)
        }
        return []
    }

    /// The chains from a moment to the reader's now, in order of time.
    ///
    /// A day counts its latest chain. If that is later than now, the latest one up to now counts.
    private func chains(
        from start: Instant, _ range: RowRange, of read: Read, _ registry: ProjectionRegistry, _ deadline: FoldDeadline,
        _ session: PostgresSession
    ) throws -> [(at: Instant, date: CalendarDate, row: JSONDocument)] {
        // A market date is the UTC date of its chain or the day before.
        func days(from date: CalendarDate) -> [RowFilter] {
            let end = now.date.advanced(byDays: 1).map { [RowFilter.beforeDate(column: "market_date", $0)] } ?? []
            return [.fromDate(column: "market_date", date)] + end
        }
        func rows(from date: CalendarDate, effectiveAt instant: Instant?) throws -> [(at: Instant, date: CalendarDate, row: JSONDocument)] {
            var found: [(at: Instant, date: CalendarDate, row: JSONDocument)] = []
            try self.rows(of: read, range.entities + days(from: date), registry, effectiveAt: instant).forEach(
                after: nil, deadline, session
            ) { _, row in
                if let at = row.root[range.time]?.instant, at >= start,
                    let date = row.root["market_date"]?.date
                {
                    found.append((at, date, row))
                }
                return true
            }
            return found
        }
        var found = try rows(from: start.date.advanced(byDays: -1) ?? start.date, effectiveAt: nil)
        let later = found.filter { $0.at > now }.map(\.date)
        if let first = later.min() {
            let held = try rows(from: first, effectiveAt: now)
            found = found.filter { $0.date < first } + held
        }
        return found.filter { $0.at <= now }.sorted { $0.at < $1.at }
    }

    /// The time of the last row before a range.
    ///
    /// A key whose time follows the range's entity ends in that row. Otherwise days before the range are searched, more of them
    /// each time.
    private func last(
        before range: RowRange, of read: Read, _ registry: ProjectionRegistry, _ found: ([RowFilter]) throws -> [JSONDocument],
        _ session: PostgresSession
    ) throws -> Instant? {
        let before = RowFilter.before(column: range.time, range.from)
        func time(_ row: JSONDocument?) -> Instant? { row?.root[range.time]?.instant }
        if read.view.key.prefix(range.equals.count + 1).last?.isBytewiseEqual(to: range.time) == true {
            return time(try rows(of: read, range.entities + [before], registry).last(session))
        }
        var (end, days) = (range.from, Int64(1))
        while end > .minimum {
            let start = end.advanced(byMicroseconds: -days * 86_400_000_000) ?? .minimum
            let filters = range.entities + [.from(column: range.time, start), .before(column: range.time, end)]
            if let last = time(try found(filters).last) { return last }
            (end, days) = (start, days * 8)
        }
        return nil
    }
}
