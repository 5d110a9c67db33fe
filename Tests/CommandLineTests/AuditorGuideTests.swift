import Foundation
import LedgerJSON
import LedgerValues
import TestSupport
import Testing

@Suite struct AuditorGuideTests {
    /// The commands of a guide, in order: its lines that start with `$ `.
    static func commands(_ path: String) throws -> [String] {
        try String(contentsOfFile: "\(projectRoot)/\(path)", encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) }
    }

    /// Runs commands as one script, as a reader would type them, with the program in the path.
    static func run(_ commands: [String], in directory: String) async throws -> Program.Ended {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["bash", "-c", (["set -eu"] + commands).joined(separator: "\n")]
        process.currentDirectoryURL = URL(filePath: directory)
        var environment = ProcessInfo.processInfo.environment
        for name in environment.keys where name.hasPrefix("ALPHA_") || name.hasPrefix("DATABASE_") { environment[name] = nil }
        let folder = URL(filePath: Program.path).deletingLastPathComponent().path
        environment["PATH"] = "\(folder):\(environment["PATH"] ?? "")"
        process.environment = environment
        let (output, errors) = (directory + "/.output", directory + "/.errors")
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        await Program.waitForExit(process)
        return Program.Ended(
            code: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    @Test func `every command of the auditor's guide runs, and its dispute ends in the figure of the screen`() async throws {
        try await withDirectory { directory in
            let commands = try Self.commands("docs/auditor.md")
            #expect(commands.count >= 10)
            let ended = try await Self.run(commands, in: directory)
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(ended.output.contains("\"pnl_after_fees_usd\":71534.4,") && ended.output.contains("\"pnl_after_fees_usd\":\"71534.4\""))
            #expect(ended.output.contains("signature  trusted") && ended.errors.contains("signature_untrusted"))
            #expect(ended.output.contains("\"source_trade_id\":\"ICOI-000008\""))

            let program = Program(directory: directory)
            // An altered bundle ends with 1 and names line and position, also as JSON.
            let events = directory + "/bundle/events.ndjson"
            let text = try String(contentsOfFile: events, encoding: .utf8)
            try text.replacing("\"price\":\"30.15\"", with: "\"price\":\"30.16\"").write(toFile: events, atomically: true, encoding: .utf8)
            let key = try await program.run("audit", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
            let at = activations + 8
            let altered = try await program.run("audit", "verify-bundle", "bundle", "--key", key, "--json")
            #expect(altered.code == 1 && altered.errors.contains("bad_event: events.ndjson:\(at): position \(at): "), "\(altered.errors)")
            let report = try JSONDocument(parsing: Array(altered.output.utf8)).root
            #expect(report["verified"]?.bool == false && report["signature"]?.string == "trusted")
            #expect(report["faults"]?.elements.map { $0["position"]?.integer }.first == at)
            for (arguments, code, part) in [
                (["audit", "export", "--out", "bundle"], 2, "not an empty directory"),
                (["audit", "export", "--out", "no/where"], 1, "can't be made"),
                (["audit", "verify-bundle", "nowhere", "--key", key], 1, "can't be read"),
                (["audit", "verify-bundle", "bundle", "--key", "x"], 2, "--key"),
                (["audit", "prove", "row", "trades", "alpha_sync", "ICOI-000008", "x"], 2, "source, source_trade_id"),
                (["audit", "prove", "row", "trades", "alpha_sync", "none"], 1, "no row"),
                (["audit", "prove", "row", "nothing", "x"], 2, "expected one of trades"),
            ] as [([String], Int32, String)] {
                let ended = try await program.run(arguments)
                #expect(ended.code == code && ended.errors.contains(part), "\(arguments): \(ended.errors)")
            }
            try await Self.expectConcurrentSigners(program, key)
        }
    }

    /// Programs that sign, prove and export at the same moment in the directory of a demo.
    private static func expectConcurrentSigners(_ program: Program, _ key: String) async throws {
        func signedHeads() async throws -> Int64 {
            let verified = try await program.run("audit", "verify", "--json")
            #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
            return try JSONDocument(parsing: Array(verified.output.utf8)).root["signed_checkpoints"]?.integer ?? -1
        }
        let before = try await signedHeads()
        let ended = try await withThrowingTaskGroup(of: Program.Ended.self) { group in
            for number in 0..<3 {
                group.addTask { try await program.run("audit", "checkpoint") }
                group.addTask {
                    try await program.run(
                        "audit", "prove", "row", "trades", "alpha_sync", "ICOI-000008", "--as-of-position", "\(3000 + number)")
                }
                group.addTask { try await program.run("audit", "export", "--as-of-position", "900", "--out", "raced") }
            }
            var all: [Program.Ended] = []
            for try await one in group { all.append(one) }
            return all
        }
        // Of the exports that race for one name, one gets it, whole.
        #expect(ended.filter { $0.code != 0 }.map(\.code) == [2, 2], "\(ended.map(\.errors))")
        // The head was signed already; three rows and a bundle are new.
        #expect(try await signedHeads() == before + 4)
        #expect(try await program.run("audit", "verify-bundle", "raced", "--key", key).code == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: program.directory)
        #expect(!left.contains { $0.hasPrefix("raced.") })
    }
}
