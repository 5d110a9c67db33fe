import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerStore
import Operations
import OptionTrades

extension ProjectionCommand {
    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build a version beside the served one, from the log alone.",
            discussion: """
                Nothing that is served changes. The log is read once for all projections that are named, rows and history go in \
                by COPY, indexes come last; then services follow the new version like any other. A rebuild that was \
                killed goes on where it was when it is run again; one that is interrupted (Ctrl-C, SIGTERM) leaves no trace.

                Examples:
                  alpha-ledger projection rebuild alignment --rules v2
                  alpha-ledger projection rebuild trades lifecycles outcomes
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The projections.") var names: [String]
        @Option(help: "The rules version, v2 for rules.v2.yaml; the served one where left out.") var rules: String?
        @Option(help: "Parts of the entities that are folded at a time; as many as there are cores where left out.")
        var workers: Int?
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            if let workers, !(1...64 ~= workers) { throw ValidationError("--workers: expected 1 to 64") }
        }

        func run() async throws {
            let projections = names.map { View.projection(named: $0) }
            let version = try rules.map { text in try projections.map { try Arguments.version(text, of: $0) }[0] }
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let summary = try await ledger.rebuild(try await ledger.references(projections, version), workers: workers) { step in
                    progress.show("\(step.phase.rawValue): \(step.position) of \(step.head) events")
                }
                progress.end()
                if json {
                    Output.bytes(summary.node.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    show(summary)
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what would change if one version took another's place.",
            discussion: """
                Compares the rows of both versions as of one position: rows added, removed and changed by field, labels and \
                states that move, sums of money, and the event after which the two first differed. The digest names \
                this diff to `projection promote`.

                A version is v2, or v2/c3 where several code versions of it exist; alignment@v2 names the same as v2.

                Other projections may read a rule file that the version replaces, as outcomes reads alignment's. They are named; \
                with --with-dependents their newest versions that read the new file are compared too, at the same \
                position, and one digest is over all diffs.

