import ArgumentParser
import Console
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension ResearchCommand {
    struct ReportPackCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report-pack",
            abstract: "Write all research documents of some underlyings, with a report for people and a manifest.",
            discussion: """
                DIR gets each document as `research artifact` writes it, report.md, report.html (one file, without scripts and without \
                anything from elsewhere) and manifest.json, which names every file with its digest. Of a surface the document has all \
                market dates, of the others the latest. What has no data is left out and named in the manifest's warnings. DIR takes its \
                name when all of it is on disk; a DIR that holds the same pack stays as it is, and one with anything else is refused. \
                The same position and moment give the same bytes, as long as the same versions of the projections are served.

                --positions adds scenarios of each portfolio that has an open contract on one of the underlyings: of all its open \
                contracts, also those on other underlyings.

                --publish appends an event with the digest of the manifest, once for each manifest. --verify compares the files with the \
                manifest and the manifest with the log, names what differs, and exits 1 if anything does.

                Exit codes: 1 where --verify finds a difference, 2 where DIR exists with other content.

                Examples:
                  alpha-ledger research report-pack --underlyings MSTR,BTC --positions --out pack
                  alpha-ledger research report-pack --underlyings MSTR --as-of-position 500 --out pack --publish --by 'research desk'
                  alpha-ledger research report-pack --verify pack
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The underlyings, comma-separated, as chains and bars name them.") var underlyings: String?
        @Flag(help: "Add scenarios of the portfolios that hold open contracts on the underlyings.") var positions = false
        @Option(help: "The directory: a new name, an empty directory, or one that holds the same pack.") var out: String?
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(
            help: "What it knew at this instant, as in 2026-01-31T00:00:00Z; beside a position the reader's now.",
            transform: Arguments.instant)
        var asOf: Instant?
        @Flag(help: "Record in the log that this pack is shown.") var publish = false
        @Option(help: "Who publishes it.") var by: String?
        @Option(help: "A pack's directory, which is checked.") var verify: String?
        @Flag(help: "Print the result as JSON.") var json = false

        func validate() throws {
            if verify != nil {
                guard underlyings == nil, out == nil, !positions, !publish, by == nil, asOfPosition == nil, asOf == nil else {
                    throw ValidationError("--verify excludes all other options but --json")
                }
                return
            }
            guard underlyings != nil, out != nil else { throw ValidationError("--underlyings and --out are needed, or --verify") }
            if publish != (by != nil) { throw ValidationError("--publish and --by need each other") }
            if let by, by.isEmpty || by.unicodeScalars.count > 128 || by.unicodeScalars.contains("\0") {
                throw ValidationError("--by: expected a text of up to 128 characters that is not empty")
            }
        }

        func run() async throws {
            if let verify { return try await check(ReportPackDirectory(verify)) }
            guard let underlyings, let out else { return }
            var request = try ReportPackRequest(underlyings: underlyings)
            (request.hasPositions, request.asOfPosition, request.asOf) = (positions, asOfPosition, asOf)
            let (asked, directory) = (request, ReportPackDirectory(out))
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate(try ResearchReader.views(of: asked).map(\.projection))
                let pack = try await ResearchReader(ledger, isBounded: false)
                    .reportPack(asked, newYork: try ledger.newYork(), reports: Self.reports)
                let isWritten: Bool
                do {
                    isWritten = try directory.write(pack)
                } catch let error as BundleError {
                    throw Failure(code: error.exitCode, "\(error)")
                }
                let publication = try await publish ? ReportPublisher(ledger).publish(pack.manifest, by: by ?? "") : nil
                show(pack.manifest, in: directory, isWritten: isWritten, publication)
            }
        }

        /// The reports for people, from the documents of a pack.
        private static func reports(_ content: ReportPack.Content) -> [ReportPack.File] {
            let report = ResearchReport(
                underlyings: content.underlyings, position: content.position, asOf: content.asOf,
                documents: content.artifacts.map { artifact in
                    ResearchReport.Document(
                        kind: artifact.kind.rawValue, subject: artifact.subject, path: artifact.path,
                        isOfPortfolio: artifact.kind.isOfPortfolio,
                        data: artifact.document)
                }, warnings: content.warnings)
            return [
                ReportPack.File(path: "report.html", bytes: report.html()), ReportPack.File(path: "report.md", bytes: report.markdown()),
            ]
        }

        private func show(
            _ manifest: ReportManifest, in directory: ReportPackDirectory, isWritten: Bool, _ publication: ReportPublisher.Publication?
        ) {
            if json {
                let node = JSONNode.object([
                    ("files", .integer(Int64(manifest.files.count))), ("manifest_digest", .string("\(manifest.digest)")),
                    ("out", .string(directory.path)), ("position", .integer(manifest.position)),
                    ("published_position", publication.map { .integer($0.position) } ?? .null),
                    ("warnings", .array(manifest.warnings.map { .string($0) })), ("written", .bool(isWritten)),
                ])
                return Output.bytes(node.httpBytes() + [UInt8(ascii: "\n")])
            }
            Output.line(
                isWritten
                    ? "\(directory.path): \(manifest.files.count) files and manifest.json" : "\(directory.path) holds the same pack already"
            )
            Output.line("manifest  \(manifest.digest)")
            Output.line("as of position \(manifest.position), \(manifest.asOf)")
            for warning in manifest.warnings { Output.line("warning  \(Output.escaped(warning))") }
            if let publication {
                Output.line(
                    publication.isNew
                        ? "published at position \(publication.position)"
                        : "published before, at position \(publication.position), by \(Output.escaped(publication.publishedBy))")
            }
            Output.line("\(Research.disclaimer)")
        }

        private func check(_ directory: ReportPackDirectory) async throws {
            let found: ReportPublisher.Verification
            do {
                found = try await options.withLedger(writes: false) { ledger in try await ReportPublisher(ledger).verify(directory) }
            } catch let error as ReportPackError {
                throw Failure(code: 1, "\(error)")
            } catch let error as BackupError {
                throw Failure(code: 1, "\(error)")
            }
            if json {
                let node = JSONNode.object([
                    ("manifest_digest", .string("\(found.manifestDigest)")), ("problems", .array(found.problems.map { .string($0) })),
                    ("published_by", found.publication.map { .string($0.publishedBy) } ?? .null),
                    ("published_position", found.publication.map { .integer($0.position) } ?? .null),
                ])
                Output.bytes(node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                for problem in found.problems { Output.line(Output.escaped(problem)) }
                if let publication = found.publication {
                    Output.line("published at position \(publication.position) by \(Output.escaped(publication.publishedBy))")
                }
            }
            if !found.problems.isEmpty {
                throw Failure(
                    code: 1, found.problems.count == 1 ? "the pack differs" : "the pack differs in \(found.problems.count) places")
            }
        }
    }
}
