import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// A log of executions and assertions in memory, as the database would give it back.
struct AssertionsLog {
    private(set) var events: [DecodedEvent] = []
    private var versions: [String: Int64] = [:]
    private var latest: [String: ExecutionRow] = [:]

    @discardableResult
    mutating func append(_ event: NewEvent) throws -> Int64 {
        let version = (versions[event.stream] ?? 0) + 1
        if let expected = event.expectedVersion { #expect(expected == version - 1, "\(event.stream)") }
        versions[event.stream] = version
        let position = Int64(events.count + 1)
        let record = RecordedEvent(
            position: position, eventID: event.eventID, stream: event.stream, streamVersion: version, type: event.type.rawValue,
            schemaVersion: event.schemaVersion, recordedAt: try instant("2026-06-01T00:00:00Z", plusSeconds: Int(position)),
            effectiveAt: event.effectiveAt, runID: UniqueID(high: 1, low: 1), payload: event.payload,
            leafHash: Digest32([UInt8](repeating: 0, count: 32)))
        let payload = try TradeEvents.registry.payload(type: event.type, schemaVersion: event.schemaVersion, bytes: event.payload)
        events.append(DecodedEvent(record: record, payload: payload))
        return position
    }

    /// Appends the recording of a trade, or its update where it is known; nothing where nothing changed.
    mutating func append(_ row: ExecutionRow) throws {
        let changes = latest[row.sourceTradeID].map { row.changedFields(from: $0) }
        if let changes, changes.isEmpty { return }
        latest[row.sourceTradeID] = row
        let payload = ExecutionPayload(row: row, scopeKey: "s", unknownFields: [], changedFields: changes)
        let version = versions[Streams.execution(source: row.source, id: row.sourceTradeID)] ?? 0
        try append(changes == nil ? payload.recordedEvent() : payload.updatedEvent(previousVersion: version))
    }

    mutating func correct(_ id: String, _ change: (inout ExecutionRow) throws -> Void) throws {
        var row = try #require(latest[id])
        try change(&row)
        try append(row)
    }

    mutating func state(
        _ id: String, _ holding: HoldingKey, _ kind: AssertionKind = .quantity, asOf: Instant, _ value: String, tolerance: String? = nil
    ) throws {
        try append(
            AssertionStatedPayload(
                assertionID: id, holding: holding, kind: kind, asOf: asOf, value: try FixedDecimal(value),
                tolerance: try tolerance.map { try FixedDecimal($0) }, statedBy: "operations", reason: "a statement"
            ).event())
    }

    mutating func withdraw(_ id: String, _ holding: HoldingKey) throws {
        try append(AssertionWithdrawnPayload(assertionID: id, holding: holding, withdrawnBy: "operations", reason: "wrong").event())
    }
}

/// The rows of `assertions` worked out again from the events up to a position, without any fold.
struct AssertionsOracle {
    let rules: AssertionsRules

    /// A row as a line: its key, state, value, difference, number of executions and the position at which it was checked.
    func lines(_ events: some Sequence<DecodedEvent>) -> [String] {
        var rows: [String: ExecutionRow] = [:]
        var stated: [(payload: AssertionStatedPayload, key: RowKey)] = []
        var withdrawn: Set<String> = []
        var touched: [String: Int64] = [:]
        func touch(_ holding: HoldingKey?, _ event: DecodedEvent) {
            if let holding { touched[holding.holdingID] = event.record.position }
        }
        for event in events {
            if let payload = event.payload(as: ExecutionPayload.self) {
                touch(rows[payload.row.sourceTradeID].flatMap { HoldingKey(of: $0) }, event)
                touch(HoldingKey(of: payload.row), event)
                rows[payload.row.sourceTradeID] = payload.row
            } else if let payload = event.payload(as: AssertionStatedPayload.self) {
                touch(payload.holding, event)
                let holding = payload.holding
                stated.append((payload, RowKey([holding.source, holding.holdingID, payload.assertionID])))
            } else if let payload = event.payload(as: AssertionWithdrawnPayload.self) {
                touch(payload.holding, event)
                withdrawn.insert(payload.assertionID)
            }
        }
        return stated.sorted { $0.key < $1.key }.map { payload, key in
            let held = rows.values.filter {
                HoldingKey(of: $0) == payload.holding && $0.tradeDate <= payload.asOf && $0.isExecution(rules.trades)
            }
            let parts = held.map { part(of: $0, payload.kind) }
            var sum: FixedDecimal? = .zero
            for part in parts { sum = sum.flatMap { sum in part.map { sum + $0 } } }
            let difference = sum.map { $0 - payload.value }
            let allowed = payload.tolerance ?? .zero
            let state =
                withdrawn.contains(payload.assertionID)
                ? "withdrawn" : difference.map { $0 > allowed || -$0 > allowed ? "broken" : "holds" } ?? "indeterminate"
            return Self.line(
                key.description, state, sum?.description, difference?.description, held.count, touched[payload.holding.holdingID] ?? 0)
        }
    }

    private func part(of row: ExecutionRow, _ kind: AssertionKind) -> FixedDecimal? {
        guard let direction = row.direction else { return nil }
        if kind == .quantity {
            guard let quantity = row.quantity, row.quantityUnit ?? "CONTRACTS" == "CONTRACTS" else { return nil }
            return direction == .buy ? quantity : -quantity
        }
        guard let usd = EntryPremium(of: row, rules: rules.trades).usd else { return nil }
        let premium = direction == .buy ? -usd : usd
        return kind == .premium ? premium : row.feesUSD.map { premium - $0 }
    }

    static func line(_ key: String, _ state: String, _ value: String?, _ difference: String?, _ count: Int, _ position: Int64) -> String {
        "\(key) \(state) \(value ?? "null") \(difference ?? "null") of \(count) at \(position)"
    }

    /// The same line of a stored row.
    static func line(_ key: RowKey, _ document: String) throws -> String {
        let row = try JSONDocument(parsing: Array(document.utf8)).root
        return line(
            key.description, row["state"]?.string ?? "", row["ledger_value"]?.string, row["difference"]?.string,
            Int(row["execution_count"]?.integer ?? -1), row["checked_position"]?.integer ?? -1)
    }
}
