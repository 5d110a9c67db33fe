import Foundation
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import Synchronization
import TestSupport
import Testing

/// A rule change over HTTP, with readers at work all the time.
@Suite struct VersionRouteTests {
    private func withVersions(_ body: @Sendable (RunningService) async throws -> Void) async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await withService(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"], home: home) { service in
            try await service.ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
            try await body(service)
        }
    }

    @Test func `a rebuild a promotion and a rollback fail no reader and tear no page`() async throws {
        try await withVersions { service in
            let head = try await service.ledger.pool.run { session in try LogReader().head(session).position }
            _ = try await service.ask("/api/internal/trades/opportunity-alignment?as_of_position=\(head)&limit=1")
            let readers = Readers()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<3 {
                    tasks.addTask {
                        while !readers.isOver {
                            let answer = try await service.ask(
                                "/api/internal/trades/opportunity-alignment?as_of_position=\(head)&limit=1000")
                            guard answer.status == 200 else {
                                readers.fail("\(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
                                continue
                            }
                            let labels = try answer.json()["rows"]?.elements.map {
                                "\($0["source_trade_id"]?.string ?? "") \($0["alignment_label"]?.string ?? "")"
                            }
                            readers.add(Set(labels ?? []))
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
                let started = try await service.post("/api/ledger/projections/alignment/rebuild", #"{"rules":"v2"}"#)
                #expect(started.status == 202, "\(String(decoding: started.body, as: UTF8.self))")
                try await ready(service)
                let diff = try await service.ask("/api/ledger/projections/alignment/diff?from=v1&to=v2")
                #expect(diff.status == 200)
                let digest = try #require(try diff.json()["digest"]?.string)
                let position = try #require(try diff.json()["position"]?.integer)
                #expect((try diff.json()["rows"]?["changed"]?.integer ?? 0) > 3)
                let promoted = try await service.post(
                    "/api/ledger/projections/alignment/promote",
                    #"{"version":"v2","position":\#(position),"digest":"\#(digest)"}"#)
                #expect(promoted.status == 200, "\(String(decoding: promoted.body, as: UTF8.self))")
                try await Task.sleep(for: .milliseconds(300))
                let back = try await service.post("/api/ledger/projections/alignment/rollback", "")
                #expect(back.status == 200, "\(String(decoding: back.body, as: UTF8.self))")
                try await Task.sleep(for: .milliseconds(300))
                readers.end()
                try await tasks.waitForAll()
            }
            #expect(readers.failures == [])
            // Every page is one version's or the other's, whole.
            let seen = Set(readers.pages)
            #expect(readers.pages.count > 5)
            #expect(seen.count == 2, "\(seen.count) kinds of pages over \(readers.pages.count) requests")
            #expect(Set(seen.map(\.count)).count == 1)
        }
    }

    /// A rebuild of what is served ends while somebody's query over it goes on.
    @Test(.timeLimit(.minutes(3))) func `lists are answered while a rebuild ends under a long reader`() async throws {
        try await withService(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"], projectors: false) { service in
            let ledger = service.ledger
            try await ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
            try await ledger.bringUpToDate(ledger.registry.names)
            let table = try await tableOfTrades(ledger)
            let reader = try await OpenTransaction(
                ledger.serviceConfiguration, "SELECT count(*) FROM projection.trades; SELECT count(*) FROM projection.\(table)")
            let readers = Readers()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<3 {
                    tasks.addTask {
                        while !readers.isOver {
                            let answer = try await service.ask("/api/internal/trades?limit=1000")
                            let rows = try answer.json()["rows"]?.elements.compactMap { $0["source_trade_id"]?.string } ?? []
                            if answer.status == 200 { readers.add(Set(rows)) } else { readers.fail("\(answer.status)") }
                        }
                    }
                }
                let started = try await service.post("/api/ledger/projections/trades/rebuild", "")
                #expect(started.status == 202, "\(String(decoding: started.body, as: UTF8.self))")
                while try await tableOfTrades(ledger) == table { try await Task.sleep(for: .milliseconds(20)) }
                // The new tables are in place, and the old ones can't be dropped.
                let seen = readers.pages.count
                while readers.pages.count < seen + 30, readers.failures.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                readers.end()
                try await tasks.waitForAll()
            }
            #expect(readers.failures == [])
            #expect(Set(readers.pages).count == 1 && readers.pages[0].count > 30)
            let old = "SELECT count(*) FROM projection.\(table)"
            #expect(try await ledger.pool.run { try $0.execute(old)[0].int8(0) } > 30)
            try await reader.end()
            // The job ends with its look at what it left.
            let left = try await VersionUpkeep(ledger.registry.definitions).run(ledger.pool, patience: .seconds(30))
            #expect(left == [])
            await #expect(throws: PostgresError.self) { try await ledger.pool.run { try $0.execute(old) } }
        }
    }

    private func tableOfTrades(_ ledger: Ledger) async throws -> String {
        try #require(try await ledger.pool.run { try ledger.catalog.served("trades", $0) }).tableName
    }

    /// `outcomes` reads the labels of `alignment`: with it, or alone, which the answer says.
    @Test func `dependents are served along where that is asked and else named`() async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let folder = "\(home)/projections/outcomes"
        try String(contentsOfFile: "\(folder)/rules.v1.yaml", encoding: .utf8).replacing("version: 1\n", with: "version: 2\n")
            .replacing("alignment/rules.v1.yaml", with: "alignment/rules.v2.yaml")
            .write(toFile: "\(folder)/rules.v2.yaml", atomically: true, encoding: .utf8)
        try await withService(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"], projectors: false, home: home) { service in
            let ledger = service.ledger
            try await ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
            try await ledger.bringUpToDate(ledger.registry.names)
            let (path, two) = ("/api/ledger/projections/alignment", VersionReference(version: "v2"))
            let target = "\(path)/diff?from=v1&to=v2&keys=2&with_dependents=true"
            _ = try await ledger.rebuild([(name: "alignment", version: two)])
            let missing = try await service.ask(target)
            #expect(missing.status == 409)
            let problem = try missing.json()["detail"]?.string ?? ""
            #expect(problem.contains("projection rebuild outcomes --rules v2"), "\(problem)")
            let page = try await service.ask("/projections/diff?name=alignment&from=v1&to=v2")
            #expect(String(decoding: page.body, as: UTF8.self).contains("projection rebuild outcomes --rules v2"))

            _ = try await ledger.rebuild([(name: "outcomes", version: two)])
            let both = try await service.ask(target)
            let group = try await ledger.diffWithDependents(
                "alignment", from: VersionReference(version: "v1"), to: two, sampleSize: 2)
            #expect(both.status == 200 && both.body == group.json())
            let explained = try await service.ask("\(target)&explain=1")
            #expect(try explained.json()["diffs"]?.elements.map { $0["explanations"]?.count } == [1, 1])
            let pages = try await service.ask("/projections/diff?name=alignment&from=v1&to=v2")
            let html = String(decoding: pages.body, as: UTF8.self)
            #expect(html.contains("outcomes: v1/c") && html.contains("Views that read the replaced rules"))

            let body = #"{"version":"v2","position":\#(group.position),"digest":"\#(group.digest)","with_dependents":true}"#
            let promoted = try await service.post("\(path)/promote", body)
            #expect(promoted.status == 200, "\(String(decoding: promoted.body, as: UTF8.self))")
            #expect(try promoted.json()["dependents"]?.elements.map { $0["projection"]?.string } == ["outcomes"])
            let back = try await service.post("\(path)/rollback", #"{"with_dependents":true}"#)
            #expect(try back.json()["dependents"]?.elements.map { $0["version"]?.string } == ["v1"])
            #expect(try back.json()["dependents_left"]?.count == 0)
            let alone = try await service.post("\(path)/rollback", "")
            #expect(try alone.json()["dependents_left"]?.elements.map { $0["projection"]?.string } == ["outcomes"])
            #expect(try await service.post("\(path)/rollback", #"{"with_dependents":1}"#).status == 400)
            if Validator.isInstalled {
                var answers = [both, explained].map { Validator.Answer("GET", "/api/ledger/projections/{name}/diff", $0) }
                answers.append(Validator.Answer("POST", "/api/ledger/projections/{name}/promote", promoted))
                answers += [back, alone].map { Validator.Answer("POST", "/api/ledger/projections/{name}/rollback", $0) }
                #expect(try Validator.problems(answers) == [])
            }
        }
    }

    /// As `projection diff --explain N --json` prints them, and only where they are asked for.
    @Test func `the first changed rows are explained where that is asked`() async throws {
        try await withVersions { service in
            _ = try await service.ledger.rebuild([(name: "alignment", version: VersionReference(version: "v2"))])
            let head = try await service.ledger.pool.run { session in try LogReader().head(session).position }
            // A view waits for the projector, a diff does not.
            let view = try await service.askSettled("/api/internal/trades/opportunity-alignment?as_of_position=\(head)&limit=1")
            #expect(view.status == 200)
            let target = "/api/ledger/projections/alignment/diff?from=v1&to=v2&position=\(head)&keys=5"
            let plain = try await service.ask(target)
            let explained = try await service.ask("\(target)&explain=3")
            let none = try await service.ask("\(target)&explain=0")
            for answer in [plain, explained, none] {
                #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
            }
            let (one, two) = (VersionReference(version: "v1"), VersionReference(version: "v2"))
            let diff = try await service.ledger.diff("alignment", from: one, to: two, position: head, sampleSize: 5)
            let printed = diff.json(explained: try await service.ledger.explain(diff, rows: 3))
            #expect(explained.body == printed)
            let entries = try explained.json()["explanations"]?.elements.map { $0 } ?? []
            #expect(entries.count == 3 && entries.allSatisfy { $0["from"]?.isNull == false && $0["to"]?.isNull == false })
            #expect(try none.json()["explanations"]?.count == 0)
            #expect(plain.body == diff.json())
            if Validator.isInstalled {
                let answers = [plain, explained, none].map { Validator.Answer("GET", "/api/ledger/projections/{name}/diff", $0) }
                #expect(try Validator.problems(answers) == [])
            }
            // Each has a tag of its own, and the same again for the same bytes.
            let tags = [plain, explained, none].compactMap { $0.headers["etag"] }
            #expect(Set(tags).count == 3)
            let again = try await service.ask("\(target)&explain=3", headers: [("If-None-Match", try #require(tags.dropFirst().first))])
            #expect(again.status == 304)
            // No more rows are explained than are shown.
            let fewer = try await service.ask(target.replacingOccurrences(of: "keys=5", with: "keys=2") + "&explain=20")
            #expect(try fewer.json()["explanations"]?.count == 2)
        }
    }

    @Test func `what is missing or wrong is said`() async throws {
        try await withVersions { service in
            let path = "/api/ledger/projections"
            let digest = String(repeating: "0", count: 64)
            for (target, body, status, part) in [
                ("\(path)/alignment/rebuild", #"{"rules":"v9"}"#, 400, "v9"),
                ("\(path)/alignment/rebuild", #"{"rules":"2"}"#, 400, "rules"),
                ("\(path)/nothing/rebuild", #"{"rules":"v2"}"#, 404, "alignment"),
                ("\(path)/alignment/promote", #"{"version":"v2"}"#, 400, "position"),
                ("\(path)/alignment/promote", #"{"version":"v2","position":1,"digest":"abc"}"#, 400, "digest"),
                ("\(path)/alignment/promote", #"{"version":"v2","position":1,"digest":"\#(digest)"}"#, 400, "v2"),
                ("\(path)/alignment/rollback", "", 409, "no earlier version"),
                ("\(path)/alignment/rollback", #"{"to":"v1"}"#, 400, "to"),
            ] {
                let answer = try await service.post(target, body)
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == status && text.contains(part), "\(target) \(body): \(answer.status) \(text)")
            }
            for (target, status, part) in [
                ("\(path)/alignment/diff", 400, "from"), ("\(path)/alignment/diff?from=v1&to=v2", 400, "v2"),
                ("\(path)/alignment/diff?from=v1&to=v1&position=100000", 400, "100000"),
                ("\(path)/alignment/diff?from=v1&to=v1&explain=21", 400, "explain: expected a whole number, 0 to 20"),
                ("\(path)/nothing/diff?from=v1&to=v1", 404, "alignment"),
            ] {
                let answer = try await service.ask(target)
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == status && text.contains(part), "\(target): \(answer.status) \(text)")
            }
            #expect(try await service.post("\(path)/alignment/rollback", "", key: nil).status == 401)
        }
    }

    /// Waits until the second version has rows.
    private func ready(_ service: RunningService) async throws {
        for _ in 0..<600 {
            let list = try await service.ask("/api/ledger/projections").json()
            let version = list["projections"]?.elements.first {
                $0["name"]?.string == "alignment" && $0["version"]?.string == "v2"
            }
            if version?["state"]?.string == "ready" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the rebuild did not end")
    }
}

/// What the readers saw.
private final class Readers: Sendable {
    private struct State {
        var isOver = false
        var pages: [Set<String>] = []
        var failures: [String] = []
    }

    private let state = Mutex(State())
    var isOver: Bool { state.withLock { $0.isOver } }
    var pages: [Set<String>] { state.withLock { $0.pages } }
    var failures: [String] { state.withLock { $0.failures } }

    func end() { state.withLock { $0.isOver = true } }
    func add(_ page: Set<String>) { state.withLock { $0.pages.append(page) } }
    func fail(_ answer: String) { state.withLock { $0.failures.append(answer) } }
}
