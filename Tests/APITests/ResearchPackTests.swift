import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Report packs, artifacts and the page of research, from imported chains and bars and an open contract.
@Suite(.serialized) struct ResearchPackTests {
    /// A service over the sample of research. The body gets the head's position.
    private func withResearch(_ body: @Sendable (RunningService, Int64, String) async throws -> Void) async throws {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withService(projectors: false) { service in
            let ledger = service.ledger
            let file = "\(folder)/research.ndjson"
            try Data(try SampleResearch.lines()).write(to: URL(filePath: file))
            let summary = try await ObservationImport(
                pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration,
                temporaryDirectory: ledger.temporaryDirectory
            ).run([file], ObservationImportOptions(apply: true, strict: true))
            #expect(summary.rejected == 0)
            try await ledger.log.append([recorded(try sampleRow("T1"))], runID: ledger.newID())
            try await ledger.bringUpToDate(ledger.registry.names)
            try await body(service, try await ledger.primaryHead(), folder)
        }
    }

    private func pack(_ ledger: Ledger, _ underlyings: String, at position: Int64, hasPositions: Bool = true) async throws -> ReportPack {
        var request = try ReportPackRequest(underlyings: underlyings)
        (request.hasPositions, request.asOfPosition, request.asOf) = (hasPositions, position, Instant(SampleResearch.now))
        return try await ResearchReader(ledger).reportPack(request, newYork: try ledger.newYork()) { content in
            [ReportPack.File(path: "report.md", bytes: Array("as of \(content.position), \(content.asOf)\n".utf8))]
        }
    }

