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

/// A second version of the alignment rules beside the first: compared, promoted, rolled back to and dropped.
@Suite struct VersionTests {
    /// A ledger of its own with forty trades of the sample scope, and `alignment` v2 built beside v1: its labels start
    /// ten points lower.
    private func withVersions(_ body: (Ledger, VersionReference, VersionReference) async throws -> Void) async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await withDatabase { uri in
            let settings = try Settings(environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_DATA_DIR": home], file: nil)
            let ledger = try await Ledger.open(settings, Resources(root: home), migration: .always)
            let result: Result<Void, any Error>
            do {
                try await ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
                try await ledger.bringUpToDate(ledger.registry.names)
                _ = try await ledger.rebuild([(name: "alignment", version: VersionReference(version: "v2"))])
                result = .success(
                    try await body(
                        ledger, VersionReference(version: "v1", codeVersion: nil), VersionReference(version: "v2", codeVersion: nil)))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    @Test func `the diff is what a comparison of all rows says`() async throws {
        try await withVersions { ledger, one, two in
            let changes = Collected()
            let diff = try await ledger.diff("alignment", from: one, to: two, sampleSize: 3) { changes.add($0) }
            let head = try await ledger.pool.run { session in try LogReader().head(session).position }
            #expect(diff.position == head)
            // The same, worked out from the two versions' rows one by one.
            let (old, new) = (try await labels(ledger, one), try await labels(ledger, two))
            #expect(old.count > 30 && Set(old.keys) == Set(new.keys))
            let moved = old.filter { new[$0.key] != $0.value }
            #expect(moved.count > 3, "the rules must make a difference for this to say anything")
            #expect(diff.changedRows == Int64(moved.count))
            #expect(changes.all.count == moved.count && diff.sample.count == 3)
            #expect(changes.all.allSatisfy { $0.kind == .changed && $0.fields.map(\.column.name) == ["alignment_label"] })
            var counts: [String: Int64] = [:]
            for (key, label) in moved { counts["\(label)>\(new[key] ?? "")", default: 0] += 1 }
            let root = try JSONDocument(parsing: diff.json()).root
            var said: [String: Int64] = [:]
            for move in root["moved"]?.elements.map({ $0 }) ?? [] {
                #expect(move["field"]?.string == "alignment_label")
                said["\(move["from"]?.string ?? "")>\(move["to"]?.string ?? "")"] = move["count"]?.integer
            }
            #expect(said == counts)
            #expect(root["rows"]?["changed"]?.integer == Int64(moved.count))
            #expect(root["rows"]?["unchanged"]?.integer == Int64(old.count - moved.count))
            #expect(root["digest"]?.string == diff.digest)
            // A program that asks for another sample comes to the same digest.
            #expect(try await ledger.diff("alignment", from: one, to: two, position: diff.position).digest == diff.digest)
            #expect(try await ledger.diff("alignment", from: two, to: one).digest != diff.digest)
            #expect(try await ledger.diff("alignment", from: one, to: one).changedRows == 0)
        }
    }

    @Test func `changed rows are explained under both versions`() async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("alignment", from: one, to: two, sampleSize: 5)
            let explained = try await ledger.explain(diff, rows: 4)
            let root = try JSONDocument(parsing: diff.json(explained: explained)).root
            let shown = root["explanations"]?.elements.map { $0 } ?? []
            #expect(explained.count == 4 && shown.count == 4)
            for (change, entry) in zip(diff.sample, shown) {
                #expect(entry["field"]?.string == "alignment_label")
                #expect(entry["key"]?.elements.map { $0.string } == change.key.map { $0.value.string })
                let field = try #require(change.fields.first)
                for (side, value, version) in [("from", field.from, 1), ("to", field.to, 2)] as [(String, JSONValue?, Int64)] {
                    let figure = try #require(entry[side])
                    #expect(figure["value"]?.string == value?.string)
                    #expect(figure["mismatches"]?.elements.map { $0 }.isEmpty == true)
                    #expect(figure["ledger"]?["position"]?.integer == diff.position)
                    #expect(figure["ledger"]?["rules"]?["alignment/rules.v\(version).yaml"]?.integer == version)
                }
            }
            // Nothing that is explained changes what a promotion names.
            #expect(root["digest"]?.string == diff.digest)
            #expect(try JSONDocument(parsing: diff.json()).root["explanations"] == nil)
        }
    }

    @Test func `the first difference is found by trying every position`() async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("alignment", from: one, to: two)
            var first: Int64?
            for position in 0...diff.position where first == nil {
                if try await ledger.diff("alignment", from: one, to: two, position: position).changedRows > 0 { first = position }
            }
            #expect(first != nil)
            #expect(diff.firstDifference?.position == first)
            let before = try await ledger.diff("alignment", from: one, to: two, position: try #require(first) - 1)
            #expect(before.firstDifference == nil && before.changedRows == 0)
        }
    }

