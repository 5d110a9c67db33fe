import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import OptionTrades

/// What stating or withdrawing did, or would do.
package struct AssertionOutcome: Sendable {
    package let dryRun: Bool
    package let assertionID: String
    /// The position of the event. Nil in a dry run, unless the log had the event before.
    package let position: Int64?
    /// Whether this call appended the event. False if the log had the same statement before.
    package let isNew: Bool
    /// The row of the view as it is after a statement, canonical but with decimals as numbers; nil if the view had not folded
    /// the log's end, and for a withdrawal.
    package let row: [UInt8]?

    /// `{"dry_run":…,"assertion_id":…,"position":…,"appended":0|1,"row":…}`
    package func json() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 1024, keyOrder: .given)
        out.beginObject()
        out.key("dry_run"); out.bool(dryRun)
        out.key("assertion_id"); out.string(assertionID)
        out.key("position"); out.integer(position)
        out.key("appended"); out.integer(isNew ? 1 : 0)
        out.key("row")
        if let row { out.raw(row) } else { out.null() }
        out.endObject()
        return out.bytes
    }
}

/// States and withdraws assertions. A dry run reads what the row would be and appends nothing.
package struct AssertionWriter: Sendable {
    private let ledger: Ledger

    package init(_ ledger: Ledger) { self.ledger = ledger }

    /// Throws `AssertionError`.
    package func state(_ request: AssertionRequest, apply: Bool) async throws -> AssertionOutcome {
        let payload = request.payload
        if payload.asOf > ledger.now() { throw AssertionError.badField(name: "as_of", expected: "an instant that has passed") }
        let known = try await events(of: payload.assertionID)
        if known.count > 1 { throw AssertionError.withdrawn(id: payload.assertionID) }
        if let first = known.first {
            guard try AssertionStatedPayload(decoding: first.payload) == payload else {
                throw AssertionError.taken(id: payload.assertionID)
            }
            return AssertionOutcome(
                dryRun: !apply, assertionID: payload.assertionID, position: first.position, isNew: false, row: nil)
        }
        let row = try await preview(payload)
        return try await finish(payload.event(), id: payload.assertionID, apply: apply, row: row)
    }

    /// Throws `AssertionError`.
    package func withdraw(id: String, by: String?, reason: String?, apply: Bool) async throws -> AssertionOutcome {
        let id = try AssertionRequest.id(id)
        let (by, reason) = (try AssertionRequest.text("by", by, atMost: 128), try AssertionRequest.text("reason", reason, atMost: 1_000))
        let known = try await events(of: id)
        guard let first = known.first else { throw AssertionError.unknown(id: id) }
        let payload = AssertionWithdrawnPayload(
            assertionID: id, holding: try AssertionStatedPayload(decoding: first.payload).holding, withdrawnBy: by, reason: reason)
        if let second = known.dropFirst().first {
            guard try AssertionWithdrawnPayload(decoding: second.payload) == payload else { throw AssertionError.withdrawn(id: id) }
            return AssertionOutcome(dryRun: !apply, assertionID: id, position: second.position, isNew: false, row: nil)
        }
        return try await finish(payload.event(), id: id, apply: apply, row: nil)
    }

    private func events(of id: String) async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in try LogReader().stream(Streams.assertion(id: id), limit: 2, session) }
    }

    /// The row that a statement would have at the log's end. Nil if the view can't say so: a statement does not wait for it.
    private func preview(_ payload: AssertionStatedPayload) async throws -> [UInt8]? {
        do {
            let impact = try await ledger.impact(of: ImpactCandidate(payload), in: [.assertions])
            return impact.views.first?.changes.compactMap(\.row).first
        } catch LedgerError.projectionBehind {
            return nil
        } catch let error as ViewError {
            switch error {
            case .notActivated, .rulesUnavailable: return nil
            default: throw error
            }
        }
    }

    private func finish(_ event: NewEvent, id: String, apply: Bool, row: [UInt8]?) async throws -> AssertionOutcome {
        guard apply else { return AssertionOutcome(dryRun: true, assertionID: id, position: nil, isNew: false, row: row) }
        let appended: AppendedEvent?
        do {
            appended = try await ledger.log.append([event], runID: ledger.newID()).first
        } catch let error as LedgerError {
            // Somebody else was faster with the same id.
            switch error {
            case .identityConflict, .versionConflict: throw AssertionError.taken(id: id)
            default: throw error
            }
        }
        ledger.logger.info(
            "assertion recorded",
            metadata: ["type": "\(event.type.rawValue)", "assertion_id": "\(id)", "position": "\(appended?.position ?? 0)"])
        return AssertionOutcome(
            dryRun: false, assertionID: id, position: appended?.position, isNew: appended?.isNew ?? false, row: row)
    }
}
