import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

/// Versions whose rule files other served projections read: with them, or without.
@Suite struct DependentVersionTests {
    private let one = VersionReference(version: "v1")
    private let two = VersionReference(version: "v2")

    /// A ledger with forty trades of the sample scope, and second versions of rules beside the first: of `alignment`, with
    /// other labels, and of each named projection the first one's reading the second of all that is there.
    private func withRules(
        of names: [String], rebuilt: [String], _ body: (Ledger) async throws -> Void
    ) async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        for name in names {
            let folder = "\(home)/projections/\(name)"
            var text = try String(contentsOfFile: "\(folder)/rules.v1.yaml", encoding: .utf8).replacing(
                "version: 1\n", with: "version: 2\n")
            for used in names + ["alignment"] { text = text.replacing("\(used)/rules.v1.yaml", with: "\(used)/rules.v2.yaml") }
            if name == "alignment" { text = text.replacing("score: 70", with: "score: 60") }
            try text.write(toFile: "\(folder)/rules.v2.yaml", atomically: true, encoding: .utf8)
        }
        try await withDatabase { uri in
            let settings = try Settings(environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_DATA_DIR": home], file: nil)
            let ledger = try await Ledger.open(settings, Resources(root: home), migration: .always)
            let result: Result<Void, any Error>
            do {
                try await ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
                try await ledger.bringUpToDate(ledger.registry.names)
                _ = try await ledger.rebuild(rebuilt.map { (name: $0, version: two) })
                result = .success(try await body(ledger))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    private func served(_ ledger: Ledger, _ names: [String]) async throws -> [String] {
        try await ledger.pool.run { session in
            try names.map { "\($0) \(try ledger.catalog.served($0, session)?.version ?? "none")" }
        }
    }

    /// Trade id → label, in the current rows of what is served.
    private func labels(_ name: String, _ ledger: Ledger) async throws -> [String: Set<String>] {
        try await ledger.pool.run { session in
            let rows = try session.execute("SELECT source_trade_id, alignment_label FROM projection.\(name)")
            return Dictionary(try rows.map { (try $0.text(0), Set([try $0.text(1)])) }) { $0.union($1) }
        }
    }

    @Test func `a version promoted alone names what keeps the old rules`() async throws {
        try await withRules(of: ["outcomes"], rebuilt: ["alignment"]) { ledger in
            let diff = try await ledger.diff("alignment", from: one, to: two)
            let left = try await ledger.dependents(leftBy: diff)
            let promotion = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
            #expect(promotion.left == left && promotion.dependents.isEmpty)
            #expect(left.map(\.projection) == ["outcomes"] && left.map(\.reference.version) == ["v1"])
            #expect(left.first?.files.map(\.old) == ["alignment/rules.v1.yaml"])
            #expect(left.first?.files.map(\.new) == ["alignment/rules.v2.yaml"])
            let node = try JSONDocument(parsing: promotion.node.httpBytes()).root
            #expect(node["dependents_left"]?.elements.compactMap { $0["projection"]?.string } == ["outcomes"])
            #expect(node["dependents"]?.count == 0)
            #expect("\(left[0])".contains("outcomes v1/c"))
            // What the warning is about: two answers to one question.
            let (read, shown) = (try await labels("outcomes", ledger), try await labels("alignment", ledger))
            #expect(read != shown)
            // Back again it reads what is served.
            #expect(try await ledger.rollback("alignment").left == [])
        }
    }

    @Test func `what a version of a dependent lacks is said`() async throws {
        func problem(_ ledger: Ledger) async -> String {
            do {
                _ = try await ledger.diffWithDependents("alignment", from: one, to: two)
                return "nothing"
            } catch {
                guard case VersionError.dependentsMissing = error else { return "another error: \(error)" }
                return "\(error)"
            }
        }
        try await withRules(of: [], rebuilt: ["alignment"]) { (ledger: Ledger) async throws -> Void in
            let text = await problem(ledger)
            for part in [
                "alignment/rules.v1.yaml", "reads alignment/rules.v2.yaml", "write projections/outcomes/rules.v2.yaml",
                "rebuild outcomes --rules v2`",
            ] {
                #expect(text.contains(part), "\(text)")
            }
            let digest = String(repeating: "0", count: 64)
            await #expect(throws: VersionError.self) {
                try await ledger.promote("alignment", two, position: 5, digest: digest, withDependents: true)
            }
            #expect(try await served(ledger, ["alignment"]) == ["alignment v1"])
        }
        try await withRules(of: ["outcomes"], rebuilt: ["alignment"]) { ledger in
            let text = await problem(ledger)
            #expect(text.contains("its v2") && text.contains("is not built") && text.contains("rebuild outcomes --rules v2`"), "\(text)")
            await #expect(throws: VersionError.notServed("alignment v2/c1")) {
                try await ledger.diffWithDependents("alignment", from: two, to: one)
            }
        }
    }

    @Test func `dependents are compared promoted and rolled back together`() async throws {
        try await withRules(of: ["outcomes"], rebuilt: ["alignment", "outcomes"]) { ledger in
            let both = ["alignment", "outcomes"]
            let group = try await ledger.diffWithDependents("alignment", from: one, to: two)
            #expect(group.diffs.map(\.from.name) == both && group.diffs.allSatisfy { $0.position == group.position && $0.changedRows > 0 })
            for diff in group.diffs {
                let alone = try await ledger.diff(diff.from.name, from: one, to: two, position: group.position)
                #expect(alone.digest == diff.digest && alone.json() == diff.json())
            }
            // As docs/engineer.md says it.
            let text =
                #"{"diffs":[{"digest":"\#(group.diffs[0].digest)","projection":"alignment"},{"digest":"\#(group.diffs[1].digest)","projection":"outcomes"}],"position":\#(group.position)}"#
            #expect(group.digest == "\(Digest32(sha256Of: Array(text.utf8)))")
            // Asked for from its other end it is the same.
            let other = try await ledger.diffWithDependents("outcomes", from: one, to: two)
            #expect(other.digest == group.digest && other.diffs.map(\.from.name) == both.reversed())
            let root = try JSONDocument(parsing: group.json()).root
            #expect(root["digest"]?.string == group.digest && root["diffs"]?.count == 2)

            // A digest of one of them is not that of both, nor the other way round.
            for (digest, withDependents) in [(group.diffs[0].digest, true), (group.digest, false)] {
                await #expect(throws: VersionError.self) {
                    try await ledger.promote("alignment", two, position: group.position, digest: digest, withDependents: withDependents)
                }
            }
            #expect(try await served(ledger, both) == ["alignment v1", "outcomes v1"])

            let promotion = try await ledger.promote(
                "alignment", two, position: group.position, digest: group.digest, withDependents: true)
            #expect(try await served(ledger, both) == ["alignment v2", "outcomes v2"])
            #expect(promotion.left == [] && promotion.dependents.map(\.promoted.name) == ["outcomes"])
            let positions = [promotion.event] + promotion.dependents.map(\.event)
            let events = try await ledger.pool.run { session in try positions.compactMap { try LogReader().event(at: $0, session) } }
            #expect(Set(events.map(\.runID)).count == 1 && positions[1] == positions[0] + 1)
            for (event, diff) in zip(events, group.diffs) {
                let payload = try JSONDocument(parsing: event.payload).root
                #expect(payload["projection"]?.string == diff.from.name && payload["diff_digest"]?.string == diff.digest)
                #expect(payload["old_version"]?.string == "v1" && payload["new_version"]?.string == "v2")
            }
            let expected = try await labels("alignment", ledger)
            #expect(try await labels("outcomes", ledger) == expected)

            let back = try await ledger.rollback("alignment", withDependents: true)
            #expect(back.dependents.map(\.promoted.label) == ["outcomes v1"] && back.left == [])
            #expect(try await served(ledger, both) == ["alignment v1", "outcomes v1"])
            let (read, shown) = (try await labels("outcomes", ledger), try await labels("alignment", ledger))
            #expect(read == shown && shown != expected)
            // There again, and back alone.
            _ = try await ledger.rollback("outcomes", withDependents: true)
            #expect(try await served(ledger, both) == ["alignment v2", "outcomes v2"])
            let alone = try await ledger.rollback("alignment")
            #expect(alone.left.map(\.projection) == ["outcomes"] && alone.left.map(\.reference.version) == ["v2"])
        }
    }

