public import Events
import JSON
public import Rules
public import Trading
public import Values

/// What became of executions: a row an execution and horizon (spec 3, section 8).
///
/// Rows are worked out as if their horizon had matured; ``present(_:now:)`` blanks what a reader's now has not reached.
/// Stored are the rules' default horizons and those that have a mark; rows of any others follow from the facts.
public struct OutcomesProjection: HorizonProjection {
    public static let name = "outcomes"
    public static let codeVersion = 1
    public static let consumes: [EventType: Set<Int>] = [
        .alphaExecutionRecorded: [1], .alphaExecutionUpdated: [1], .contextStamped: [1],
        .forwardMarkRecorded: [1],
    ]

    /// A trade, its latest stamp in each context, and its latest mark at each horizon.
    public struct Facts: Sendable {
        /// Nil where a stamp or a mark came first.
        var execution: TradeFact<ExecutionRow>?
        /// By `context_key`.
        var stamps: [ByteKey: TradeFact<ContextStampedPayload>] = [:]
        var marks: [Horizon: TradeFact<ForwardMarkPayload>] = [:]
    }

    public let identity: ProjectionIdentity
    private let rules: OutcomesRules
    /// The horizons of a reader who asks for none, sorted by key.
    public let defaultHorizons: [Horizon]

    public init(rules: OutcomesRules) {
        self.rules = rules
        defaultHorizons = Horizon.defaults(rules)
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    /// Reads the horizons that a request asks for, `1,7,30,expiry`; sorted by key.
    public func horizons(parsing text: String) throws(HorizonListError) -> [Horizon] {
        try Horizon.list(parsing: text, rules: rules)
    }

    public func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        switch event.payload {
        case .execution(let payload): [RowKey([payload.row.source, payload.row.sourceTradeID])]
        case .contextStamped(let payload): [RowKey([payload.source, payload.sourceTradeID])]
        case .markRecorded(let payload): [RowKey([payload.source, payload.sourceTradeID])]
        default: []
        }
    }

    public func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) throws {
        let record = event.record
        var known = facts ?? Facts()
        switch event.payload {
        case .execution(let payload):
            known.execution = TradeFact(payload.row, from: record)
        case .contextStamped(let payload):
            known.stamps[ByteKey(payload.contextKey)] = TradeFact(payload, from: record)
        case .markRecorded(let payload):
            guard let horizon = Horizon(parsing: payload.horizonKey) else {
                throw PoisonEvent(
                    position: record.position, problem: "\"\(payload.horizonKey)\" is no horizon")
            }
            // No row follows from the observations behind a mark, and a volatility has thousands: the event names them.
            var mark = payload
            mark.inputs = []
            known.marks[horizon] = TradeFact(mark, from: record)
        default:
            return
        }
        facts = known
    }

    public func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? {
        guard let execution = facts.execution, execution.value.tradeDate <= instant else { return nil }
        return Facts(
            execution: execution, stamps: facts.stamps.filter { $0.value.holds(by: instant) },
            marks: facts.marks.filter { $0.value.holds(by: instant) })
    }

    public func rows(of facts: Facts) -> [ProjectedRow] {
        rows(of: facts, horizons: Set(defaultHorizons).union(facts.marks.keys).sorted())
    }

    /// The rows of an execution at the horizons asked for, in key order; none of a trade that does not count.
    public func rows(of facts: Facts, horizons: [Horizon]) -> [ProjectedRow] {
        guard let execution = facts.execution, execution.value.isExecution(rules.trades) else {
            return []
        }
        let row = execution.value
        let stamp = Self.stamp(of: row, facts.stamps)
        let entry = OutcomeEntry(of: row, stamp: stamp?.value, rules: rules)
        return horizons.sorted().map { horizon in
            let mark = facts.marks[horizon]
            let outcome = Outcome(entry, horizon: horizon, mark: mark?.value, rules: rules)
            let positions = OutcomeInputs(
                context: stamp?.position, execution: execution.position,
                mark: outcome.usesMark ? mark?.position : nil)
            return ProjectedRow(
                key: RowKey([row.source, row.sourceTradeID, horizon.key]),
                document: Self.document(of: outcome, positions),
                stored: [
                    .instant(row.tradeDate), .instant(row.tradeDate), .text(row.sourcePortfolio),
                    .text(row.underlyingSymbol), .text(entry.alignmentLabel),
                ])
        }
    }

    /// The latest of the stamps that were made of the row as it is now.
    private static func stamp(
        of row: ExecutionRow, _ stamps: [ByteKey: TradeFact<ContextStampedPayload>]
    ) -> TradeFact<ContextStampedPayload>? {
        let basis = Basis(of: row)
        return stamps.values.filter { $0.value.basis == basis }.max { $0.position < $1.position }
    }
}

// MARK: - Facts as JSON

extension OutcomesProjection {
    public func encode(_ facts: Facts) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 4096)
        out.beginObject()
        out.key("execution")
        if let execution = facts.execution {
            execution.write(content: execution.value.contentBytes(), to: &out)
        } else {
            out.null()
        }
        out.key("marks")
        out.beginArray()
        for (_, mark) in facts.marks.sorted(by: { $0.key < $1.key }) {
            mark.write(content: mark.value.encode(), to: &out)
        }
        out.endArray()
        out.key("stamps")
        out.beginArray()
        for (_, stamp) in facts.stamps.sorted(by: { $0.key < $1.key }) {
            stamp.write(content: stamp.value.encode(), to: &out)
        }
        out.endArray()
        out.endObject()
        return out.bytes
    }

    public func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let execution = root["execution"], let marks = root["marks"], let stamps = root["stamps"]
        else {
            throw RowProblem(description: "stored facts of an outcome lack a key")
        }
        var facts = Facts()
        if !execution.isNull {
            facts.execution = try TradeFact(execution) { try ExecutionRow(decoding: $0) }
        }
        for value in marks.elements {
            let mark = try TradeFact(value) { try ForwardMarkPayload(decoding: $0) }
            guard let horizon = Horizon(parsing: mark.value.horizonKey) else {
                throw RowProblem(description: "stored facts of an outcome hold an unknown horizon")
            }
            facts.marks[horizon] = mark
        }
        for value in stamps.elements {
            let stamp = try TradeFact(value) { try ContextStampedPayload(decoding: $0) }
            facts.stamps[ByteKey(stamp.value.contextKey)] = stamp
        }
        return facts
    }
}
