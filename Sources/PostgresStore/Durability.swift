public import Postgres

/// What a server promises of a commit that it acknowledges.
public struct Durability: Sendable, Equatable {
    /// A server that replays what this one writes.
    public struct Standby: Sendable, Equatable {
        public let name: String?
        /// `streaming` when it keeps up; nil if the connection's user may not see it.
        public let state: String?
        /// `sync` and `quorum` are waited for; `potential` and `async` are not.
        public let syncState: String?

        public var isSynchronous: Bool { state == "streaming" && (syncState == "sync" || syncState == "quorum") }
    }

    public let fsync: Bool
    /// False is safe only on a file system that never tears a page.
    public let fullPageWrites: Bool
    /// What appends are committed with: `on`, or `remote_apply` if role or database say so.
    public let synchronousCommit: String
    /// The server's setting; empty if commits wait for no standby.
    public let synchronousStandbyNames: String
    public let standbys: [Standby]
    /// Whether appends go to a server that does not keep what it acknowledges.
    public let isUnsafeAllowed: Bool

    /// Whoever turns `fsync` off says so here too: on the server, or for a program's own sessions.
    static let unsafeSetting = "alpha_ledger.allow_unsafe_durability"
    static let isUnsafeAllowed =
        "coalesce(lower(current_setting('\(unsafeSetting)', true)) IN ('on', 'true', 'yes', '1'), false)"
    /// What the log's transactions commit with. Only `remote_apply` is stronger than `on`.
    static let synchronousCommit =
        "CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END"

    /// Reads it as the connection's own user, who may see more of the standbys than the service's role.
    public static func read(_ session: PostgresSession) throws -> Durability {
        try session.transaction {
            try session.executeScript("SET LOCAL ROLE NONE")
            let answers = try session.pipeline([
                (
                    sql: """
                        SELECT current_setting('fsync'), current_setting('full_page_writes'), \(synchronousCommit),
                               current_setting('synchronous_standby_names'), \(isUnsafeAllowed)
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
                isUnsafeAllowed: try row.bool(4))
        }
    }

    /// Why nothing is appended here; nil if it can be.
    public var refusal: String? { fsync || isUnsafeAllowed ? nil : Self.problem }

    /// What an operator should know, the refusal first.
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

    private static let problem = """
        the Postgres server runs with fsync = off, so that a crash of its machine can lose or spoil what was acknowledged; \
        turn fsync on, or allow it with ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY=true or, on the server, \(unsafeSetting) = on
        """

    /// Throws `LedgerError.unsafeServer` if nothing may be appended.
    static func require(fsync: String, isUnsafeAllowed: Bool) throws(LedgerError) {
        if fsync != "on", !isUnsafeAllowed { throw .unsafeServer(problem: problem) }
    }
}

extension PostgresSession {
    /// Runs statements in one transaction whose commit is acknowledged once it is on the disk, and on the synchronous standbys
    /// if there are some, whatever role or database say.
    public func durableTransaction<T>(_ body: () throws -> T) throws -> T {
        try transaction {
            _ = try execute("SELECT set_config('synchronous_commit', \(Durability.synchronousCommit), true)")
            return try body()
        }
    }
}

extension PostgresConfiguration {
    /// Lets appends go to a server that does not keep what it acknowledges.
    public func allowingUnsafeDurability(_ isAllowed: Bool) -> PostgresConfiguration {
        var configuration = self
        if isAllowed { configuration.settings[Durability.unsafeSetting] = "on" }
        return configuration
    }
}
