import LedgerEvents
import LedgerJSON
import LedgerPostgres
package import LedgerProjections
import LedgerStore
import LedgerValues

/// A projection version relative to the log's head.
package struct ProjectionStatus: Sendable {
    private let recorded: ProjectionVersion
    package let headPosition: Int64
    /// Whether this program lacks the code that the version was folded with.
    package let isFrozen: Bool

    package var name: String { recorded.name }
    /// The rules version with its letter, for example `v2`.
    package var version: String { recorded.version }
    package var codeVersion: Int { recorded.codeVersion }
    package var isServed: Bool { recorded.isServed }
    /// The checkpoint: every event up to and including this position is folded in.
    package var position: Int64 { recorded.position }
    /// The number of events in the log that are not folded yet.
    package var lag: Int64 { headPosition - position }
    /// How far a rebuild has come that is in progress or can be resumed; nil without one.
    package var rebuildPosition: Int64? { recorded.rebuild?.position }
    /// The event that stopped the version; nil if nothing has.
    package var poison: PoisonEvent? { recorded.poison }
    /// The process that holds the lease, or held it last; nil if it was given back.
    package var leaseOwner: String? { recorded.leaseOwner }

    package struct List: Sendable {
        package let headPosition: Int64
        package let versions: [ProjectionStatus]

        /// `{"head_position":…,"projections":[…]}`
        package var json: [UInt8] {
            JSONNode.object([
                ("head_position", .integer(headPosition)),
                ("projections", .array(versions.map(\.node))),
            ]).httpBytes()
        }
    }

    package static func all(_ ledger: Ledger) async throws -> List {
        let (head, versions) = try await ledger.pool.run { session in
            try session.transaction(.snapshot) {
                (try LogReader().head(session).position, try ledger.catalog.versions(session))
            }
        }
        return List(
            headPosition: head,
            versions: versions.map { version in
                ProjectionStatus(
                    recorded: version, headPosition: head, isFrozen: ledger.registry.definition(of: version) == nil)
            })
    }

    private var node: JSONNode {
        .object([
            ("name", .string(name)), ("version", .string(version)),
            ("code_version", .integer(Int64(codeVersion))), ("served", .bool(isServed)),
            ("previous", .bool(recorded.isPrevious)), ("state", .string(recorded.state.rawValue)),
            ("rebuild_position", rebuildPosition.map(JSONNode.integer) ?? .null),
            ("frozen", .bool(isFrozen)), ("position", .integer(position)), ("lag", .integer(lag)),
            (
                "poison",
                poison.map {
                    .object([("position", .integer($0.position)), ("error", .string($0.problem))])
                } ?? .null
            ),
            ("lease_owner", leaseOwner.map(JSONNode.string) ?? .null),
            ("lease_expires_at", recorded.leaseExpiresAt.map { .string($0.description) } ?? .null),
        ])
    }
}