    @Test func `what moved since the diff is refused and nothing is served`() async throws {
        try await withRules(of: ["outcomes"], rebuilt: ["alignment", "outcomes"]) { ledger in
            let group = try await ledger.diffWithDependents("alignment", from: one, to: two)
            let diff = group.diffs[1]
            _ = try await ledger.promote("outcomes", two, position: diff.position, digest: diff.digest)
            await #expect(throws: VersionError.self) {
                try await ledger.promote("alignment", two, position: group.position, digest: group.digest, withDependents: true)
            }
            #expect(try await served(ledger, ["alignment", "outcomes"]) == ["alignment v1", "outcomes v2"])
            // Of four at a time one comes first.
            _ = try await ledger.rollback("outcomes")
            let outcomes = await withTaskGroup(of: Bool.self) { tasks in
                for name in ["alignment", "outcomes", "alignment", "outcomes"] {
                    tasks.addTask {
                        (try? await ledger.promote(name, two, position: group.position, digest: group.digest, withDependents: true)) != nil
                    }
                }
                return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
            #expect(try await served(ledger, ["alignment", "outcomes"]) == ["alignment v2", "outcomes v2"])
        }
    }

    /// Everything reads the trade book's rules, and outcomes alignment's too, which change with them.
    @Test func `dependents of dependents are served along`() async throws {
        let names = ["trades", "alignment", "assertions", "context", "execution_quality", "lifecycles", "outcomes"]
        try await withRules(of: names, rebuilt: names) { ledger in
            let group = try await ledger.diffWithDependents("trades", from: one, to: two)
            #expect(group.diffs.map(\.from.name) == names)
            let promotion = try await ledger.promote("trades", two, position: group.position, digest: group.digest, withDependents: true)
            #expect([promotion.promoted.name] + promotion.dependents.map(\.promoted.name) == names && promotion.left == [])
            #expect(try await served(ledger, names + ["sync_state"]) == names.map { "\($0) v2" } + ["sync_state v1"])
            _ = try await ledger.rollback("lifecycles", withDependents: true)
            #expect(try await served(ledger, names) == names.map { "\($0) v1" })

            _ = try await ledger.drop("lifecycles", two, includingPrevious: true)
            await #expect {
                try await ledger.diffWithDependents("alignment", from: one, to: two)
            } throws: { error in
                guard case VersionError.dependentsMissing(let problems) = error else { return false }
                return problems.count == 1 && problems[0].hasPrefix("lifecycles v1/c")
            }
        }
    }
}

extension ProjectionVersion {
    /// `outcomes v1`
    fileprivate var label: String { "\(name) \(version)" }
}
