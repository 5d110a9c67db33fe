import ArgumentParser
import Console
import Foundation
import LedgerBundle
import LedgerJSON
import LedgerNotes
import LedgerValues
import LedgerWitness
import Operations
import OptionTrades

extension AuditCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a bundle that can be verified without a database.",
            discussion: """
                Events, rules, the rows of every view and their digests as of a position, and the log's head at it, signed, \
                after proving that the log continues every head signed before. The bundle is replayed before it is signed, \
                and takes its directory's name when all of it is on disk.

                Examples:
                  alpha-ledger audit export --out bundle
                  alpha-ledger audit export --as-of-position 40 --out bundle-40 --json
                """)

        @OptionGroup var options: SettingsOptions
        @Option(
            parsing: .unconditional, help: "What the ledger knew after this event; the head where it is left out.",
            transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(help: "The bundle's directory: a new name, or an empty directory.") var out: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let exported = try await bundling {
                    try await ledger.exportBundle(asOf: asOfPosition, to: out) { step, done, total in
                        progress.show("\(step): \(done) of \(total)")
                    }
                }
                progress.end()
                let manifest = exported.manifest
                if json {
                    return Output.bytes(exported.node(out).httpBytes() + [UInt8(ascii: "\n")])
                }
                Output.line("bundle    \(out)")
                Output.line("position  \(manifest.position)")
                Output.line("root      \(manifest.root)")
                for view in manifest.views {
                    Output.line("\(view.projection) \(view.version): \(view.tree.rows) rows, digest \(view.tree.digest)")
                }
            }
        }
    }

    struct VerifyBundle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify-bundle", abstract: "Verify an exported bundle, without a database.",
            discussion: """
                Recomputes every leaf hash and the log's root, checks the signature, and folds every view again by the \
                rules in the bundle. Exits 1 and names every file at fault, with the line and the position; without --key \
                or --policy too, since anybody could have made such a bundle.

                Example:
                  alpha-ledger audit verify-bundle bundle --key "$VKEY" --json
                """)

        @Argument(help: "The bundle's directory.") var directory: String
        @Option(help: "The key that `audit key` prints, from a source that you trust.") var key: String?
        @Option(help: "A C2SP policy file: one of its logs has to have signed, and its quorum of witnesses cosigned.") var policy: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let policy = try policy.map { BundlePolicy(try WitnessPolicy(file: $0), now: WitnessDirectory.systemClock()) }
            let verifier: NoteVerifier?
            do {
                verifier = try key.map { try NoteVerifier(vkey: $0) }
            } catch {
                throw Failure(code: 2, "--key: \(error)")
            }
            let progress = ProgressLine()
            let report = try await bundling {
                try BundleVerifier(BundleDirectory(directory), TradeLedger.model, key: verifier, policy: policy).verify { done, total in
                    progress.show("\(done) of \(total) events")
                }
            }
            progress.end()
            if json {
                Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                report.ledgerID.map { Output.line("ledger     \($0)") }
                report.position.map { Output.line("position   \($0)") }
                Output.line("signature  \(report.signature.rawValue)")
                report.root.map { Output.line("root       \($0)") }
                report.witnesses.map { Output.line("witnesses  \($0.shown(now: policy?.now ?? 0))") }
                for name in report.unverifiedCosigners { Output.line("cosigned   by \(name) (unverified: no --policy)") }
                for view in report.views {
                    Output.line(
                        "\(view.view.projection) \(view.view.version): \(view.view.tree.rows) rows, digest \(view.view.tree.digest)\(view.isVerified ? "" : " NOT VERIFIED")"
                    )
                }
                if report.isVerified { Output.line("verified") }
            }
            if report.faults.isEmpty { return }
            throw Failure(code: 1, report.faults.map(\.description).joined(separator: "; "))
        }
    }
}

