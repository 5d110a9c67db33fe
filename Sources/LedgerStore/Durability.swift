public import LedgerPostgres
public import LedgerProjections

/// A server's guarantees for a commit that it acknowledges.
public struct Durability: Sendable, Equatable {
    /// A server that replays this server's WAL.
    public struct Standby: Sendable, Equatable {
        public let name: String?
        /// `streaming` if the standby keeps up; nil if the connection's user may not see it.
        public let state: String?
        /// Commits wait for `sync` and `quorum`, but not for `potential` and `async`.
        public let syncState: String?

        /// Whether commits wait for this standby.
        public var isSynchronous: Bool { state == "streaming" && (syncState == "sync" || syncState == "quorum") }
    }

    /// The server's `fsync` setting.
    public let fsync: Bool
    /// False is safe only on a file system that never tears a page.
    public let fullPageWrites: Bool
    /// The setting that appends commit with: `on`, or `remote_apply` if role or database say so.
    public let synchronousCommit: String
    /// The server's `synchronous_standby_names`; empty if commits wait for no standby.
    public let synchronousStandbyNames: String
    public let standbys: [Standby]
    /// Whether appends may go to a server that does not keep everything it acknowledges.
    public let isUnsafeAllowed: Bool
    private let names: LedgerNames

    /// The SQL expression of ``isUnsafeAllowed``.
    static func isUnsafeAllowed(_ names: LedgerNames) -> String {
        "coalesce(lower(current_setting('\(names.unsafeDurabilitySetting)', true)) IN ('on', 'true', 'yes', '1'), false)"
    }
    /// The setting that the log's transactions commit with. Only `remote_apply` is stronger than `on`.
    static let synchronousCommit =
        "CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END"

    /// Reads the guarantees as the connection's own user, who may see more of the standbys than the service's role.
    public static func read(_ names: LedgerNames, _ session: PostgresSession) throws -> Durability {
        try session.transaction {
            try session.executeScript("SET LOCAL ROLE NONE")
            let answers = try session.pipeline([
                (
                    sql: """
                    SELECT current_setting('fsync'), current_setting('full_page_writes'), \(synchronousCommit),
                           current_setting('synchronous_standby_names'), \(isUnsafeAllowed(names))
                    """, parameters: []
                ),
                (
                    sql: """
                    SELECT application_name, state, sync_state FROM pg_stat_replication
                    WHERE state IS DISTINCT FROM 'backup' ORDER BY application_name, pid
                    """, parameters: []
                ),
            ])
            let row = answers[0][0]
            return Durability(
                fsync: try row.text(0) == "on", fullPageWrites: try row.text(1) == "on",
                synchronousCommit: try row.text(2), synchronousStandbyNames: try row.text(3),
                standbys: try answers[1].map {
                    Standby(name: try $0.optionalText(0), state: try $0.optionalText(1), syncState: try $0.optionalText(2))
                },
                isUnsafeAllowed: try row.bool(4), names: names)
        }
    }

    /// Why appends are refused; nil if they are not.
    public var refusal: String? { fsync || isUnsafeAllowed ? nil : Self.problem(names) }

    /// The problems that an operator should know, with the refusal first.
    public var problems: [String] {
        var problems = [refusal].compactMap { $0 }
        if !fsync, isUnsafeAllowed {
            problems.append(
                "the Postgres server runs with fsync = off, which is allowed here: a crash of its machine can lose or spoil what was acknowledged"
            )
        }
        if !synchronousStandbyNames.isEmpty, !standbys.contains(where: \.isSynchronous), standbys.allSatisfy({ $0.state != nil }) {
            problems.append("synchronous standbys are named and none is connected: appends wait for one")
        }
        return problems
    }

    private static func problem(_ names: LedgerNames) -> String {
        """
        the Postgres server runs with fsync = off, so that a crash of its machine can lose or spoil what was acknowledged; \
        turn fsync on, or allow it with \(names.unsafeDurability.map { "\($0) or, on the server, " } ?? "")\
        \(names.unsafeDurabilitySetting) = on
        """
    }

    /// Throws `LedgerError.unsafeServer` if appends must be refused.
    static func require(fsync: String, isUnsafeAllowed: Bool, _ names: LedgerNames) throws(LedgerError) {
        if fsync != "on", !isUnsafeAllowed { throw .unsafeServer(problem: problem(names)) }
    }
}

extension PostgresSession {
    /// Runs statements in one transaction. Its commit is acknowledged once it is on disk, and on the synchronous
    /// standbys if there are any, whatever the settings of role or database.
    public func durableTransaction<T>(_ body: () throws -> T) throws -> T {
        try transaction {
            _ = try execute("SELECT set_config('synchronous_commit', \(Durability.synchronousCommit), true)")
            return try body()
        }
    }
}

extension PostgresConfiguration {
    /// Allows appends to a server that does not keep everything it acknowledges.
    public func allowingUnsafeDurability(_ isAllowed: Bool, _ names: LedgerNames) -> PostgresConfiguration {
        var configuration = self
        if isAllowed { configuration.settings[names.unsafeDurabilitySetting] = "on" }
        return configuration
    }
}
