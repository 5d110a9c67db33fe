import Foundation
import LedgerJSON
import LedgerValues
import TestSupport
import Testing

@Suite struct StepCommandTests {
    @Test func `a row is walked step by step, as text and as JSON, under one version and under two`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let home = try projectWithSecondAlignment()
                defer { try? FileManager.default.removeItem(atPath: home) }
                let program = Program(directory: directory, environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_HOME": home])
                #expect(try await program.run("db", "migrate").code == 0)
                #expect(try await program.run("view", "trades").code == 0)
                let ledger = try LedgerDatabase(uri: uri)
                let row = try sampleRow("T1")
                let corrected = try sampleRow("T1", updatedAt: 60, quantity: 12)
                try await ledger.log.append([recorded(row), updated(corrected, from: row, previous: 1)], runID: UniqueID(high: 8, low: 8))
                await ledger.close()

                let text = try await program.run("projection", "step", "trades", "T1")
                #expect(text.code == 0, "\(text.errors)")
                for part in [
                    "trades alpha_sync|T1: 2 events under v1/c1", "step 1 of 2: event ", "AlphaExecutionRecorded", "added",
                    "step 2 of 2: event ", "AlphaExecutionUpdated", "changed", "quantity", "unchanged fields",
                ] { #expect(text.output.contains(part), "\(part): \(text.output)") }
                let json = try await program.run("projection", "step", "trades", "T1", "--json", "--limit", "1")
                let root = try JSONDocument(parsing: Array(json.output.utf8)).root
                #expect(root["count"]?.integer == 2 && root["steps"]?.count == 1)
                let next = try #require(root["next_from"]?.integer)
                let later = try await program.run("projection", "step", "trades", "T1", "--from", "\(next)")
                #expect(later.output.contains("step 2 of 2") && !later.output.contains("step 1 of 2"))
                // The correction moved the quantity, which no version of alignment looks at.
                let two = try await program.run("projection", "step", "alignment", "T1", "--rules", "v1", "--against", "v2")
                #expect(two.code == 0 && two.output.contains("the two never differ"), "\(two.output)\(two.errors)")
                #expect(two.output.contains("2 events under v1/c1 and v2/c1"))
            }
        }
    }

    @Test func `what can't be walked exits with 2 or 1 and names what was expected`() async throws {
        try await withDirectory { directory in
            let program = Program(directory: directory)
            for (arguments, code, part) in [
                (["trades"], 2, "key"),
                (["nothing", "T1"], 2, "view: expected one of trades, lifecycles, context"),
                (["trades", "T1", "--rules", "context@v1"], 2, "--rules: expected rules of this view's projection trades"),
                (["trades", "T1", "--against", "v9"], 2, "--against: expected a version of trades"),
                (["trades", "T1", "--limit", "101"], 2, "--limit: expected 1 to 100"),
                (["trades", "T1", "--from", "first"], 2, "--from"),
                (["trades", "T1"], 1, "trades has no row alpha_sync|T1 as of position"),
            ] as [([String], Int32, String)] {
                let ended = try await program.run(["projection", "step"] + arguments)
                #expect(ended.code == code && ended.errors.contains(part), "\(arguments): \(ended.errors)")
            }
        }
    }

    @Test func `what rules say differently needs no database, and what is not installed is named`() async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await withDirectory { directory in
            let program = Program(directory: directory, environment: ["ALPHA_LEDGER_HOME": home])
            let text = try await program.run("rules", "diff", "alignment", "v1", "v2")
            #expect(
                text.output == """
                    alignment v1 → v2: 2 values differ

                    alignment/rules.v1.yaml → alignment/rules.v2.yaml
                      labels.from.0.score: 70 → 60
                      labels.from.1.score: 58 → 48

                    """, "\(text.errors)")
            let json = try await program.run("rules", "diff", "alignment", "alignment@v1", "v2", "--json")
            #expect(try JSONDocument(parsing: Array(json.output.utf8)).root["count"]?.integer == 2)
            #expect(try await program.run("rules", "diff", "stationarity", "v1", "v1").output == "stationarity v1 → v1: 0 values differ\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
            for (arguments, part) in [
                (["alignment", "v1", "v9"], "expected one of v1, v2"), (["alignment", "v1", "two"], "expected v<rules>"),
                (["nothing", "v1", "v2"], "expected alerts, alignment"),
                (["alignment", "v1", "trades@v1"], "expected one of alignment"),
            ] {
                let ended = try await program.run(["rules", "diff"] + arguments)
                #expect(ended.code == 2 && ended.errors.contains(part), "\(arguments): \(ended.errors)")
            }
            // A file that can't be used is named with its line.
            let path = "\(home)/projections/alignment/rules.v2.yaml"
            try String(contentsOfFile: path, encoding: .utf8).replacing("score: 60", with: "score: many")
                .write(toFile: path, atomically: true, encoding: .utf8)
            let broken = try await program.run("rules", "diff", "alignment", "v1", "v2")
            #expect(broken.code == 2 && broken.errors.contains("projections/alignment/rules.v2.yaml:"), "\(broken.errors)")
        }
    }
}
