import ArgumentParser
import LedgerJSON
import LedgerNotes
import LedgerStore
import LedgerValues
import Operations

extension AuditCommand {
    struct SignCheckpoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "checkpoint", abstract: "Sign the log's head.",
            discussion: """
                Proves that the log continues every head signed before, keeps the new one beside the key, and prints it \
                as a C2SP signed note. Exits 3 where the database is older than a signed head, or another history. With \
                ALPHA_LEDGER_WITNESS_POLICY each witness is asked once; exits 1, with the note printed, while the quorum is missing.

                Examples:
                  alpha-ledger audit checkpoint > head.txt
                  alpha-ledger audit checkpoint --json
                """)

        @OptionGroup var options: SettingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let head = try await auditing { try await ledger.signWitnessedCheckpoint() }
                Output.note(head.note, json: json)
                Output.flush()
                if let missing = head.missing { throw Failure(code: 1, "quorum_missing: the policy's quorum lacks \(missing)") }
            }
        }
    }

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the key that checkpoints are verified with.",
            discussion: """
                The private key is made on first use, in ALPHA_LEDGER_SIGNING_KEY_FILE or in the data directory; the \
                database keeps the first public key and refuses another.

                Example:
                  alpha-ledger audit key
                """)

        @OptionGroup var options: SettingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let key = try await auditing { try await ledger.verifierKey() }
                if json {
                    Output.document(.object([("origin", .string(key.name)), ("vkey", .string(key.vkey))]))
                } else {
                    Output.line(key.vkey)
                }
            }
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that an event is in the log, or that the log only grew.",
            subcommands: [Inclusion.self, Consistency.self, Row.self, Page.self])

        struct Inclusion: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "The RFC 6962 audit path of an event.",
                discussion: """
                    Example:
                      alpha-ledger audit prove inclusion --position 7 --json
                    """)

            @OptionGroup var options: SettingsOptions
            @Option(parsing: .unconditional, help: "The event's position, from 1.", transform: Arguments.position) var position: Int64
            @Option(
                parsing: .unconditional, help: "Size of the tree; the log's now where it is left out.", transform: Arguments.position)
            var size: Int64?
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await options.withLedger { ledger in
                    let (proof, id) = try await ledger.proveInclusion(position: position, size: size)
                    if json { return Output.document(proof.node(id)) }
                    Output.line("position  \(proof.position)")
                    Output.line("size      \(proof.size)")
                    Output.line("leaf      \(proof.leaf)")
                    Output.line("root      \(proof.root)")
                    for hash in proof.path { Output.line("path      \(hash)") }
                }
            }
        }

        struct Consistency: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "The RFC 6962 proof that one tree starts with another.",
                discussion: """
                    Example:
                      alpha-ledger audit prove consistency --from 3 --to 7 --json
                    """)

            @OptionGroup var options: SettingsOptions
            @Option(parsing: .unconditional, help: "Size of the old tree.", transform: Arguments.position) var from: Int64
            @Option(parsing: .unconditional, help: "Size of the new tree.", transform: Arguments.position) var to: Int64
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await options.withLedger { ledger in
                    let (proof, id) = try await ledger.proveConsistency(from: from, to: to)
                    if json { return Output.document(proof.node(id)) }
                    Output.line("from  \(proof.from) with root \(proof.fromRoot)")
                    Output.line("to    \(proof.to) with root \(proof.toRoot)")
                    for hash in proof.path { Output.line("path  \(hash)") }
                }
            }
        }
    }

    struct Fork: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a new ledger id after a deliberate restore.",
            discussion: """
                Whoever holds a checkpoint of the old id can see that this ledger does not continue it. Refused where \
                nothing was forked.

                Example:
                  alpha-ledger audit fork --acknowledge
                """)

        @OptionGroup var options: SettingsOptions
        @Flag(help: "The database was restored on purpose.") var acknowledge = false
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            if !acknowledge { throw ValidationError("a fork can't be undone: say --acknowledge") }
        }

        func run() async throws {
            try await options.withLedger { ledger in
                try await auditing { Output.note(try await ledger.acknowledgeFork(), json: json) }
            }
        }
    }
}

/// Gives errors of signing their exit codes.
func auditing<T>(_ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let error as AuditError { throw Failure(code: error.exitCode, "\(error)") }
}

extension Output {
    fileprivate static func document(_ node: JSONNode) { bytes(node.httpBytes() + [UInt8(ascii: "\n")]) }

    fileprivate static func note(_ note: SignedNote, json: Bool) {
        let checkpoint = try? Checkpoint(parsing: note.text)
        if !json { return bytes(note.bytes) }
        document(
            .object([
                ("origin", checkpoint.map { .string($0.origin) } ?? .null),
                ("size", checkpoint.map { .integer($0.size) } ?? .null),
                ("root_hash", checkpoint.map { .string($0.root.description) } ?? .null),
                ("note", .string(String(decoding: note.bytes, as: UTF8.self))),
            ]))
    }
}
