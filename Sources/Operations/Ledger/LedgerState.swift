package import LedgerEvents
package import LedgerPostgres
package import LedgerProjections
package import LedgerStore
package import LedgerValues

/// The state that reads depend on at one moment: the log's head, the served versions with their checkpoints, and the time.
package struct LedgerState: Sendable {
    package let head: LogHead
    /// The database's clock.
    package let present: Instant
    /// By projection.
    package let served: [String: ProjectionVersion]

    /// The served versions of some projections, and their checkpoints; nil if one has no version yet.
    package func versions(of projections: [String]) -> [(reference: VersionReference, position: Int64)]? {
        let versions = projections.compactMap { served[$0] }
        return versions.count == projections.count ? versions.map { ($0.reference, $0.position) } : nil
    }

    static func read(_ catalog: ProjectionCatalog, _ session: PostgresSession) throws -> LedgerState {
        // Checkpoints are read first, so that the log holds their positions when the head is read.
        let versions = try catalog.versions(session).filter(\.isServed)
        let head = try LogReader().head(session)
        return LedgerState(
            head: head, present: try session.clock() ?? .minimum,
            served: Dictionary(versions.map { ($0.name, $0) }) { first, _ in first })
    }
}

/// Reads the state once for all concurrent callers.
package final class LedgerStateReader: Sendable {
    private let reading: SharedWork<LedgerState>
    private let watch = HistoryWatch()

    package init(_ pool: PostgresPool) {
        let catalog = ProjectionCatalog()
        reading = SharedWork { [watch] in
            try await pool.run { session in
                let state = try LedgerState.read(catalog, session)
                try watch.note(state.head, session)
                return state
            }
        }
    }

    /// The number of changes of history detected so far.
    var history: UInt64 { watch.count }

    /// A state read after the call began.
    package func current() async throws -> LedgerState { try await reading.result() }
}
