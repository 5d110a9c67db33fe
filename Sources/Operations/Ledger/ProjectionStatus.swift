import Events
import JSON
import Postgres
import PostgresStore
public import Projections
import Values

/// A projection version relative to the log's head.
public struct ProjectionStatus: Sendable {
    private let recorded: ProjectionVersion
    public let headPosition: Int64
    /// Whether this program lacks the code that the version was folded with.
    public let isFrozen: Bool

    public var name: String { recorded.name }
    /// The rules version with its letter, for example `v2`.
    public var version: String { recorded.version }
    public var codeVersion: Int { recorded.codeVersion }
    public var isServed: Bool { recorded.isServed }
    /// The checkpoint: every event up to and including this position is folded in.
    public var position: Int64 { recorded.position }
    /// The number of events in the log that are not folded yet.
    public var lag: Int64 { headPosition - position }
    /// How far a rebuild has come that is in progress or can be resumed; nil without one.
    public var rebuildPosition: Int64? { recorded.rebuild?.position }
    /// The event that stopped the version; nil if nothing has.
    public var poison: PoisonEvent? { recorded.poison }
    /// The process that holds the lease, or held it last; nil if it was given back.
    public var leaseOwner: String? { recorded.leaseOwner }

    public struct List: Sendable {
        public let headPosition: Int64
        public let versions: [ProjectionStatus]

        /// `{"head_position":…,"projections":[…]}`
        public var json: [UInt8] {
            JSONNode.object([
                ("head_position", .integer(headPosition)),
                ("projections", .array(versions.map(\.node))),
            ]).httpBytes()
        }
    }

    public static func all(_ ledger: Ledger) async throws -> List {
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
