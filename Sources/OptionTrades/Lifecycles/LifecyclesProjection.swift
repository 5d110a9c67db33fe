package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// Lifecycles: one row a contract in a portfolio, its executions matched first in, first out (docs/contract/lifecycles.md, "Key").
///
/// The entity is the group of trades that share the seven key fields. A correction that moves a trade from one group to
/// another changes both groups.
package struct LifecyclesProjection: Projection {
    package static let name = "lifecycles"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions)

    /// A group's trades of any status. The rules decide which of them count.
    package typealias Facts = LifecycleGroup

    package let identity: ProjectionIdentity
    private let rules: LifecyclesRules

    package init(rules: LifecyclesRules) {
        self.rules = rules
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    private static func entity(of row: ExecutionRow) -> RowKey {
        RowKey([row.source, LifecycleKey(of: row).positionID])
    }

    /// The fields that make up the key, except `source`, which never changes.
    private static let keyFields: Set<ByteKey> = [
        "expiry", "instrument", "option_symbol", "option_type", "source_portfolio", "strike", "underlying_symbol",
    ]

    package func entities(touchedBy event: DecodedEvent) throws -> [RowKey] {
        guard let payload = event.payload(as: ExecutionPayload.self) else { return [] }
        let entity = Self.entity(of: payload.row)
        guard let changes = payload.changedFields,
            changes.contains(where: { Self.keyFields.contains(ByteKey($0.field)) }),
            let previous = try payload.previousRow()
        else { return [entity] }
        let left = Self.entity(of: previous)
        return left == entity ? [entity] : [left, entity]
    }

    package func apply(_ event: DecodedEvent, to facts: inout LifecycleGroup?, of entity: RowKey) throws {
        guard let payload = event.payload(as: ExecutionPayload.self) else { return }
        let key = LifecycleKey(of: payload.row)
        // Comparing keys avoids the digest of the entity's key, which would take longer than everything else here.
        if facts.map({ $0.key == key }) ?? (Self.entity(of: payload.row) == entity) {
            let member = LifecycleMember(of: payload.row, position: event.record.position)
            if facts == nil { facts = LifecycleGroup(key: key) }
            facts?.record(member)
        } else {
            facts?.remove(tradeID: payload.row.sourceTradeID)
            if facts?.isEmpty ?? false { facts = nil }
        }
    }

    package func facts(_ facts: LifecycleGroup, effectiveBy instant: Instant) -> LifecycleGroup? {
        let group = facts.effective(by: instant)
        return group.isEmpty ? nil : group
    }

    /// Writes no row if none of the trades is an execution.
    package func writeRows(of facts: LifecycleGroup, to rows: inout RowWriter) {
        guard let lifecycle = Lifecycle(of: facts, rules: rules) else { return }
        let key = lifecycle.key
        let positionID = key.positionID
        lifecycle.write(positionID: positionID, authority: rules.realizedPnLAuthority, to: &rows.out)
        rows.endRow(
            RowKey([key.source, positionID]),
            [
                .instant(lifecycle.lastExecutionAt), .instant(lifecycle.openedAt), .text(key.sourcePortfolio),
                .text(key.underlyingSymbol), .text(lifecycle.state.rawValue), .text(lifecycle.quality),
            ])
    }

    package func encode(_ facts: LifecycleGroup, to out: inout JSONWriter) { facts.write(to: &out) }

    package func facts(from document: [UInt8]) throws -> LifecycleGroup { try LifecycleGroup(document: document) }

    package static let momentRules = [
        MomentRule(
            if: [
                .isOneOf("lifecycle_state", [Lifecycle.State.openLong.rawValue, Lifecycle.State.openShort.rawValue]),
                .isPast("expiry", zone: "America/New_York"),
            ], [("lifecycle_flags", .adding(LifecycleFlag.expiredUnresolved.rawValue))])
    ]

    /// Adds the flag of an open lifecycle whose expiry lies before the current date in New York.
    package func present(_ document: JSONDocument, now: Instant) -> [UInt8] {
        let root = document.root
        guard let expiry = Self.expiryOfOpen(root), let today = rules.newYork.date(at: now), expiry < today,
            let stored = root["lifecycle_flags"]
        else { return document.bytes }
        let flags = stored.elements.compactMap(\.string) + [LifecycleFlag.expiredUnresolved.rawValue]
        let list = JSONNode.array(flags.sorted { $0.isBytewiseLess(than: $1) }.map(JSONNode.string)).canonicalBytes()
        let range = stored.sourceRange
        return document.bytes[..<range.lowerBound] + list + document.bytes[range.upperBound...]
    }

    /// The start of the day after the expiry of an open lifecycle, in New York.
    package func nextChange(of document: JSONDocument, after now: Instant) -> Instant? {
        guard let expiry = Self.expiryOfOpen(document.root), let next = expiry.advanced(byDays: 1) else { return nil }
        return rules.newYork.instant(of: next, hour: 0, minute: 0).flatMap { $0 > now ? $0 : nil }
    }

    /// The expiry of a lifecycle that is open; nil for any other.
    private static func expiryOfOpen(_ row: JSONValue) -> CalendarDate? {
        guard let state = row["lifecycle_state"]?.string.flatMap(Lifecycle.State.init(rawValue:)),
            state == .openLong || state == .openShort
        else { return nil }
        return row["expiry"]?.string.flatMap { CalendarDate($0) }
    }
}
