import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades

/// An entity's events up to a position, and the versions under which they are folded: all that the steps follow from.
struct Walk: Sendable {
    let request: StepsRequest
    /// The steps begin with the first event at this position or later; nil for the entity's first event.
    let from: Int64?
    let key: WalkedKey
    let standing: StepsStanding
    /// The version, and the one that is walked beside it.
    let definitions: [ProjectionDefinition]
    /// In order of position; never empty.
    let events: [DecodedEvent]

    /// Everything that the steps depend on.
    private var basis: String {
        "steps|\(standing.labels)|\(standing.position)|\(standing.headPosition)|\(request.selection)|\(from ?? 0)|\(request.limit)"
    }

    /// Everything that the document depends on.
    var name: String { "\(basis)|\(standing.now)" }

    /// The tag of the answer: strong if the request names the position or the moment, else weak, over all of it but the moment.
    var tag: EntityTag {
        standing.isFixed ? .strong(EntityTag.digest([Array(name.utf8)])) : .weak(EntityTag.digest([Array(basis.utf8)]))
    }

    /// A step that is shown.
    private struct Step {
        let index: Int
        /// The rows before and after the event, under each version.
        let sides: [EntityStep]
        /// The differences of the two versions' rows after the event; empty under one version.
        let differences: [RowChange]
    }

    /// Folds the events and writes the answer. Throws `FoldDeadline.Passed` if it takes too long.
    func document(_ deadline: FoldDeadline) throws -> [UInt8] {
        let start = events.firstIndex { $0.record.position >= from ?? 0 } ?? events.count
        let page = start..<min(start + request.limit, events.count)
        let walks = try definitions.map { definition in
            EntityWalk(
                definition, of: key.entity, showing: key.row, selecting: try selection(definition), effectiveBy: request.effectiveAt)
        }
        var steps: [Step] = []
        var firstDifference: Int?
        for (index, event) in events.enumerated() {
            // The events behind the page matter only as long as they may be the first to tell the versions apart.
            if index >= page.upperBound, walks.count == 1 || firstDifference != nil { break }
            try deadline.check()
            var differs = false
            if page.contains(index) {
                let sides = try walks.map { try $0.step(over: event) }
                let step = Step(index: index, sides: sides, differences: differences(sides.map(\.after)))
                steps.append(step)
                differs = !step.differences.isEmpty
            } else {
                for walk in walks { try walk.apply(event) }
                if walks.count == 2, firstDifference == nil {
                    differs = try !differences(walks.map { try $0.rows(now: event.record.recordedAt) }).isEmpty
                }
            }
            if differs, firstDifference == nil { firstDifference = index }
        }
        return write(steps, page, firstDifference: firstDifference)
    }

    private func selection(_ definition: ProjectionDefinition) throws -> RowSelection? {
        do {
            return try definition.selection(parsing: request.view.hasHorizons ? key.row?.parts.last?.text : nil)
        } catch {
            throw ExplainError.badParameter(name: "key", expected: "a horizon as its last part, days or `expiry`: \(error)")
        }
    }

    private func differences(_ rows: [[ShownRow]]) -> [RowChange] {
        rows.count == 2 ? definitions[0].columns.changes(from: rows[0], to: rows[1]) : []
    }

    // MARK: - The answer

    private func write(_ steps: [Step], _ page: Range<Int>, firstDifference: Int?) -> [UInt8] {
        func position(_ index: Int) -> JSONNode { .integer(events[index].record.position) }
        var out = JSONWriter(reservingCapacity: 16_384, keyOrder: .given)
        func member(_ name: StaticString, _ node: JSONNode) {
            out.key(name)
            node.write(to: &out, decimals: .numbers)
        }
        out.beginObject()
        member("view", .string(request.view.projection))
        member("key", .array(key.parts.map(JSONNode.string)))
        member("entity", .array(key.entityParts.map(JSONNode.string)))
        member("versions", .array(standing.versions.map { Self.node($0.version) }))
        member("count", .integer(Int64(events.count)))
        member(
            "first_difference",
            firstDifference.map { .object([("step", .integer(Int64($0) + 1)), ("position", position($0))]) } ?? .null)
        out.key("steps")
        out.beginArray()
        for step in steps { write(step, to: &out) }
        out.endArray()
        let end = page.upperBound
        member("previous_from", page.lowerBound == 0 ? .null : position(max(0, page.lowerBound - request.limit)))
        member("next_from", end == events.count ? .null : position(end))
        member("next_cursor", end == events.count ? .null : .string(cursor(at: events[end].record.position)))
        member(
            "ledger",
            standing.versions[0].version.ledger(
                position: standing.position, asOf: standing.now, headPosition: standing.headPosition, isFrozen: false))
        out.endObject()
        return out.bytes
    }

    private static func node(_ version: ViewVersion) -> JSONNode {
        .object([
            ("version", .string(version.version)), ("code_version", .integer(Int64(version.codeVersion))),
            ("rules", .object(version.rules.map { ($0.file, .integer(Int64($0.version))) })),
        ])
    }

    private func cursor(at position: Int64) -> String {
        ViewCursor(
            position: standing.position, asOf: standing.now, version: standing.labels.joined(separator: " "), key: ["\(position)"]
        ).text(list: request.selection)
    }

    private func write(_ step: Step, to out: inout JSONWriter) {
        out.beginObject()
        out.key("step"); out.integer(step.index + 1)
        out.key("event")
        Self.node(events[step.index].record).write(to: &out, decimals: .numbers)
        out.key("sides")
        out.beginArray()
        for (side, definition) in zip(step.sides, definitions) {
            out.beginObject()
            out.key("rows"); out.integer(side.after.count)
            out.key("changes")
            out.beginArray()
            for row in definition.columns.steps(from: side.before, to: side.after) { row.write(to: &out) }
            out.endArray()
            out.endObject()
        }
        out.endArray()
        out.key("differences")
        out.beginArray()
        for change in step.differences { change.write(to: &out, decimals: .numbers) }
        out.endArray()
        out.endObject()
    }

    private static func node(_ event: EventHeader) -> JSONNode {
        .object([
            ("position", .integer(event.position)), ("event_id", .string(event.eventID.description)), ("type", .string(event.type)),
            ("stream", .string(event.stream)), ("stream_version", .integer(event.streamVersion)),
            ("run_id", .string(event.runID.description)), ("recorded_at", .string(event.recordedAt.description)),
            ("effective_at", event.effectiveAt.map { .string($0.description) } ?? .null),
        ])
    }
}
