public import LedgerValues

/// Why the ledger refused a request, in terms that a caller can act on.
public enum LedgerError: Error, Equatable, CustomStringConvertible {
    /// The identity is in the log with a different payload.
    case identityConflict(eventID: UniqueID, stream: String, position: Int64)
    /// Another append came first: the stream is at `actual`.
    case versionConflict(stream: String, expected: Int64, actual: Int64)
    /// The head was recorded more than a minute ahead of the database's clock.
    case clockRegressed(head: Instant, clock: Instant)
    /// A payload does not match its type's schema.
    case schemaViolation(type: String, problem: String)
    /// An event's leaf would be longer than ``LeafLimit/bytes``.
    case leafTooLarge(eventID: UniqueID, stream: String, type: String, bytes: Int)
    /// The database was migrated since this program opened it; `program` is nil for a session without a schema version.
    case schemaChanged(ledger: Int, program: Int?)
    /// The server may lose commits that it acknowledges.
    case unsafeServer(problem: String)
    /// A partition of the log is not guarded as the log is.
    case unsafePartitions(problem: String)
    /// The database holds no ledger, or an older one.
    case notMigrated(problem: String)
    /// The database holds no ledger, but something else in schemas that a ledger has for itself.
    case schemasInUse([String])
    /// A migration or rule file differs from the recorded one.
    case fileChanged(file: String, recorded: String, found: String)
    /// The log contradicts itself at a position that was read.
    case corrupt(position: Int64, problem: String)
    /// The server has another event at the position than the one that was read there.
    case historyReplaced(position: Int64)
    /// Another writer took the projection's lease.
    case leaseLost(projection: String)
    /// A reference names no version of a projection, or several.
    case versionUnknown(projection: String, version: String, isAmbiguous: Bool, known: [String])
    /// Another process holds the version's lease.
    case versionHeld(projection: String, version: String, owner: String)
    /// A rebuild of the version stopped before an event that it can't fold.
    case versionStopped(projection: String, version: String, position: Int64, problem: String)
    /// The version can't be dropped.
    case versionInUse(projection: String, version: String, problem: String)
    /// The view of a projection would lose columns or change their types, and other objects depend on it.
    case viewInUse(view: String, columns: [String], dependents: [String])
    /// The log does not have the position.
    case positionUnknown(position: Int64, head: Int64)
    /// The position is beyond the tree in which a proof was requested, but the log may have it.
    case positionBeyondSize(position: Int64, size: Int64)
    /// The projection has not folded up to the requested position.
    case projectionBehind(projection: String, position: Int64, checkpoint: Int64)

    public var description: String {
        switch self {
        case .identityConflict(let id, let stream, let position):
            "identity_conflict: event \(id) of stream \(stream) is at position \(position) with a different payload"
        case .versionConflict(let stream, let expected, let actual):
            "version_conflict: stream \(stream) was expected at version \(expected) and is at \(actual)"
        case .clockRegressed(let head, let clock):
            "clock_regressed: the last event was recorded at \(head), the database's clock says \(clock); appends wait until it has caught up"
        case .schemaViolation(let type, let problem):
            "the payload does not match the schema of \(type): \(problem)"
        case .leafTooLarge(let id, let stream, let type, let bytes):
            "leaf_too_large: event \(id) (\(type)) of stream \(stream) would make a leaf of \(bytes) bytes, and at most \(LeafLimit.bytes) are possible"
        case .schemaChanged(let ledger, let program):
            "schema_changed: the ledger has schema version \(ledger) by now, and this program writes \(program.map { "version \($0)" } ?? "one that it does not name"); use the program that the schema belongs to"
        case .unsafeServer(let problem):
            "unsafe_server: \(problem)"
        case .unsafePartitions(let problem):
            "unsafe_partitions: \(problem); an audit names every fault"
        case .notMigrated(let problem):
            problem
        case .schemasInUse(let schemas):
            "schemas_in_use: a ledger has the schemas \(Migrator.schemas.joined(separator: ", ")) for itself, and the database holds something else in \(schemas.joined(separator: ", ")); give the ledger a database of its own"
        case .fileChanged(let file, let recorded, let found):
            "\(file) differs from the one recorded in this ledger (recorded \(recorded.prefix(12))…, found \(found.prefix(12))…); put the old file back and add a new one instead"
        case .corrupt(let position, let problem):
            "the log is damaged at position \(position): \(problem)"
        case .historyReplaced(let position):
            "history_replaced: the log has another event at position \(position) than the one that was read there, as after a failover that lost its end or a restore; what was made of it was not written and has to be made again"
        case .leaseLost(let projection):
            "the lease of projection \(projection) went to another process"
        case .versionUnknown(let projection, let version, let isAmbiguous, let known):
            "projection \(projection) has \(isAmbiguous ? "several versions" : "no version") \(version); expected one of \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .versionHeld(let projection, let version, let owner):
            "projection \(projection) \(version) is held by another process (\(owner)); where that one is gone its lease ends by itself within \(ProjectionLease.duration)"
        case .versionStopped(let projection, let version, let position, let problem):
            "projection \(projection) \(version) stopped before event \(position), which it can't fold: \(problem)"
        case .versionInUse(let projection, let version, let problem):
            "projection \(projection) \(version) \(problem)"
        case .viewInUse(let view, let columns, let dependents):
            "\(view) has to change its columns \(columns.joined(separator: ", ")), and is used by \(dependents.joined(separator: ", ")): drop that first, and make it again afterwards"
        case .positionUnknown(let position, let head):
            "position \(position) is not in the log; its head is \(head)"
        case .positionBeyondSize(let position, let size):
            "position \(position) lies beyond the asked size, \(size)"
        case .projectionBehind(let projection, let position, let checkpoint):
            "projection \(projection) has folded up to position \(checkpoint), not yet to \(position)"
        }
    }
}
