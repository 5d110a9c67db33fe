import ArgumentParser
import LedgerJSON
import LedgerNotes
import LedgerStore
import LedgerValues
import Operations

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the server, prove a copy, and put one in place.",
        subcommands: [Create.self, Verify.self, Restore.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the whole server into a directory.",
            discussion: """
                Signs the head, and then copies the server while it runs, with pg_basebackup of its version: the files, the WAL that \
                they need, the signed head, and a manifest with the public key and the digest of each served projection. The \
                manifest is written last; without it a backup counts as unfinished. The private key and the file of signed heads \
                are not in a backup: keep them apart.

                The database's user needs REPLICATION, and the database `replication` in pg_hba.conf.

                Example:
                  alpha-ledger backup create --out backup-monday
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The backup's directory: a new name, or an empty directory.") var out: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let backup = try await auditing { try await ledger.createBackup(to: out) }
                if json { return Output.bytes(backup.node.httpBytes() + [UInt8(ascii: "\n")]) }
                Output.line("backup    \(backup.directory)")
                Output.line("server    Postgres \(backup.manifest.serverVersion), \(backup.bytes) bytes")
                backup.manifest.printHead()
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that a backup can be restored, and holds what was signed.",
            discussion: """
                Compares every file with the manifests (and has pg_verifybackup do the same if it is installed), checks the head's \
                signature, starts a server on a second copy, and verifies its log, its catalog and all its projections as \
                `audit verify` does, and against the manifest. The backup itself is only read. The second copy is made beside it, \
                or in --scratch, and removed.

                Exits 1 and names what is wrong. A backup without --key may be anybody's: the key is the one that `audit key` prints.

                Examples:
                  alpha-ledger backup verify backup-monday
                  alpha-ledger backup verify backup-monday --key "$VKEY" --json
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The backup's directory.") var directory: String
        @Option(help: "The key that `audit key` prints, from a source that you trust.") var key: String?
        @Option(help: "The directory for the second copy, which takes as much space as the backup.") var scratch: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let verifier: NoteVerifier?
            do {
                verifier = try key.map { try NoteVerifier(vkey: $0) }
            } catch {
                throw Failure(code: 2, "--key: \(error)")
            }
            let settings = try options.settings()
            let progress = ProgressLine()
            let report = try await auditing {
                try await Ledger.verifyBackup(
                    directory, key: verifier, scratch: scratch, settings, try SettingsOptions.resources()
                ) { step in
                    switch step {
                    case .log(let done, let total): progress.show("\(done) of \(total) events")
                    case .projections(let step): progress.show(step)
                    }
                }
            }
            progress.end()
            if json {
                Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                report.manifest.printHead()
                report.events.map { Output.line("events    \($0) in the copy") }
                for problem in report.problems { Output.line("WRONG     \(problem)") }
                if report.isVerified { Output.line("verified") }
            }
            if let problem = report.problems.first {
                let others = report.problems.count - 1
                throw Failure(code: 1, others == 0 ? problem : "\(problem) (and \(others) more)")
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a backup into a data directory.",
            discussion: """
                Compares every file with the manifests, copies them, lets the server recover, and compares the log with the heads \
                that were signed here. The directory must be new or empty; only signing.key and signing.key.checkpoints may be in it.

                A copy that is older than a signed head is restored all the same, and refuses to sign: a warning says which events \
                it lacks. If nothing newer exists, `audit fork --acknowledge` lets it go on under a new ledger id.

                Example:
                  alpha-ledger backup restore backup-monday --into restored
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The backup's directory.") var directory: String
        @Option(help: "The data directory, as ALPHA_LEDGER_DATA_DIR names one: a new name, or an empty directory.") var into: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let settings = try options.settings()
            let restored = try await auditing {
                try await Ledger.restoreBackup(directory, into: into, settings, try SettingsOptions.resources())
            }
            if json {
                Output.bytes(restored.node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                Output.line("restored  \(restored.directory)")
                Output.line("events    \(restored.position)")
                if restored.refusal == nil { Output.line("continues \(restored.signedHeads) signed heads") }
                Output.line(
                    restored.isEmbedded
                        ? "use it    --data-dir \(into)"
                        : "use it    start Postgres \(restored.manifest.serverVersion) on \(restored.directory)/postgres with the settings of the old server, and name its database \(restored.manifest.database) in DATABASE_URL"
                )
            }
            if let warning = restored.warning { Output.warning(warning) }
        }
    }
}

extension BackupManifest {
    fileprivate func printHead() {
        Output.line("ledger    \(ledgerID)")
        Output.line("head      \(position), signed, of \(createdAt)")
        Output.line("root      \(root)")
        Output.line("key       \(vkey)")
        for served in projections {
            let digest = served.digest ?? "unknown, because this program lacks its code"
            Output.line("\(served.label): at event \(served.position), digest \(digest)")
        }
    }

    fileprivate var members: [(String, JSONNode)] {
        [
            ("created_at", .string(createdAt.description)), ("ledger_id", .string(ledgerID.description)),
            ("position", .integer(position)), ("root_hash", .string(root.description)), ("vkey", .string(vkey)),
            ("server_version", .integer(Int64(serverVersion))), ("schema_version", .integer(Int64(schemaVersion))),
            ("projections", .array(projections.map(\.node))),
        ]
    }
}

extension CreatedBackup {
    fileprivate var node: JSONNode {
        .object([("directory", .string(directory)), ("bytes", .integer(bytes))] + manifest.members)
    }
}

extension BackupReport {
    fileprivate var node: JSONNode {
        .object(
            [
                ("verified", .bool(isVerified)), ("directory", .string(directory)), ("events", events.map(JSONNode.integer) ?? .null),
                ("pg_verifybackup", .bool(isServerChecked)), ("problems", .array(problems.map(JSONNode.string))),
            ] + manifest.members)
    }
}

extension RestoredBackup {
    fileprivate var node: JSONNode {
        .object(
            [
                ("directory", .string(directory)), ("events", .integer(position)), ("embedded", .bool(isEmbedded)),
                ("signed_checkpoints", .integer(Int64(signedHeads))),
                (
                    "refusal",
                    refusal.map { .object([("code", .string($0.code)), ("problem", .string("\($0)"))]) } ?? .null
                ),
                (
                    "lacks",
                    lacks.map { .object([("from", .integer($0.lowerBound)), ("through", .integer($0.upperBound))]) } ?? .null
                ),
            ] + manifest.members)
    }

    /// What an operator has to know before the copy is used.
    fileprivate var warning: String? {
        guard let refusal else { return nil }
        guard let lacks else { return "the copy refuses to sign: \(refusal)" }
        return
            "the copy lacks the events \(lacks.lowerBound) to \(lacks.upperBound), which were signed here, and refuses to sign: restore a newer backup if there is one; else sync again and run `alpha-ledger audit fork --acknowledge` (\(refusal))"
    }
}