    @Test func `a pack has every kind that has data, says what is missing, and the same position gives the same bytes`() async throws {
        try await withResearch { service, position, _ in
            let first = try await pack(service.ledger, "MSTR,NONE", at: position)
            let paths = first.files.map(\.path)
            #expect(
                Set(paths).isSuperset(of: [
                    "exposure/MSTR/2026-01-13.json", "iv-surface/MSTR/2026-01-13.json", "levels/MSTR/2026-01-13.json", "report.md",
                    "scenarios/IMST/2026-01-13.json",
                ]), "\(paths)")
            let warnings = first.manifest.warnings
            #expect(
                Set(warnings).isSuperset(of: ["no_data:exposure/NONE", "no_data:iv-surface/NONE", "no_data:levels/NONE"]), "\(warnings)")
            #expect(warnings == warnings.sorted() && !warnings.contains("no_data:levels/MSTR"))
            // What came later does not change it.
            try await service.ledger.log.append([recorded(try sampleRow("T2"))], runID: service.ledger.newID())
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let second = try await pack(service.ledger, "MSTR,NONE", at: position)
            #expect(first.manifest.encode() == second.manifest.encode())
            #expect(first.files.map(\.bytes) == second.files.map(\.bytes))
            // Without anything there is still a pack.
            let nothing = try await pack(service.ledger, "NONE", at: position)
            #expect(nothing.files.map(\.path) == ["report.md"] && nothing.manifest.warnings.contains("no_data:scenarios"))
        }
    }

    @Test func `a pack is written whole, an altered byte is found, and publishing it again adds nothing`() async throws {
        try await withResearch { service, position, folder in
            let pack = try await pack(service.ledger, "MSTR", at: position)
            let directory = ReportPackDirectory("\(folder)/pack")
            #expect(try directory.write(pack))
            #expect(try !directory.write(pack), "the same pack stays as it is")
            let publisher = ReportPublisher(service.ledger)
            let unpublished = try await publisher.verify(directory)
            #expect(unpublished.publication == nil && unpublished.problems.count == 1)
            let published = try await publisher.publish(pack.manifest, by: "desk")
            #expect(published.isNew && published.position == position + 1)
            let again = try await publisher.publish(pack.manifest, by: "somebody else")
            #expect(!again.isNew && again.position == published.position && again.publishedBy == "desk")
            #expect(try await service.ledger.primaryHead() == position + 1)
            let sound = try await publisher.verify(directory)
            #expect(sound.problems == [] && sound.publication?.publishedBy == "desk")

            // One byte of a document, a document that is gone, and one that is too many.
            let altered = "\(directory.path)/exposure/MSTR/2026-01-13.json"
            let bytes = try #require(FileManager.default.contents(atPath: altered))
            try Data(bytes.map { $0 == UInt8(ascii: "1") ? UInt8(ascii: "2") : $0 }).write(to: URL(filePath: altered))
            #expect(
                try await publisher.verify(directory).problems.filter { $0.hasPrefix("exposure/MSTR/2026-01-13.json differs") }.count == 1)
            #expect(throws: BundleError.self) { try directory.write(pack) }
            try bytes.write(to: URL(filePath: altered))
            try Data().write(to: URL(filePath: "\(directory.path)/more.txt"))
            try FileManager.default.removeItem(atPath: "\(directory.path)/report.md")
            let problems = try await publisher.verify(directory).problems
            #expect(problems.count == 2 && problems.contains("more.txt is not a file of the pack"), "\(problems)")
            try FileManager.default.removeItem(atPath: "\(directory.path)/more.txt")
            try Data("as of \(position), \(SampleResearch.now)\n".utf8).write(to: URL(filePath: "\(directory.path)/report.md"))
            #expect(try await publisher.verify(directory).problems == [])

            // A manifest that fits altered files is not the one that was published.
            let other = try await self.pack(service.ledger, "MSTR", at: position, hasPositions: false)
            let forged = ReportPackDirectory("\(folder)/forged")
            #expect(try forged.write(other))
            let found = try await publisher.verify(forged).problems
            #expect(found.count == 1 && found[0].contains("\(other.manifest.digest)"), "\(found)")
            #expect(throws: BundleError.self) { try directory.write(other) }
        }
    }

    @Test func `a manifest is read as it was written, and in no other way`() throws {
        let manifest = ReportManifest(
            asOf: try instant("2026-01-13T21:30:00Z"), files: [.init(ReportPack.File(path: "a/b.json", bytes: [1, 2]))], position: 7,
            hasPositions: true, underlyings: ["MSTR"], warnings: ["no_data:levels/MSTR"])
        let bytes = manifest.encode()
        #expect(try ReportManifest(decoding: bytes) == manifest)
        let text = String(decoding: bytes, as: UTF8.self)
        for (from, to) in [
            ("a/b.json", "../b.json"), ("a/b.json", "/b.json"), ("a/b.json", "a//b.json"), ("\"position\":7", "\"position\":-7"),
            ("{\"as_of\"", "{ \"as_of\""), ("report-pack/v1", "report-pack/v2"), ("\"positions\":true", "\"more\":1,\"positions\":true"),
        ] {
            let altered = text.replacing(from, with: to)
            #expect(altered != text)
            #expect(throws: ReportManifest.Problem.self, "\(to)") { try ReportManifest(decoding: Array(altered.utf8)) }
        }
    }

    @Test(.enabled(if: Validator.isInstalled, "python3 has no jsonschema"))
    func `every artifact and the manifest are what their schemas say`() async throws {
        try await withResearch { service, position, _ in
            let pack = try await pack(service.ledger, "MSTR", at: position)
            let schemas = "\(projectRoot)/schema/artifacts"
            var kinds: Set<String> = []
            for file in pack.files where file.path.hasSuffix(".json") {
                let kind = try #require(file.path.split(separator: "/").first.map(String.init))
                kinds.insert(kind)
                // A line for each document: the one at its end is not part of it.
                #expect(try Validator.problems([Array(file.bytes.dropLast())], schema: "\(schemas)/\(kind).v1.json") == [], "\(file.path)")
            }
            #expect(kinds.isSuperset(of: ["exposure", "iv-surface", "levels", "scenarios"]))
            #expect(
                try Validator.problems([Array(pack.manifest.encode().dropLast())], schema: "\(schemas)/report-pack.v1.json") == [])
            // An answer without data too.
            for kind in ResearchKind.allCases {
                var request = ResearchRequest()
                request.asOfPosition = position
                let artifact = try await ResearchReader(service.ledger).artifact(
                    try kind.question(of: "NONE", on: nil), request, subject: "NONE", newYork: try service.ledger.newYork())
                #expect(
                    try Validator.problems([Array(artifact.bytes.dropLast())], schema: "\(schemas)/\(kind.rawValue).v1.json") == [],
                    "\(kind)")
            }
        }
    }

    // MARK: - Rules

    @Test func `rules of levels and of scenarios are chosen like those of an analysis, and pin what is read`() async throws {
        try await withResearch { service, position, _ in
            let moment = "as_of_position=\(position)&as_of=\(SampleResearch.now)"
            for (target, status, part) in [
                ("levels?symbol=MSTR&rules=levels@v1", 200, "analyses/levels/rules.v1.yaml"),
                ("levels?symbol=MSTR&rules=levels@v1/c1,bars@v1/c1", 200, "\"bars\""),
                ("levels?symbol=MSTR&rules=levels@v9", 400, "a version of levels that is installed: v1"),
                ("levels?symbol=MSTR&rules=levels@v1/c9", 409, "lacks the code of levels v1/c9"),
                ("levels?symbol=MSTR&rules=levels@v1,levels@v1", 400, "at most one of each of levels, bars"),
                ("levels?symbol=MSTR&rules=scenarios@v1", 400, "at most one of each of levels, bars"),
                ("scenarios?portfolio=IMST&rules=scenarios@v1/c1", 200, "analyses/scenarios/rules.v1.yaml"),
                ("exposure?underlying=MSTR&rules=levels@v1", 400, "at most one of each of exposure, option_chains"),
            ] {
                let answer = try await service.ask("/api/research/\(target)&\(moment)")
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == status && text.contains(part), "\(target): \(answer.status) \(text.prefix(300))")
            }
            // The rule file names the versions that are read, so that its own version is all that a reader has to name.
            for (rules, isPinned) in [("levels@v1/c1", true), ("levels@v1", false), ("bars@v1/c1", false)] {
                let answer = try await service.ask("/api/research/levels?symbol=MSTR&rules=\(rules)&\(moment)")
                #expect((answer.headers["cache-control"]?.contains("immutable") ?? false) == isPinned, "\(rules)")
            }
            let rules = try InstalledRules(Resources(root: projectRoot))
            for name in ["levels", "scenarios"] {
                let version = try VersionReference(parsing: "v1")
                #expect(try rules.diff(name, from: version, to: version).count == 0)
            }
            #expect(
                Set(service.ledger.analyses.usedFiles.map(\.path)).isSuperset(of: [
                    "analyses/levels/rules.v1.yaml", "analyses/scenarios/rules.v1.yaml",
                ]))
        }
    }

    // MARK: - The page

    @Test func `the page of research shows each document with its plots, and its JSON one click away`() async throws {
        try await withResearch { service, position, _ in
            let answer = try await service.ask("/research?as_of_position=\(position)&as_of=\(SampleResearch.now)")
            let page = String(decoding: answer.body, as: UTF8.self)
            #expect(answer.status == 200)
            for part in [
                "Research · MSTR", "At the money by days to expiry, vol points", "Gamma exposure by strike, USD a 1% move",
                "Average IV of calls by delta", "Volume by price on 2026-01-13", "Gain in 7 days", "Informational only, no advice",
                "href=\"/research?as_of_position=\(position)&amp;as_of=2026-01-13T21%3A30%3A00Z&amp;underlying=SPY\"",
                "zero gamma", "aria-current=\"page\">Research<",
            ] { #expect(page.contains(part), "\(part)") }
            for kind in ["iv-surface", "exposure", "levels", "scenarios"] {
                let link = try Regex("href=\"(/api/research/\(kind)\\?[^\"]*)\"")
                let target = try #require(page.firstMatch(of: link).flatMap { $0.output[1].substring }, "\(kind)")
                let document = try await service.ask(String(target).replacing("&amp;", with: "&"))
                #expect(document.status == 200, "\(target)")
                #expect(try document.json()["ledger"]?["position"]?.integer == position)
            }
            #expect(try await service.ask("/research?nothing=1").status == 400)
            // What had happened is no question of research; the page says so.
            let effective = try await service.ask("/research?effective_at=2026-01-12T00:00:00Z")
            #expect(effective.status == 200 && String(decoding: effective.body, as: UTF8.self).contains("does not apply to it"))
        }
    }

    @Test func `the page of research says what to do where nothing is recorded`() async throws {
        try await withService(projectors: false) { service in
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let empty = try await service.ask("/research")
            let text = String(decoding: empty.body, as: UTF8.self)
            #expect(empty.status == 200 && text.contains("No chain of options and no bar is recorded yet"))
            let unknown = try await service.ask("/research?underlying=NONE")
            let page = String(decoding: unknown.body, as: UTF8.self)
            #expect(
                unknown.status == 200 && page.contains("Research · NONE") && page.contains("No chain of options counts at this moment."))
            #expect(page.contains("no_chain") && page.contains("no_bars") && page.contains("No open contract on NONE"))
        }
    }
}
