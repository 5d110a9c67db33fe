import Foundation
import LedgerJSON
import TestSupport
import Testing

@Suite("Report packs on the command line") struct ReportPackCommandTests {
    private func json(_ ended: Program.Ended) throws -> JSONValue {
        #expect(ended.code == 0, "\(ended.errors)")
        return try JSONDocument(parsing: Array(ended.output.utf8)).root
    }

    @Test func `a pack is made, published once, and checked against the log`() async throws {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri])
                try Data(try SampleResearch.lines()).write(to: URL(fileURLWithPath: "\(directory)/research.ndjson"))
                #expect(try await program.run("db", "migrate").code == 0)
                let imported = try await program.run("observe", "import", "research.ndjson", "--strict", "--apply")
                #expect(imported.code == 0, "\(imported.errors)")

                // Nothing of one underlying, and no open contract: warnings, and exit code 0.
                let make = [
                    "research", "report-pack", "--underlyings", "MSTR,NONE", "--positions", "--as-of", SampleResearch.now,
                    "--as-of-position",
                ]
                let first = try await program.run("research", "report-pack", "--underlyings", "MSTR,NONE", "--out", "latest", "--json")
                let position = "\(try #require(try json(first)["position"]?.integer))"
                let pack = try json(try await program.run(make + [position, "--out", "pack", "--publish", "--by", "desk", "--json"]))
                #expect(pack["written"]?.bool == true && pack["published_position"]?.integer != nil)
                let warnings = pack["warnings"]?.elements.compactMap(\.string) ?? []
                #expect(
                    Set(warnings).isSuperset(of: [
                        "no_data:exposure/NONE", "no_data:iv-surface/NONE", "no_data:levels/NONE", "no_data:scenarios",
                    ]),
                    "\(warnings)")
                let again = try json(try await program.run(make + [position, "--out", "again", "--publish", "--by", "other", "--json"]))
                #expect(again["manifest_digest"]?.string == pack["manifest_digest"]?.string)
                #expect(again["published_position"]?.integer == pack["published_position"]?.integer)
                for file in ["manifest.json", "report.html", "report.md", "exposure/MSTR/2026-01-13.json"] {
                    let bytes = FileManager.default.contents(atPath: "\(directory)/pack/\(file)")
                    #expect(bytes != nil && bytes == FileManager.default.contents(atPath: "\(directory)/again/\(file)"), "\(file)")
                }
                let same = try await program.run(make + [position, "--out", "pack"])
                #expect(same.code == 0 && same.output.contains("holds the same pack already"), "\(same.output)")

                let sound = try await program.run("research", "report-pack", "--verify", "pack")
                #expect(sound.code == 0 && sound.output.contains("by desk"), "\(sound.errors)")
                let report = "\(directory)/pack/report.html"
                try Data((FileManager.default.contents(atPath: report) ?? Data()) + [0x20]).write(to: URL(fileURLWithPath: report))
                let altered = try await program.run("research", "report-pack", "--verify", "pack", "--json")
                #expect(altered.code == 1 && altered.output.contains("report.html differs"), "\(altered.output)")
                let other = try await program.run(make + [position, "--out", "pack"])
                #expect(other.code == 2 && other.errors.contains("not an empty directory"), "\(other.errors)")
                let none = try await program.run("research", "report-pack", "--verify", "nowhere")
                #expect(none.code == 1 && none.errors.contains("nowhere/manifest.json"), "\(none.errors)")
                for bad in [
                    ["--underlyings", "MSTR"], ["--underlyings", "MSTR", "--out", "x", "--publish"], ["--verify", "pack", "--out", "x"],
                    ["--underlyings", "A,,B", "--out", "x"], ["--underlyings", "A,A", "--out", "x"],
                ] {
                    let ended = try await program.run(["research", "report-pack"] + bad)
                    #expect(ended.code == 2, "\(bad): \(ended.code) \(ended.errors)")
                }
            }
        }
    }
}
