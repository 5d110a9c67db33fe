package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// What became of executions: a row an execution and horizon (docs/contract/outcomes.md, "Columns").
///
/// Rows are computed as if their horizon had matured. ``present(_:now:)`` blanks the figures of horizons that the
/// reader's current time has not reached. The rules' default horizons and those with a mark are stored. Rows of other
/// horizons are computed from the facts.
package struct OutcomesProjection: SelectiveProjection {
    package static let name = "outcomes"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions + [.contextStamped, .forwardMarkRecorded])

    /// A trade, its latest stamp in each context, and its latest mark at each horizon.
    package struct Facts: Sendable {
        /// Nil if a stamp or a mark came before the execution.
        var execution: TradeFact<ExecutionRow>?
        var stamps = TradeStamps()
        var marks = TradeMarks()
    }

    package let identity: ProjectionIdentity
    private let rules: OutcomesRules
    /// The horizons for a reader who names none, sorted by key.
    package let standardSelection: [Horizon]

    package init(rules: OutcomesRules) {
        self.rules = rules
        standardSelection = Horizon.defaults(rules)
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    /// Reads the horizons of a request, `1,7,30,expiry`. The result is sorted by key.
    package func selection(parsing text: String) throws(HorizonListError) -> [Horizon] {
        try Horizon.list(parsing: text, rules: rules)
    }

    package static var entitiesAreSubjects: Bool { true }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.trade }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) throws {
        if let payload = event.payload(as: ExecutionPayload.self) {
            facts[orNew: Facts()].execution = TradeFact(payload.row, from: event.record)
        } else if let payload = event.payload(as: ContextStampedPayload.self) {
            facts[orNew: Facts()].stamps.record(payload, from: event.record)
        } else if let payload = event.payload(as: ForwardMarkPayload.self) {
            guard let horizon = Horizon(parsing: payload.horizonKey) else {
                throw PoisonEvent(
                    position: event.record.position, problem: "\"\(payload.horizonKey)\" is no horizon")
            }
            // No row depends on the observations behind a mark. A volatility has thousands of them, and the mark's
            // event names them anyway.
            var mark = payload
            mark.inputs = []
            facts[orNew: Facts()].marks.record(TradeFact(mark, from: event.record), at: horizon)
        }
    }

    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? {
        guard let execution = facts.execution, execution.isTraded(by: instant) else { return nil }
        return Facts(
            execution: execution, stamps: facts.stamps.held(by: instant),
            marks: facts.marks.held(by: instant))
    }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        write(facts, facts.marks.horizons(and: standardSelection), to: &rows)
    }

    /// Writes the rows of an execution at the given horizons, in key order. A trade that does not count gets no rows.
    package func writeRows(of facts: Facts, selecting horizons: [Horizon], to rows: inout RowWriter) {
        write(facts, horizons.sorted(), to: &rows)
    }

    private func write(_ facts: Facts, _ horizons: [Horizon], to rows: inout RowWriter) {
        guard let execution = facts.execution, execution.value.isExecution(rules.trades) else { return }
        let row = execution.value
        let stamp = facts.stamps.latest(for: row)
        let entry = OutcomeEntry(of: row, stamp: stamp?.value, rules: rules)
        rows.out.beginAlike()
        var stored: [StoredValue] = []
        for horizon in horizons {
            let mark = facts.marks[horizon]
            let outcome = Outcome(entry, horizon: horizon, mark: mark?.value, rules: rules)
            let inputs = OutcomeInputs(
                context: stamp?.position, execution: execution.position, mark: outcome.usesMark ? mark?.position : nil)
            Self.write(outcome, inputs, to: &rows.out)
            if stored.isEmpty, rows.takesRows {
                stored = [
                    .instant(row.tradeDate), .instant(row.tradeDate), .text(row.sourcePortfolio),
                    .text(row.underlyingSymbol), .text(entry.alignmentLabel),
                ]
            }
            rows.endRow(RowKey([row.source, row.sourceTradeID, horizon.key]), stored)
        }
    }
}

// MARK: - Facts as JSON

extension OutcomesProjection {
    package func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("execution"); out.execution(facts.execution)
        out.key("marks")
        out.beginArray()
        facts.marks.forEach { mark in mark.write(to: &out) { $0.write(to: &$1) } }
        out.endArray()
        out.key("stamps"); facts.stamps.write(to: &out)
        out.endObject()
    }

    package func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let execution = root["execution"], let marks = root["marks"], let stamps = root["stamps"]
        else {
            throw RowProblem(description: "stored facts of an outcome lack a key")
        }
        var facts = Facts()
        facts.execution = try TradeFact.read(execution)
        for value in marks.elements {
            let mark = try TradeFact(value) { try ForwardMarkPayload(decoding: $0) }
            guard let horizon = Horizon(parsing: mark.value.horizonKey) else {
                throw RowProblem(description: "stored facts of an outcome hold an unknown horizon")
            }
            facts.marks.record(mark, at: horizon)
        }
        facts.stamps = try TradeStamps(stamps)
        return facts
    }
}

/// A trade's latest mark at each horizon, including marks made from older rows.
struct TradeMarks: Sendable {
    private struct Entry: Sendable {
        let horizon: Horizon
        let mark: TradeFact<ForwardMarkPayload>
    }

    /// In the order of the horizons.
    private var entries: OneOrMore<Entry> = .none

    /// Records a mark. It replaces the mark at the same horizon.
    mutating func record(_ mark: TradeFact<ForwardMarkPayload>, at horizon: Horizon) {
        entries.insert(Entry(horizon: horizon, mark: mark)) { $0.horizon < $1.horizon }
    }

    subscript(_ horizon: Horizon) -> TradeFact<ForwardMarkPayload>? {
        entries.first { $0.horizon == horizon }?.mark
    }

    /// The marks that hold at a moment of valid time.
    func held(by instant: Instant) -> TradeMarks {
        var held = TradeMarks()
        held.entries = entries.filter { $0.mark.holds(by: instant) }
        return held
    }

    func forEach(_ visit: (TradeFact<ForwardMarkPayload>) -> Void) { entries.forEach { visit($0.mark) } }

    /// The given horizons, which are sorted, plus those with a mark. The result is sorted.
    func horizons(and others: [Horizon]) -> [Horizon] {
        var all = others
        entries.forEach { entry in
            if !others.contains(entry.horizon) { all.append(entry.horizon) }
        }
        return all.count == others.count ? others : all.sorted()
    }
}
