import API
import Foundation
import JSON
import Operations
import SampleScope
import Testing

/// The console over real HTTP: who gets in, and what a form needs to be taken.
@Suite(.serialized)
struct ConsoleRouteTests {
    private static let keys = ["ALPHA_LEDGER_READ_KEY": "reader", "ALPHA_LEDGER_ADMIN_KEY": "admin"]

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

    @Test func withoutAKeyThePagesOfAServiceWithAReadKeyLeadToTheSignIn() async throws {
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

    @Test func aSessionReadsPagesAndDocumentsUntilItSignsOut() async throws {
        try await withService(Self.keys) { service in
            let cookie = try await Self.signIn(service, "reader")
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

    @Test func aFormFromElsewhereOrOfAnotherSessionIsRefused() async throws {
        try await withService(Self.keys) { service in
            let cookie = try await Self.signIn(service, "admin")
            let other = try await Self.signIn(service, "admin")
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
            let reader = try await Self.signIn(service, "reader")
            let readerToken = try Self.formToken(try await service.ask("/trades", headers: [reader]))
            #expect(try await post(readerToken, [reader, Self.origin(service)]) == 403)
            let signIn = try await service.ask(
                "/sign-in", method: "POST", headers: [("Origin", "https://evil.example")], body: "key=admin")
            #expect(signIn.status == 403)
            #expect(signIn.headers["set-cookie"] == nil)
        }
    }

    @Test func signingInLeadsToPathsOfThisServiceOnly() async throws {
        try await withService(Self.keys) { service in
            for next in ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:1", "/a\r\nSet-Cookie:x=1"] {
                let encoded = try #require(next.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let answer = try await service.ask(
                    "/sign-in", method: "POST", headers: [Self.origin(service)], body: "key=reader&next=\(encoded)")
                #expect(answer.headers["location"] == "/trades")
            }
        }
    }

    @Test func aRealSyncFollowsAPreviewOfTheSameOptionsOnce() async throws {
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: "feed")
        let environment = Self.keys.merging([
            "ALPHA_TRADE_FEED_URL": feed.url, "ALPHA_TRADE_FEED_API_KEY": "feed", "ALPHA_TRADE_FEED_PORTFOLIOS": "ICOI,IMST",
        ]) { own, _ in own }
        try await withService(environment) { service in
            let cookie = try await Self.signIn(service, "admin")
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

    @Test func assetsAreKeptForEverAndPagesAreNot() async throws {
        try await withService(Self.keys) { service in
            let text = Self.text(try await service.ask("/sign-in"))
            let start = try #require(text.range(of: "href=\"/assets/")).lowerBound
            let path = String(text[start...].dropFirst(6).prefix { $0 != "\"" })
            let asset = try await service.ask(path)
            #expect(asset.status == 200 && asset.headers["cache-control"] == "public, max-age=31536000, immutable")
            #expect(asset.headers["content-type"] == "text/css; charset=utf-8")
            #expect(try await service.ask("/assets/0/console.css").status == 404)
            // The root leads to the trade book, by way of the sign-in.
            let cookie = try await Self.signIn(service, "reader")
            let root = try await service.ask("/", headers: [cookie])
            #expect(root.status == 303 && root.headers["location"] == "/trades")
        }
    }
}
