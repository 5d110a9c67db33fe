import Foundation
import TestSupport
import Testing

/// The drill of docs/operator.md, run by a shell in its order.
@Suite struct OperatorGuideTests {
    @Test(.timeLimit(.minutes(10))) func `the drill of backups runs, and an old copy says what it lacks`() async throws {
        try await withDirectory { directory in
            let commands = try AuditorGuideTests.commands("docs/operator.md")
            #expect(commands.count >= 13)
            try #"{"kind":"spot","currency":"BTC","timestamp":"2026-01-05T00:00:00Z","price":90000}"#
                .write(toFile: directory + "/late.ndjson", atomically: true, encoding: .utf8)
            let ended = try await AuditorGuideTests.run(commands, in: directory)
            #expect(ended.code == 0, "\(ended.output.suffix(2000))\n\(ended.errors.suffix(2000))")
            #expect(ended.errors.contains("warning: the copy lacks the events \(activations + 1) to \(activations + 1)"), "\(ended.errors)")
            #expect(ended.errors.contains("fork_detected: signed was"))
            #expect(ended.output.components(separatedBy: "\nverified\n").count == 4, "\(ended.output)")

            let program = Program(directory: directory)
            for (arguments, code, part) in [
                (["backup", "create", "--out", "backup-monday"], 2, "not an empty directory"),
                (["backup", "create", "--out", "no/where"], 1, "can't be made"),
                (["backup", "verify", "keys"], 1, "has no manifest.json"),
                (["backup", "verify", "nowhere"], 1, "can't be read"),
                (["backup", "verify", "backup-monday", "--key", "x"], 2, "--key"),
                (["backup", "restore", "backup-monday", "--into", "restored"], 2, "not an empty directory"),
                (["backup", "restore", "keys", "--into", "new"], 1, "has no manifest.json"),
            ] as [([String], Int32, String)] {
                let ended = try await program.run(arguments)
                #expect(ended.code == code && ended.errors.contains(part), "\(arguments): \(ended.errors)")
            }
        }
    }

    /// The text of all Swift files below a folder.
    private func sources(_ folder: String) throws -> String {
        let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        return try files.filter { $0.hasSuffix(".swift") }.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }.joined()
    }

    /// What the table quotes because somebody types it.
    private static let typed = ["db status", "projection list", "audit verify", "view", "view sync-state", "/readyz"]

    @Test func `what the table of incidents quotes is what the program says`() throws {
        let guide = try #require(projectText("docs/operator.md"))
        let table = try #require(guide.split(separator: "## When something is wrong").last)
        let sources = try sources(projectRoot + "/Sources")
        var count = 0
        for line in table.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|")
            try #require(cells.count == 3, "\(line)")
            // Commands and paths are quoted as well.
            for match in cells[1].matches(of: #/`([^`]+)`/#) where !Self.typed.contains("\(match.1)") {
                count += 1
                #expect(sources.contains(match.1), "\(match.1)")
            }
        }
        #expect(count >= 15)
    }
}