                Examples:
                  alpha-ledger projection diff alignment v1 v2
                  alpha-ledger projection diff alignment v1 v2 --with-dependents --json
                  alpha-ledger projection diff alignment v1 v2 --ndjson
                  alpha-ledger projection diff outcomes v1 v2 --fail-on 'rows>2.5%' --fail-on 'pnl_before_fees_usd>0'
                  alpha-ledger projection diff alignment v1 v2 --fail-on assertions
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The projection.") var name: String
        @Argument(help: "The version that is compared with.") var from: String
        @Argument(help: "The version that would take its place.") var to: String
        @Option(
            parsing: .unconditional, help: "As of this position; the smaller of the two checkpoints where left out.",
            transform: Arguments.position)
        var position: Int64?
        @Option(help: "How many changed rows to show, first by key; the digest does not depend on it.")
        var keys = ProjectionDiff.sampleSize
        @Option(
            help: "Exit 1 beyond this: any, rows>NUMBER, rows>NUMBER%, FIELD_usd>NUMBER, or assertions if one is broken; repeatable.",
            transform: { try DiffThreshold(parsing: $0) })
        var failOn: [DiffThreshold] = []
        @Option(help: "How many of the shown rows to explain under both versions.") var explain = 1
        @Flag(help: "Also compare the served projections that read a replaced rule file.") var withDependents = false
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "Print every changed row, a line each, and nothing else.") var ndjson = false

        func validate() throws {
            if json && ndjson { throw ValidationError("--json and --ndjson exclude each other") }
            if withDependents && ndjson { throw ValidationError("--with-dependents and --ndjson exclude each other") }
            if keys < 0 { throw ValidationError("--keys: expected 0 or more") }
            if explain < 0 { throw ValidationError("--explain: expected 0 or more") }
        }

        func run() async throws {
            let name = View.projection(named: name)
            let (from, to) = (try Arguments.version(from, of: name), try Arguments.version(to, of: name))
            try await options.withLedger { ledger in
                if withDependents { return try await compareAll(ledger, name, from, to) }
                let prints = ndjson
                let diff = try await ledger.diff(name, from: from, to: to, position: position, sampleSize: keys) { change in
                    if !prints { return }
                    var line = JSONWriter()
                    change.write(to: &line, decimals: .numbers)
                    Output.bytes(line.bytes + [UInt8(ascii: "\n")])
                }
                if !ndjson {
                    let explained = try await ledger.explain(diff, rows: explain)
                    if json {
                        Output.bytes(diff.json(explained: explained) + [UInt8(ascii: "\n")])
                    } else {
                        show(diff, explained)
                    }
                }
                for dependent in try await ledger.dependents(leftBy: diff) { Output.warning("\(dependent): see --with-dependents") }
                let faults = try await DiffThreshold.faults(of: diff, failOn, ledger)
                if !faults.isEmpty { throw Failure(code: 1, faults.joined(separator: "; ")) }
            }
        }

        private func compareAll(
            _ ledger: Ledger, _ name: String, _ from: VersionReference, _ to: VersionReference
        ) async throws {
            let group = try await ledger.diffWithDependents(name, from: from, to: to, position: position, sampleSize: keys)
            var explained: [[ExplainedChange]] = []
            for diff in group.diffs { explained.append(try await ledger.explain(diff, rows: explain)) }
            if json {
                Output.bytes(group.json(explained: explained) + [UInt8(ascii: "\n")])
            } else {
                for (diff, changes) in zip(group.diffs, explained) {
                    show(diff, changes)
                    Output.line("")
                }
                Output.line("digest of all \(group.digest)")
            }
            let faults = try await DiffThreshold.faults(of: group, failOn, ledger)
            if !faults.isEmpty { throw Failure(code: 1, faults.joined(separator: "; ")) }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a version the served one, as its diff said.",
            discussion: """
                The diff against the served version is worked out again at the position: where its digest is another than the \
                one given, where the served version changed meanwhile, or where the candidate is behind, nothing happens and \
                the command exits 3. The replaced version is folded on, so that `projection rollback` goes back at once.

                Served projections that read a rule file which the version replaces keep the old one, and are named, unless \
                --with-dependents promotes versions of theirs along, in the same transaction; the digest is then that of \
                `projection diff --with-dependents`.

                Examples:
                  alpha-ledger projection diff alignment v1 v2 --json > diff.json
                  alpha-ledger projection promote alignment v2 --diff diff.json
                  alpha-ledger projection promote alignment v2 --diff all.json --with-dependents
                  alpha-ledger projection promote alignment v2 --diff diff.json --requires-assertions
                  alpha-ledger projection promote alignment v2 --position 12521 --digest 4f1c…
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The projection.") var name: String
        @Argument(help: "The version to serve.") var version: String
        @Option(parsing: .unconditional, help: "The diff's position.", transform: Arguments.position) var position: Int64?
        @Option(help: "The diff's digest.") var digest: String?
        @Option(name: .customLong("diff"), help: "A file with the diff as JSON, in the place of its position and digest.")
        var file: String?
        @Flag(help: "Also promote versions of what reads a replaced rule file.") var withDependents = false
        @Flag(help: "Promote nothing if an assertion is broken at the diff's position.") var requiresAssertions = false
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            let isNamed = position != nil && digest != nil
            if file == nil ? !isNamed : position != nil || digest != nil {
                throw ValidationError("expected --position and --digest, or --diff")
            }
        }

        func run() async throws {
            let (position, digest) = try agreed()
            let name = View.projection(named: name)
            let version = try Arguments.version(version, of: name)
            try await options.withLedger { ledger in
                let promotion = try await ledger.promote(
                    name, version, position: position, digest: digest, withDependents: withDependents,
                    requiresAssertions: requiresAssertions)
                show(promotion, json: json)
            }
        }

        /// The position and digest of the diff that was reviewed.
        private func agreed() throws -> (position: Int64, digest: String) {
            if let position, let digest { return (position, digest) }
            let path = file ?? ""
            guard let bytes = readFile(path), let root = (try? JSONDocument(parsing: bytes))?.root,
                let position = root["position"]?.integer, let digest = root["digest"]?.string
            else { throw Failure(code: 2, "--diff \(path): expected a file that `projection diff --json` printed") }
            return (position, digest)
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve the version again that the served one replaced.",
            discussion: """
                With --with-dependents what reads the rule files that change goes back too, in the same transaction.

                Examples:
                  alpha-ledger projection rollback alignment
                  alpha-ledger projection rollback alignment --with-dependents
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The projection.") var name: String
        @Flag(help: "Also go back with what reads a rule file that changes.") var withDependents = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                show(try await ledger.rollback(View.projection(named: name), withDependents: withDependents), json: json)
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a version that is not served, with its rows and history.",
            discussion: """
                What the log says can be built again by `projection rebuild`. The version that the served one replaced is the way \
                back, and is kept unless --include-previous says otherwise.

                Example:
                  alpha-ledger projection drop alignment v2
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The projection.") var name: String
        @Argument(help: "The version to remove.") var version: String
        @Flag(help: "Also where it is the version to go back to.") var includePrevious = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let name = View.projection(named: name)
            let version = try Arguments.version(version, of: name)
            try await options.withLedger { ledger in
                let dropped = try await ledger.drop(name, version, includingPrevious: includePrevious)
                if json {
                    let node = JSONNode.object([
                        ("projection", .string(dropped.name)), ("version", .string(dropped.version)),
                        ("code_version", .integer(Int64(dropped.codeVersion))), ("dropped", .bool(true)),
                    ])
                    Output.bytes(node.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    Output.line("dropped \(dropped.name) \(dropped.reference)")
                }
            }
        }
    }
}