    @Test func `a promotion serves what its diff said and a rollback goes back`() async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("alignment", from: one, to: two)
            let wrong = String(repeating: "0", count: 64)
            await #expect(throws: VersionError.self) {
                try await ledger.promote("alignment", two, position: diff.position, digest: wrong)
            }
            #expect(try await served(ledger) == "v1")
            let page = try await ViewReader(ledger).page(.alignment, ViewRequest())

            let promotion = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
            #expect(try await served(ledger) == "v2")
            let event = try await ledger.pool.run { session in try LogReader().event(at: promotion.event, session) }
            let payload = try JSONDocument(parsing: try #require(event).payload).root
            #expect(event?.type == "ProjectionPromoted")
            #expect(payload["old_version"]?.string == "v1" && payload["new_version"]?.string == "v2")
            #expect(payload["diff_digest"]?.string == diff.digest)
            try await ledger.bringUpToDate(["alignment"])
            let after = try await ViewReader(ledger).page(.alignment, ViewRequest())
            #expect(after.rows != page.rows && after.version.version == "v2")
            let expected = try await labels(ledger, two)
            for row in after.rows {
                let root = try JSONDocument(parsing: row).root
                #expect(expected[root["source_trade_id"]?.string ?? ""] == root["alignment_label"]?.string)
            }
            // What psql sees went along.
            let seen = try await ledger.pool.run { session in
                try session.execute("SELECT source_trade_id, alignment_label FROM projection.alignment").map {
                    (try $0.text(0), try $0.text(1))
                }
            }
            #expect(Dictionary(uniqueKeysWithValues: seen) == expected)

            await #expect(throws: VersionError.alreadyServed("alignment v2/c1")) {
                try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
            }
            let back = try await ledger.rollback("alignment")
            #expect(back.promoted.version == "v1" && back.replaced.version == "v2")
            try await ledger.bringUpToDate(["alignment"])
            #expect(try await ViewReader(ledger).page(.alignment, ViewRequest()).rows == page.rows)
            // There and back again.
            #expect(try await ledger.rollback("alignment").promoted.version == "v2")
        }
    }

    @Test func `a promotion that came second is refused and changes nothing`() async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("alignment", from: one, to: two)
            let outcomes = await withTaskGroup(of: Bool.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        (try? await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)) != nil
                    }
                }
                return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
            let events = try await ledger.pool.run { session in
                try LogReader().stream("projection-alignment", limit: 100, session).count
            }
            #expect(events == 2)
        }
    }

    /// Somebody's query over the view goes on: the promotion is done, the view follows, and what was granted on it stays.
    @Test(.timeLimit(.minutes(2))) func `a promotion waits for no reader of the view which follows`() async throws {
        try await withVersions { ledger, one, two in
            try await ledger.pool.run { session in
                try session.executeScript(
                    """
                    GRANT SELECT ON projection.alignment TO PUBLIC;
                    CREATE VIEW projection.mine AS SELECT source_trade_id, alignment_label FROM projection.alignment;
                    """)
            }
            func seen() async throws -> [String: String] {
                let rows = try await ledger.pool.run { session in
                    try session.execute("SELECT source_trade_id, alignment_label FROM projection.mine").map {
                        (try $0.text(0), try $0.text(1))
                    }
                }
                return Dictionary(uniqueKeysWithValues: rows)
            }
            func granted() async throws -> [String] {
                try await ledger.pool.run { session in
                    try session.execute("SELECT oid || relacl::text FROM pg_class WHERE relname = 'alignment'").map { try $0.text(0) }
                }
            }
            let (old, new, before) = (try await labels(ledger, one), try await labels(ledger, two), try await granted())
            #expect(old != new)
            func read() async throws -> OpenTransaction {
                try await OpenTransaction(ledger.serviceConfiguration, "SELECT count(*) FROM projection.mine")
            }
            let upkeep = VersionUpkeep(ledger.registry.definitions)
            var reader = try await read()
            let diff = try await ledger.diff("alignment", from: one, to: two)
            _ = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
            #expect(try await served(ledger) == "v2")
            #expect(try await seen() == old)
            try await reader.end()
            #expect(try await upkeep.run(ledger.pool, patience: .seconds(30)) == [])
            #expect(try await seen() == new)

            reader = try await read()
            _ = try await ledger.rollback("alignment")
            #expect(try await served(ledger) == "v1")
            try await reader.end()
            #expect(try await upkeep.run(ledger.pool, patience: .seconds(30)) == [])
            #expect(try await seen() == old)
            #expect(try await granted() == before)
        }
    }

    /// A rebuild that makes indexes holds the version's row for as long as that takes.
    @Test(.timeLimit(.minutes(2))) func `a promotion that somebody is in the way of keeps nobody from appending`() async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("alignment", from: one, to: two)
            let other = try await OpenTransaction(
                ledger.serviceConfiguration,
                "SELECT FROM ledger.projection_versions WHERE name = 'alignment' AND version = 'v2' FOR UPDATE")
            let refused = Task {
                do {
                    _ = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
                    return nil as VersionError?
                } catch {
                    return error as? VersionError
                }
            }
            let appender = try LedgerDatabase(uri: ledger.serviceConfiguration.uri)
            for id in 1...20 {
                try await appender.log.append([recorded(try sampleRow("N\(id)"))], runID: UniqueID(high: 2, low: 2))
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(await refused.value == .busy("alignment v2/c1"))
            await appender.close()
            #expect(try await served(ledger) == "v1")
            try await other.end()
            _ = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
        }
    }

    @Test func `a dropped version leaves no trace and the served one stays`() async throws {
        try await withVersions { ledger, one, two in
            await #expect(throws: LedgerError.self) { try await ledger.drop("alignment", one) }
            _ = try await ledger.drop("alignment", two)
            await #expect(throws: LedgerError.self) { try await ledger.diff("alignment", from: one, to: two) }
            let tables = try await ledger.pool.run { session in
                try session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'projection' AND tablename LIKE 'alignment_v2%'")
                    .rowCount
            }
            #expect(tables == 0)
            await #expect(throws: VersionError.nothingToRollBack(projection: "alignment")) {
                try await ledger.rollback("alignment")
            }
            await #expect(throws: VersionError.unknownProjection("alignmnt", known: ledger.registry.names)) {
                try await ledger.diff("alignmnt", from: one, to: two)
            }
        }
    }

    @Test func `lists that were begun before a promotion go on in their version`() async throws {
        try await withVersions { ledger, one, two in
            let reader = ViewReader(ledger)
            var whole = ViewRequest()
            whole.limit = 1000
            let expected = try await reader.page(.alignment, whole).rows
            var ask = ViewRequest()
            ask.limit = 7
            var rows: [[UInt8]] = []
            let diff = try await ledger.diff("alignment", from: one, to: two)
            while true {
                let page = try await reader.page(.alignment, ask)
                rows += page.rows
                if rows.count == 14 {
                    _ = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
                }
                guard let cursor = page.nextCursor else { break }
                ask.cursor = cursor
            }
            #expect(rows == expected)
        }
    }

    @Test(arguments: [
        ("any", true), ("rows>0", true), ("rows>1000", false), ("rows>1%", true), ("rows>100%", false),
    ])
    func aThresholdFailsBeyondItself(text: String, fails: Bool) async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("alignment", from: one, to: two)
            #expect(try DiffThreshold(parsing: text).fault(of: diff) != nil || !fails)
            #expect(try DiffThreshold(parsing: text).fault(of: diff) == nil || fails)
        }
    }

    @Test func `a broken assertion fails a diff and a promotion that asked for none, whatever the diff says`() async throws {
        try await withVersions { ledger, one, two in
            let thresholds = [try DiffThreshold(parsing: "assertions")]
            let before = try await ledger.diff("alignment", from: one, to: two)
            #expect(try await DiffThreshold.faults(of: before, thresholds, ledger) == [])
            try await ledger.log.append(try sampleAssertions(), runID: UniqueID(high: 2, low: 2))
            try await ledger.bringUpToDate(ledger.registry.names)
            // As of the diff's position nothing was stated yet.
            #expect(try await DiffThreshold.faults(of: before, thresholds, ledger) == [])
            // No service keeps the candidate up to date here.
            _ = try await ledger.drop("alignment", two)
            _ = try await ledger.rebuild([(name: "alignment", version: two)])
            let diff = try await ledger.diff("alignment", from: one, to: two)
            let faults = try await DiffThreshold.faults(of: diff, thresholds, ledger)
            let broken = try await ledger.brokenAssertions()
            #expect(broken > 1 && faults == ["assertions: \(broken) assertions are broken at position \(diff.position)"])
            await #expect(throws: VersionError.assertionsBroken(broken, position: diff.position)) {
                try await ledger.promote(
                    "alignment", two, position: diff.position, digest: diff.digest, requiresAssertions: true)
            }
            #expect(try await served(ledger) == "v1")
            _ = try await ledger.promote("alignment", two, position: diff.position, digest: diff.digest)
        }
    }

    @Test(arguments: ["", "some", "rows", "rows>", "rows>-1", "rows>many", ">3", "pnl_usd>3%"])
    func aThresholdThatSaysNothingIsRefused(text: String) {
        #expect(throws: DiffThresholdError.malformed(text)) { try DiffThreshold(parsing: text) }
    }

    @Test func `a threshold on a sum compares what is declared money, and names the sums instead of another field`() async throws {
        try await withVersions { ledger, one, two in
            let diff = try await ledger.diff("trades", from: one, to: one)
            #expect(try DiffThreshold(parsing: "premium_usd>0").fault(of: diff) == nil)
            for field in ["price", "trade_status", "premium"] {
                let threshold = try DiffThreshold(parsing: "\(field)>0")
                let error = #expect(throws: DiffThresholdError.self) { try threshold.fault(of: diff) }
                #expect(error?.description == "expected one of the sums entry_premium_usd, fees_usd, premium_usd, found `\(field)`")
            }
            let labels = try await ledger.diff("alignment", from: one, to: two)
            let threshold = try DiffThreshold(parsing: "premium_usd>0")
            let error = #expect(throws: DiffThresholdError.self) { try threshold.fault(of: labels) }
            #expect(
                error?.description == "expected any, rows>NUMBER or rows>NUMBER%, because alignment has no sums, found `premium_usd`")
        }
    }

    private func served(_ ledger: Ledger) async throws -> String? {
        try await ledger.pool.run { session in try ledger.catalog.served("alignment", session)?.version }
    }

    /// Trade id → label in a version's current rows.
    private func labels(_ ledger: Ledger, _ reference: VersionReference) async throws -> [String: String] {
        try await ledger.pool.run { session in
            let version = try ledger.catalog.resolve(reference, of: "alignment", ledger.registry, session)
            let rows = try session.execute(
                """
                SELECT source_trade_id, document::jsonb ->> 'alignment_label' FROM projection."\(version.tableName)"
                WHERE valid_to IS NULL
                """)
            return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.text(0), try $0.text(1)) })
        }
    }
}

private final class Collected: @unchecked Sendable {
    // Only one task visits rows, and the test reads after it has ended.
    private(set) var all: [RowChange] = []
    func add(_ change: RowChange) { all.append(change) }
}