extension AuditCommand.Prove {
    struct Row: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The RFC 6962 audit path of a view's row, under a signed head.",
            discussion: """
                The tree's leaves are the lines that the view's digest is made of; its root stands in an extension line of \
                the signed checkpoint that comes with the proof, and in a bundle's manifest.

                Example:
                  alpha-ledger audit prove row trades 1001 --as-of-position 40 --json
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The view.", transform: Arguments.view) var view: View
        @Argument(help: "The row's key, part by part; the source alpha_sync may be left out.") var key: [String]
        @Option(
            parsing: .unconditional, help: "What the ledger knew after this event; the view's checkpoint where it is left out.",
            transform: Arguments.position)
        var asOfPosition: Int64?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let proof = try await bundling { try await ledger.proveRow(view, key: ledger.completed(key, of: view), asOf: asOfPosition) }
                if json { return Output.bytes(proof.node.httpBytes() + [UInt8(ascii: "\n")]) }
                Output.line("row       \(String(decoding: proof.line, as: UTF8.self))")
                Output.line("index     \(proof.index) of \(proof.rows)")
                Output.line("leaf      \(proof.leaf)")
                Output.line("root      \(proof.root)")
                for hash in proof.path { Output.line("path      \(hash)") }
                Output.bytes(proof.note.bytes)
            }
        }
    }

    struct Page: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A figure with its proof as one file of HTML that verifies itself offline.",
            discussion: """
                The file holds the row, the explanation of the figure, the events behind it with their audit paths, and a signed \
                head that names all of this. Whoever opens it in a browser sees what holds; nothing is fetched. What they have to \
                compare is the key (`audit key`).

                Example:
                  alpha-ledger audit prove page lifecycles pos_1a --field realized_pnl_before_fees_usd --out pnl.html
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The view.", transform: Arguments.view) var view: View
        @Argument(help: "The row's key, part by part; the source alpha_sync may be left out.") var key: [String]
        @Option(help: "The figure, a column of the row; the whole row where it is left out.") var field: String?
        @Option(
            parsing: .unconditional, help: "What the ledger knew after this event; the view's checkpoint where it is left out.",
            transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(help: "The file, which must not exist.") var out: String

        func run() async throws {
            try await options.withLedger { ledger in
                let page = try await bundling {
                    try await ledger.proofPage(view, key: ledger.completed(key, of: view), field: field, asOf: asOfPosition)
                }
                let html = ProofFile.html(title: page.title, document: page.document, note: page.note.bytes, vkey: page.key.vkey)
                do {
                    try Data(html).write(to: URL(filePath: out), options: .withoutOverwriting)
                } catch {
                    throw Failure(code: 2, "--out \(out): expected a path at which no file is and one can be made")
                }
                Output.line("\(out): as of position \(page.position), \(html.count) bytes")
            }
        }
    }
}

/// Gives errors of exporting and signing their exit codes.
private func bundling<T>(_ body: () async throws -> T) async throws -> T {
    do {
        return try await body()
    } catch let error as BundleError {
        throw Failure(code: error.exitCode, "\(error)")
    } catch let error as AuditError {
        throw Failure(code: error.exitCode, "\(error)")
    }
}

extension ExportedBundle {
    fileprivate func node(_ directory: String) -> JSONNode {
        .object([
            ("directory", .string(directory)), ("ledger_id", .string(manifest.ledgerID.description)),
            ("position", .integer(manifest.position)), ("root_hash", .string(manifest.root.description)),
            ("manifest_sha256", .string(manifest.digest)), ("files", .integer(Int64(manifest.files.count + 2))),
            ("bytes", .integer(manifest.files.reduce(0) { $0 + $1.bytes })),
            (
                "views",
                .array(
                    manifest.views.map {
                        .object([
                            ("projection", .string($0.projection)), ("version", .string($0.version)),
                            ("rows", .integer($0.tree.rows)), ("digest", .string($0.tree.digest)),
                            ("rows_root_hash", .string($0.tree.root.description)),
                        ])
                    })
            ),
            ("checkpoint", .string(String(decoding: note.bytes, as: UTF8.self))),
        ])
    }
}
