package import LedgerEvents
package import LedgerJSON
import LedgerPostgres
package import LedgerStore
import LedgerValues
import OptionTrades

/// The contents of a database and its connection parameters.
package struct DatabaseStatus: Sendable {
    /// 0 if the database has no ledger.
    package let schemaVersion: Int
    package let latestVersion: Int
    package let head: LogHead?
    package let durability: Durability
    /// The partitions of the log; empty if it is not partitioned.
    package let partitions: [LogPartition]
    /// libpq's keywords for `psql`, without secrets.
    package let connection: [String: String]

    package static func read(_ uri: String, _ migrator: Migrator) async throws -> DatabaseStatus {
        let configuration = PostgresConfiguration(uri: uri, applicationName: "alpha-ledger status")
        let parameters = try configuration.parameters()
        let connection = try await PostgresConnection.open(configuration)
        do {
            let status = try await connection.run { session in
                let version = try migrator.version(session)
                let address = session.address
                return DatabaseStatus(
                    schemaVersion: version, latestVersion: migrator.latest,
                    head: version > 0 ? try LogReader().head(session) : nil,
                    durability: try Durability.read(migrator.names, session),
                    partitions: version == migrator.latest ? try LogPartition.all(session) : [],
                    connection: parameters.merging(
                        ["host": address.host, "port": address.port, "dbname": address.database, "user": address.user]
                    ) { _, new in new })
            }
            await connection.close()
            return status
        } catch {
            await connection.close()
            throw error
        }
    }

    package var node: JSONNode {
        .object([
            ("schema_version", .integer(Int64(schemaVersion))), ("latest_schema_version", .integer(Int64(latestVersion))),
            (
                "head",
                head.map {
                    .object([
                        ("position", .integer($0.position)),
                        ("recorded_at", $0.recordedAt.map { .string($0.description) } ?? .null),
                        ("ledger_id", .string($0.ledgerID.description)),
                    ])
                } ?? .null
            ),
            ("durability", durability.node),
            ("partitions", .array(partitions.map(\.node))),
            ("connection", .object(connection.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ])
    }
}

extension Ledger {
    /// The server's guarantees for a commit, and why appends are refused; nil if they are not.
    package func durability() async throws -> (report: JSONNode, refusal: String?) {
        let durability = try await pool.run { session in try Durability.read(TradeLedger.names, session) }
        return (durability.node, durability.refusal)
    }

    /// The error with which this program refuses the database's schema, nil if the schema is this program's. Throws if the
    /// database can't be asked.
    package func schemaProblem() async throws -> (any Error)? {
        do {
            try await pool.run { session in try Migrator(resources.files.migrations(), TradeLedger.names).requireCurrent(session) }
            return nil
        } catch let error as LedgerError {
            return error
        }
    }
}

extension Durability {
    /// `{"fsync":…,"full_page_writes":…,"synchronous_commit":…,"synchronous_standby_names":…,"standbys":[…],"problems":[…]}`
    package var node: JSONNode {
        .object([
            ("fsync", .bool(fsync)), ("full_page_writes", .bool(fullPageWrites)),
            ("synchronous_commit", .string(synchronousCommit)),
            ("synchronous_standby_names", .string(synchronousStandbyNames)),
            (
                "standbys",
                .array(
                    standbys.map { standby in
                        .object([
                            ("name", standby.name.map(JSONNode.string) ?? .null),
                            ("state", standby.state.map(JSONNode.string) ?? .null),
                            ("sync_state", standby.syncState.map(JSONNode.string) ?? .null),
                        ])
                    })
            ), ("problems", .array(problems.map(JSONNode.string))),
        ])
    }
}
