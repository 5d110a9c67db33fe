import JSON
import Postgres
public import PostgresStore
import Projections
import Values

/// A projection version relative to the log's head.
public struct ProjectionStatus: Sendable {
    public let version: ProjectionVersion
    public let headPosition: Int64
    /// Whether this program lacks the code that the version was folded with.
    public let isFrozen: Bool

    /// The number of events in the log that are not folded yet.
    public var lag: Int64 { headPosition - version.position }

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
                    version: version, headPosition: head, isFrozen: ledger.registry.definition(of: version) == nil)
            })
    }

    private var node: JSONNode {
        .object([
            ("name", .string(version.name)), ("version", .string(version.version)),
            ("code_version", .integer(Int64(version.codeVersion))), ("served", .bool(version.isServed)),
            ("previous", .bool(version.isPrevious)), ("state", .string(version.state.rawValue)),
            ("rebuild_position", version.rebuild.map { .integer($0.position) } ?? .null),
            ("frozen", .bool(isFrozen)), ("position", .integer(version.position)), ("lag", .integer(lag)),
            (
                "poison",
                version.poison.map {
                    .object([("position", .integer($0.position)), ("error", .string($0.problem))])
                } ?? .null
            ),
            ("lease_owner", version.leaseOwner.map(JSONNode.string) ?? .null),
            ("lease_expires_at", version.leaseExpiresAt.map { .string($0.description) } ?? .null),
        ])
    }
}
