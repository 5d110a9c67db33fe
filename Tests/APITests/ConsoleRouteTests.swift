import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Logging
import Operations
import SampleScope
import TestSupport
import Testing

/// The console over real HTTP: who gets in, and what a form needs to be taken.
@Suite(.serialized)
struct ConsoleRouteTests {
    private static let keys = ["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]

    private static func origin(_ service: RunningService) -> (String, String) { ("Origin", "http://127.0.0.1:\(service.port)") }

    private static func signIn(_ service: RunningService, _ key: String) async throws -> (String, String) {
        let answer = try await service.ask("/sign-in", method: "POST", headers: [origin(service)], body: "key=\(key)&next=%2Ftrades")
        #expect(answer.status == 303)
        #expect(answer.headers["location"] == "/trades")
        let cookie = try #require(answer.headers["set-cookie"])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Max-Age=43200"))
        #expect(!cookie.contains(key))
        return ("Cookie", String(try #require(cookie.split(separator: ";").first)))
    }

    private static func text(_ answer: RunningService.Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    private static func formToken(_ answer: RunningService.Answer) throws -> String {
        let text = text(answer)
        let start = try #require(text.range(of: "name=\"form_token\" value=\"")).upperBound
        return String(text[start...].prefix { $0 != "\"" })
    }

    @Test func `without a key the pages of a service with a read key lead to the sign in`() async throws {
        try await withService(Self.keys) { service in
            for page in ["/trades", "/log", "/performance/outcomes"] {
                let answer = try await service.ask(page)
                #expect(answer.status == 303)
                #expect(answer.headers["location"]?.hasPrefix("/sign-in?next=%2F") == true)
            }
            #expect(try await service.ask("/api/ledger/head").status == 401)
            let wrong = try await service.ask(
                "/sign-in", method: "POST", headers: [Self.origin(service)], body: "key=wrong&next=%2Ftrades")
            #expect(wrong.status == 401)
            #expect(wrong.headers["set-cookie"] == nil)
            #expect(try await service.ask("/trades", headers: [("Cookie", "alpha_ledger_session=0")]).status == 303)
        }
    }

    @Test func `a session reads pages and documents until it signs out`() async throws {
        try await withService(Self.keys) { service in
            let cookie = try await Self.signIn(service, "reader-key-of-tests")
            let page = try await service.ask("/trades", headers: [cookie])
            #expect(page.status == 200)
            let policy = try #require(page.headers["content-security-policy"])
            #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
            #expect(page.headers["cache-control"] == "no-store" && page.headers["x-frame-options"] == "DENY")
            #expect(try await service.ask("/api/ledger/head", headers: [cookie]).status == 200)
            // A cookie never stands for the key of a POST of the interface.
            let post = try await service.ask(
                "/api/internal/trades/sync", method: "POST", headers: [cookie, Self.origin(service)], body: "{}")
            #expect(post.status == 401)
            let token = try Self.formToken(page)
            let out = try await service.ask(
                "/sign-out", method: "POST", headers: [cookie, Self.origin(service)], body: "form_token=\(token)")
            #expect(out.status == 303)
            #expect(out.headers["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await service.ask("/api/ledger/head", headers: [cookie]).status == 401)
        }
    }

    @Test func `a form from elsewhere or of another session is refused`() async throws {
        try await withService(Self.keys) { service in
            let cookie = try await Self.signIn(service, "admin-key-of-tests")
            let other = try await Self.signIn(service, "admin-key-of-tests")
            let token = try Self.formToken(try await service.ask("/trades", headers: [cookie]))
            let foreign = try Self.formToken(try await service.ask("/trades", headers: [other]))
            func post(_ token: String?, _ headers: [(String, String)]) async throws -> Int {
                try await service.ask(
                    "/trades/sync", method: "POST", headers: headers,
                    body: "mode=dry_run" + (token.map { "&form_token=\($0)" } ?? "")
                ).status
            }
            #expect(try await post(token, [cookie]) == 403)
            #expect(try await post(token, [cookie, ("Origin", "https://evil.example")]) == 403)
            #expect(try await post(token, [cookie, ("Origin", "null")]) == 403)
            #expect(try await post(token, [cookie, Self.origin(service), ("Sec-Fetch-Site", "cross-site")]) == 403)
            #expect(try await post(nil, [cookie, Self.origin(service)]) == 403)
            #expect(try await post(foreign, [cookie, Self.origin(service)]) == 403)
            #expect(try await post(token, [Self.origin(service)]) == 401)
            #expect(try await post(token, [cookie, Self.origin(service)]) == 303)
            let reader = try await Self.signIn(service, "reader-key-of-tests")
            let readerToken = try Self.formToken(try await service.ask("/trades", headers: [reader]))
            #expect(try await post(readerToken, [reader, Self.origin(service)]) == 403)
            let signIn = try await service.ask(
                "/sign-in", method: "POST", headers: [("Origin", "https://evil.example")], body: "key=admin-key-of-tests")
            #expect(signIn.status == 403)
            #expect(signIn.headers["set-cookie"] == nil)
        }
    }

    @Test func `signing in leads to paths of this service only`() async throws {
        try await withService(Self.keys) { service in
            for next in ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:1", "/a\r\nSet-Cookie:x=1"] {
                let encoded = try #require(next.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let answer = try await service.ask(
                    "/sign-in", method: "POST", headers: [Self.origin(service)], body: "key=reader-key-of-tests&next=\(encoded)")
                #expect(answer.headers["location"] == "/trades")
            }
        }
    }

    @Test func `a real sync follows a preview of the same options once`() async throws {
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: "feed")
        let environment = Self.keys.merging([
            "ALPHA_TRADE_FEED_URL": feed.url, "ALPHA_TRADE_FEED_API_KEY": "feed", "ALPHA_TRADE_FEED_PORTFOLIOS": "ICOI,IMST",
        ]) { own, _ in own }
        try await withService(environment) { service in
            let cookie = try await Self.signIn(service, "admin-key-of-tests")
            let token = try Self.formToken(try await service.ask("/trades", headers: [cookie]))
            func post(_ body: String) async throws -> RunningService.Answer {
                try await service.ask(
                    "/trades/sync", method: "POST", headers: [cookie, Self.origin(service)], body: "form_token=\(token)&\(body)")
            }
            #expect(try await post("mode=apply&confirmed=true&preview=x").status == 409)
            #expect(try await post("mode=dry_run&full_scope=true").status == 303)
            #expect(try await service.ask("/api/ledger/head", headers: [cookie]).json()["position"]?.integer.map { $0 < 100 } == true)
            let preview = Self.text(try await service.ask("/trades", headers: [cookie]))
            #expect(preview.contains("Preview (dry run, nothing was written)") && preview.contains("466,630,651.75"))
            let start = try #require(preview.range(of: "name=\"preview\" value=\"")).upperBound
            let id = String(preview[start...].prefix { $0 != "\"" })
            #expect(try await post("mode=apply&preview=\(id)").status == 400)
            #expect(try await post("mode=apply&confirmed=true&preview=\(id)").status == 303)
            let head = try #require(try await service.ask("/api/ledger/head", headers: [cookie]).json()["position"]?.integer)
            _ = try await service.askSettled("/api/internal/trades?limit=1&as_of_position=\(head)", headers: [cookie])
            let done = Self.text(try await service.ask("/trades", headers: [cookie]))
            #expect(done.contains("Real sync") && done.contains("ICOI-000008"))
            #expect(try await post("mode=apply&confirmed=true&preview=\(id)").status == 409)
        }
        await feed.stop()
    }

    /// A signed-in administrator's form of the trade book, over the sample feed.
    private func withSyncForm(
        seconds: Int = 900, logger: Logger = quiet,
        _ body:
            @Sendable (
                RunningService, SampleFeedServer, _ post: (String) async throws -> RunningService.Answer,
                _ page: (String) async throws -> String
            )
            async throws -> Void,
        then: @Sendable (RunningService, _ cookie: (String, String)) async throws -> Void = { _, _ in }
    ) async throws {
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: "feed")
        let environment = Self.keys.merging([
            "ALPHA_TRADE_FEED_URL": feed.url, "ALPHA_TRADE_FEED_API_KEY": "feed", "ALPHA_TRADE_FEED_PORTFOLIOS": "ICOI,IMST",
        ]) { own, _ in own }
        var limits = ServiceLimits()
        limits.previewSeconds = seconds
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await withService(environment, limits: limits, projectors: false, logger: logger) { service in
                    let cookie = try await Self.signIn(service, "admin-key-of-tests")
                    let token = try Self.formToken(try await service.ask("/trades", headers: [cookie]))
                    try await body(
                        service, feed,
                        {
                            try await service.ask(
                                "/trades/sync", method: "POST", headers: [cookie, Self.origin(service)], body: "form_token=\(token)&\($0)")
                        }, { Self.text(try await service.ask($0, headers: [cookie])) })
                    try await then(service, cookie)
                })
        } catch {
            result = .failure(error)
        }
        await feed.stop()
        try result.get()
    }

    @Test func `a preview that has expired can't be run, and says when that was`() async throws {
        try await withSyncForm(seconds: 0) { _, _, post, page in
            #expect(try await post("mode=dry_run&full_scope=true").status == 303)
            let shown = try await page("/trades")
            #expect(shown.contains("This preview expired at") && !shown.contains("name=\"preview\""))
            let id = try #require(shown.firstMatch(of: /<dt>Run<\/dt><dd>([0-9a-f-]{36})/)?.output.1)
            let refused = try await post("mode=apply&confirmed=true&preview=\(id)")
            #expect(refused.status == 409)
            #expect(Self.text(refused).contains(/the preview expired at 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/))
        }
        try await withSyncForm { _, _, post, page in
            let previewed = try await post("mode=dry_run&full_scope=true")
            #expect(previewed.status == 303)
            #expect(try await page("/trades").contains("A real sync may follow this preview until"))
        }
    }

    /// A signed-in administrator's forms over a ledger with one execution.
    private func withBackfills(
        seconds: Int = 900,
        _ body:
            @Sendable (
                RunningService, _ post: (String, String) async throws -> RunningService.Answer,
                _ page: (String) async throws -> String
            ) async throws -> Void
    ) async throws {
        var limits = ServiceLimits()
        limits.previewSeconds = seconds
        try await withService(Self.keys, limits: limits, projectors: false) { service in
            try await service.ledger.log.append([recorded(try sampleRow("T-1"))], runID: UniqueID(high: 1, low: 1))
            let cookie = try await Self.signIn(service, "admin-key-of-tests")
            let token = try Self.formToken(try await service.ask("/trades", headers: [cookie]))
            try await body(
                service,
                {
                    try await service.ask(
                        "/operations/backfill/\($0)", method: "POST", headers: [cookie, Self.origin(service)],
                        body: "form_token=\(token)&\($1)")
                }, { Self.text(try await service.ask("/operations/backfill/\($0)", headers: [cookie])) })
        }
    }

    @Test func `a real backfill follows a preview of the same options once, beside the requests, and its end is shown`() async throws {
        try await withBackfills { service, post, page in
            let head = try await service.ledger.primaryHead()
            #expect(try await post("benchmarks", "mode=apply&confirmed=true&preview=none").status == 409)
            let previewed = try await post("benchmarks", "mode=preview&quotes=log&limit=5&trade_ids=T-1")
            #expect(previewed.status == 303 && previewed.headers["location"] == "/operations/backfill/benchmarks#preview")
            let shown = try await page("benchmarks")
            #expect(shown.contains("nothing was asked of a vendor") && shown.contains("/trade?id=T-1&amp;source=alpha_sync"))
            #expect(shown.contains("A real backfill may follow this preview until") && shown.contains("value=\"T-1\""))
            #expect(try await service.ledger.primaryHead() == head)
            let id = try #require(shown.firstMatch(of: /name="preview" value="([0-9a-f-]{36})"/)?.output.1)
            #expect(try await post("benchmarks", "mode=apply&preview=\(id)").status == 400)
            // A preview of one kind permits no run of another.
            #expect(try await post("marks", "mode=apply&confirmed=true&preview=\(id)").status == 409)
            let started = try await post("benchmarks", "mode=apply&confirmed=true&preview=\(id)")
            #expect(started.status == 303 && started.headers["location"] == "/operations/backfill/benchmarks#run")
            #expect(try await post("benchmarks", "mode=apply&confirmed=true&preview=\(id)").status == 409)
            let headers = [("Authorization", "Bearer reader-key-of-tests")]
            var job: JSONValue?
            for _ in 0..<600 {
                let jobs = try await service.ask("/api/ledger/backfills", headers: headers).json()
                job = jobs["backfills"]?.elements.first { _ in true }
                if job?["state"]?.string != "running" { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(job?["kind"]?.string == "benchmarks" && job?["state"]?.string == "completed", "\(job?.sourceText ?? "none")")
            #expect(job?["done"]?.integer == 1 && job?["of"]?.integer == 1 && job?["summary"]?["appended"]?.integer == 1)
            #expect(try await service.ledger.primaryHead() == head + 1)
            let ended = try await page("benchmarks")
            #expect(ended.contains("completed") && ended.contains("Its events in the log") && !ended.contains("name=\"preview\""))
            #expect(!ended.contains("data-renew"))
        }
    }

    @Test func `what a form of a backfill can't mean is said on its page, and a preview that has expired can't be run`() async throws {
        try await withBackfills(seconds: 0) { _, post, page in
            for (form, problem) in [
                ("horizons=0", "horizons: "), ("limit=x", "limit: "), ("trade_ids=nobody", "no trade has the id nobody"),
                ("quotes=amberdata", "AMBERDATA_API_KEY is not set"),
            ] {
                #expect(try await post("marks", "mode=preview&\(form)").status == 303)
                let shown = try await page("marks")
                #expect(shown.contains("There is no preview") && shown.contains(problem), "\(form)")
            }
            #expect(try await post("marks", "mode=preview&force=true").status == 400)
            #expect(try await post("none", "mode=preview").status == 404)
            #expect(try await post("context", "mode=preview&force=true").status == 303)
            let shown = try await page("context")
            #expect(shown.contains("This preview expired at") && !shown.contains("name=\"preview\""))
        }
    }

    @Test func `resetting the watermark without the full scope is refused at the preview, with it the preview shows what it gives`()
        async throws
    {
        try await withSyncForm { _, feed, post, page in
            #expect(try await post("mode=dry_run&reset_watermark=true").status == 303)
            let refused = try await page("/trades")
            #expect(refused.contains("resetting the watermark needs the full scope") && !refused.contains("name=\"preview\""))
            #expect(refused.contains("The dry run failed; nothing was written"))
            feed.setPhase(.updated)
            func apply(_ options: String) async throws {
                _ = try await post("mode=dry_run&full_scope=true\(options)")
                let id = try #require(try await page("/trades").firstMatch(of: /name="preview" value="([^"]+)"/)?.output.1)
                #expect(try await post("mode=apply&confirmed=true&preview=\(id)").status == 303)
                #expect(try await page("/trades").contains("Real sync</h3>"))
            }
            try await apply("")
            // The source was restored: its watermark lies below the stored one.
            feed.setPhase(.initial)
            _ = try await post("mode=dry_run&full_scope=true")
            #expect(try await page("/trades").contains("watermark_below_stored"))
            try await apply("&reset_watermark=true")
        }
    }

    @Test func `a run of the console that fails is logged as one that failed`() async throws {
        let log = LogRecorder()
        try await withSyncForm(logger: log.logger) { _, feed, post, page in
            feed.setFailures(.every(.status(404)))
            #expect(try await post("mode=dry_run&full_scope=true").status == 303)
            #expect(try await page("/trades").contains("The dry run failed; nothing was written"))
            let failed = try #require(log.lines.first { $0.hasPrefix("error sync failed") })
            #expect(failed.contains("code=feed_failed") && failed.contains("dry_run=true"), "\(failed)")
            let asked = try #require(log.lines.last { $0.hasPrefix("notice POST") })
            #expect(asked.contains("code=feed_failed") && asked.contains("status=303"), "\(asked)")
            // What is refused is no success either.
            #expect(try await post("mode=apply&confirmed=true&preview=x").status == 409)
            #expect(log.lines.last { $0.hasPrefix("notice POST") }?.contains("code=conflict") == true)
        }
    }

    @Test func `the trade book names the rows of a run, and leads to all of them`() async throws {
        try await withSyncForm { _, _, post, page in
            #expect(try await post("mode=dry_run").status == 303)
            let shown = try await page("/trades")
            #expect(shown.contains("and 649 more: <a href=\"/trades/run\">all rows of the run</a>"), "749 rows, the first 100 named")
            let all = try await page("/trades/run")
            #expect(all.matches(of: /(?:ICOI|IMST)-\d{6}/).count == 749)
            #expect(Set(shown.matches(of: /(?:ICOI|IMST)-\d{6}/).map { String($0.output) }).count == 100)
        }
    }

    @Test func `people's filters ignore case and space, an empty list says why, and what can't be is a page with a 400`() async throws {
        try await withSyncForm { _, _, post, page in
            #expect(try await page("/trades").contains("Nothing was synced yet."))
            #expect(try await page("/performance").contains("Nothing was synced yet."))
            #expect(try await post("mode=dry_run&full_scope=true").status == 303)
            let id = try #require(try await page("/trades").firstMatch(of: /name="preview" value="([^"]+)"/)?.output.1)
            #expect(try await post("mode=apply&confirmed=true&preview=\(id)").status == 303)
        } then: { service, cookie in
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            func ask(_ target: String) async throws -> (status: Int, text: String) {
                let answer = try await service.ask(target, headers: [cookie])
                return (answer.status, Self.text(answer))
            }
            for target in ["/trades?portfolio=+imst%20", "/trades?underlying=mstr&state=filled", "/performance/lifecycles?portfolio=Imst"] {
                let found = try await ask(target)
                // The card of the run above it names rows of all portfolios.
                let table = try #require(found.text.components(separatedBy: "<table").last)
                #expect(found.status == 200 && table.contains("IMST") && !table.contains("ICOI"), "\(target)")
            }
            for (target, why) in [
                ("/trades?portfolio=other", "No row matches the filters; without them there are rows."),
                ("/performance/context", "No execution is stamped with its market yet"),
                ("/performance/alignment?label=aligned", "No row matches the filters"),
                ("/trades?as_of_position=3", "Nothing was known at this moment; there are rows by now."),
            ] { #expect(try await ask(target).text.contains(why), "\(target)") }
            for (target, status, part) in [
                ("/trades?state=nonsense", 400, "expected FILLED, PARTIALLY_FILLED"), ("/trades?as_of=2026-01-31", 400, "is its start"),
                ("/trades?as_of_position=999999999", 400, "position"), ("/trades?as_of_position=x", 400, "as_of_position"),
                ("/trade?id=nobody", 404, "no trade of alpha_sync has the id `nobody`"),
                ("/trade?id=IMST-000001&as_of=never", 400, "as_of"),
                ("/log?position=999999999", 404, "no event at position"), ("/log?position=x", 400, "position"),
                ("/log?as_of_position=4&position=5", 404, "at this moment: its last is 4"),
                ("/log?as_of=2999-01-01T00:00:00Z", 400, "as_of"),
                ("/explain?view=trades&key=nobody", 404, "no row"), ("/explain?view=nothing&key=x", 400, "view"),
                ("/projections?as_of_position=999999999", 400, "position"), ("/projections/diff?name=trades&from=v1&to=v9", 400, "v9"),
                ("/performance/nothing", 404, "no such view"), ("/performance/execution_quality", 200, "Execution quality"),
                ("/changes?from=x", 400, "from"), ("/trades?unknown=1", 400, "unknown parameter"),
            ] {
                let answer = try await ask(target)
                #expect(answer.status == status && answer.text.contains(part), "\(target): \(answer.status)")
                #expect(answer.text.hasPrefix("<!doctype html>"), "\(target)")
            }
        }
    }

    @Test func `the log and the projections show the moment that is asked for, and links keep it`() async throws {
        try await withSyncForm { _, _, post, page in
            #expect(try await post("mode=dry_run&full_scope=true").status == 303)
            let id = try #require(try await page("/trades").firstMatch(of: /name="preview" value="([^"]+)"/)?.output.1)
            #expect(try await post("mode=apply&confirmed=true&preview=\(id)").status == 303)
        } then: { service, cookie in
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            func text(_ target: String) async throws -> String { Self.text(try await service.ask(target, headers: [cookie])) }
            let root = try await service.ask("/api/ledger/proof/consistency?from=5&to=9", headers: [cookie]).json()["from_root"]?.string
            let log = try await text("/log?as_of_position=5")
            #expect(log.contains("The log at this moment") && log.contains("event-5") && !log.contains("event-6"))
            #expect(root == nil || log.contains(root ?? ""), "the root is that of the moment")
            #expect(log.contains("href=\"/log?position=5&amp;as_of_position=5\""))
            #expect(log.contains("href=\"/projections?as_of_position=5\""))
            // What had not happened in the world by then is left out; what has no time there stays.
            let early = try await text("/log?effective_at=2025-09-02T00:00:00Z")
            #expect(!early.contains("2026-01") || !early.contains("effective <time datetime=\"2026"))
            let projections = try await text("/projections?as_of_position=5")
            #expect(projections.contains("Served at this moment") && projections.contains("The versions now"))
            #expect(projections.matches(of: /Since event/).count >= 1 && !projections.contains("Compare, promote, go back"))
            let then = projections.components(separatedBy: "The versions now")[0]
            #expect(then.contains("#5</a>") && !then.contains("#6</a>"), "five projections were served by then")
            #expect(try await text("/projections").contains("Compare, promote, go back"))
            let trade = try await text("/trade?id=IMST-000001&as_of=1999-01-01T00:00:00Z")
            #expect(trade.contains("Not known yet at this moment.") || trade.contains("as_of"))
        }
    }

    @Test func `an unknown path is a page for a browser and a problem for a program`() async throws {
        let browser = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
        try await withService(Self.keys, projectors: false) { service in
            let cookie = try await Self.signIn(service, "reader-key-of-tests")
            for path in ["/nothing", "/trades/of/mine", "/api/nothing", "/%3Cscript%3E"] {
                let page = try await service.ask(path, headers: [cookie, browser])
                #expect(page.status == 404 && page.headers["content-type"] == "text/html; charset=utf-8", "\(path)")
                #expect(page.headers["vary"]?.isEmpty == false && !Self.text(page).contains("<script>"))
                for headers in [[cookie], [cookie, ("Accept", "*/*")], [cookie, ("Accept", "application/json, text/html;q=0.5")]] {
                    let problem = try await service.ask(path, headers: headers)
                    #expect(problem.status == 404 && problem.headers["content-type"] == "application/problem+json", "\(path)")
                    let code = try problem.code()
                    #expect(code == "not_found")
                }
            }
            // A route of the interface answers programs, whoever asks; who is not signed in is led to where one is.
            let events = try await service.ask("/api/ledger/events?limit=0", headers: [cookie, browser])
            #expect(events.status == 400 && events.headers["content-type"] == "application/problem+json")
            let stranger = try await service.ask("/nothing", headers: [browser])
            #expect(stranger.status == 303 && stranger.headers["location"] == "/sign-in?next=%2Fnothing")
            #expect(try await service.ask("/api/nothing", headers: [browser]).status == 401)
        }
    }

    @Test func `assets are kept for ever and pages are not`() async throws {
        try await withService(Self.keys) { service in
            let text = Self.text(try await service.ask("/sign-in"))
            let start = try #require(text.range(of: "href=\"/assets/")).lowerBound
            let path = String(text[start...].dropFirst(6).prefix { $0 != "\"" })
            let asset = try await service.ask(path)
            #expect(asset.status == 200 && asset.headers["cache-control"] == "public, max-age=31536000, immutable")
            #expect(asset.headers["content-type"] == "text/css; charset=utf-8")
            #expect(try await service.ask("/assets/0/console.css").status == 404)
            // The root leads to the trade book, by way of the sign-in.
            let cookie = try await Self.signIn(service, "reader-key-of-tests")
            let root = try await service.ask("/", headers: [cookie])
            #expect(root.status == 303 && root.headers["location"] == "/trades")
        }
    }
}
