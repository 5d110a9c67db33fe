import Foundation
import LedgerJSON
import LedgerValues
import Operations
import TestSupport
import Testing

@testable import API

/// The moment that a page shows, the two that are compared, and what a browser keeps for its reader.
@Suite(.serialized)
struct ConsoleMomentTests {
    private static let newYork = ("Cookie", "alpha_ledger_view=comfortable.new_york")

    private static func origin(_ service: RunningService) -> (String, String) { ("Origin", "http://127.0.0.1:\(service.port)") }

    private static func encoded(_ fields: [(String, String)]) -> String {
        fields.map { "\($0.0)=\($0.1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }.joined(separator: "&")
    }

    private static func text(_ answer: RunningService.Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    /// The cookie of a name that an answer sets. Nil if it sets none.
    private static func cookie(_ name: String, _ answer: RunningService.Answer) -> String? {
        answer.headers["set-cookie"]?.split(separator: ";").first.map(String.init).flatMap { $0.hasPrefix("\(name)=") ? $0 : nil }
    }

    // MARK: The form of the bar

    @Test func `the form leads to the page at the moment that was picked, in UTC`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            func moment(_ fields: [(String, String)], _ headers: [(String, String)] = []) async throws -> String? {
                let answer = try await service.ask("/moment?\(Self.encoded(fields))", headers: headers)
                #expect(answer.status == 303)
                return answer.headers["location"]
            }
            let page = ("page", "/trades?portfolio=IM%26ST&state=FILLED")
            let kept = "/trades?portfolio=IM%26ST&state=FILLED"
            #expect(try await moment([page]) == kept)
            #expect(try await moment([page, ("known", "2026-03-12T14:03")]) == "\(kept)&as_of=2026-03-12T14%3A03%3A00Z")
            let local = [page, ("known", "2026-03-12T14:03:05"), ("happened", "2026-01-31T16:00")]
            #expect(
                try await moment(local, [Self.newYork])
                    == "\(kept)&as_of=2026-03-12T18%3A03%3A05Z&effective_at=2026-01-31T21%3A00%3A00Z")
            #expect(try await moment([page, ("after", "60"), ("rules", "v2/c1")]) == "\(kept)&as_of_position=60&rules=v2%2Fc1")
            // What was asked before goes away where the form is empty.
            let pinned = ("page", "/log?as_of_position=5&as_of=2026-01-01T00%3A00%3A00Z&effective_at=2026-01-01T00%3A00%3A00Z&rules=v1")
            #expect(try await moment([pinned]) == "/log")
        }
    }

    @Test func `a field that was left as it was stands for the exact value`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            let exact = "2026-03-12T14:03:05.250000Z"
            func moment(_ fields: [(String, String)]) async throws -> String {
                let was = [("page", "/trades"), ("was_known", exact), ("was_after", "512"), ("was_happened", exact)]
                return try await service.ask("/moment?\(Self.encoded(was + fields))").headers["location"] ?? ""
            }
            let picked = "2026-03-12T14:03:05"
            let coded = "2026-03-12T14%3A03%3A05.250000Z"
            #expect(
                try await moment([("known", picked), ("after", "512"), ("happened", picked)])
                    == "/trades?as_of_position=512&as_of=\(coded)&effective_at=\(coded)")
            // Where one of the two was changed, it stands for both.
            #expect(try await moment([("known", picked), ("after", "60")]) == "/trades?as_of_position=60")
            #expect(try await moment([("known", "2026-03-12T14:03:06"), ("after", "512")]) == "/trades?as_of=2026-03-12T14%3A03%3A06Z")
            #expect(
                try await moment([("known", "2026-03-12T14:03:06"), ("after", "60")])
                    == "/trades?as_of_position=60&as_of=2026-03-12T14%3A03%3A06Z")
        }
    }

    @Test func `the bar of every page leads back to its page`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            var pages: [String] = []
            for route in Route.console where route.method == "GET" && !route.path.contains("{") {
                let page = route.path + (route.path == "/position" || route.path == "/trade" ? "?id=x" : "")
                let answer = try await service.ask(page)
                guard answer.headers["content-type"]?.hasPrefix("text/html") == true, Self.text(answer).contains(#"action="/moment""#)
                else {
                    continue
                }
                pages.append(route.path)
                let led = try await service.ask("/moment?\(Self.encoded([("page", page), ("after", "3")]))")
                let separator = page.contains("?") ? "&" : "?"
                #expect(led.status == 303 && led.headers["location"] == "\(page)\(separator)as_of_position=3", "\(page)")
            }
            #expect(
                Set(pages).isSuperset(of: ["/trades", "/trade", "/position", "/performance", "/log", "/explain", "/steps"]), "\(pages)")
        }
    }

    @Test func `a time that no clock shows is a page with a 400, and the form leads nowhere else`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            for (fields, headers, part) in [
                ([("page", "/trades"), ("known", "2026-03-08T02:30")], [Self.newYork], "known: expected"),
                ([("page", "/trades"), ("happened", "soon")], [], "happened: expected"),
                ([("page", "//evil.example/trades")], [], "page: expected"), ([("page", "https://evil.example")], [], "page: expected"),
                ([("page", "/api/ledger/head")], [], "page: expected"), ([], [], "page: expected"),
                ([("page", "/trades?a=%zz")], [], "page: expected"), ([("page", "/trades"), ("more", "1")], [], "unknown parameter"),
            ] as [([(String, String)], [(String, String)], String)] {
                let answer = try await service.ask("/moment?\(Self.encoded(fields))", headers: headers)
                #expect(answer.status == 400 && Self.text(answer).contains(part), "\(fields)")
                #expect(Self.text(answer).hasPrefix("<!doctype html>"), "\(fields)")
            }
        }
    }

    // MARK: Rules

    @Test func `a page of a view is read under the rules that are asked for, and its figures are explained under them`() async throws {
        try await withService { (service: RunningService) async throws -> Void in
            try await service.ledger.log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 1, low: 1))
            let page = Self.text(try await service.askSettled("/trades?as_of_position=\(activations + 1)&rules=as_served"))
            #expect(page.contains("under the rules served then") && page.contains(#"<option value="as_served" selected>"#))
            #expect(page.contains(#"<option value="v1/c"#), "the versions that have rows are offered")
            let link = try #require(page.firstMatch(of: /href="(\/explain\?view=trades[^"]*field=price[^"]*)"/)?.output.1)
            let explained = try await service.ask(String(link).replacing("&amp;", with: "&"))
            #expect(link.contains("rules=as_served") && explained.status == 200)
            #expect(Self.text(explained).contains("under the rules served then"))
            // The filters keep them.
            #expect(page.contains(#"<input type="hidden" name="rules" value="as_served">"#))
            for (target, status, part) in [
                ("/trades?rules=v9", 400, "rules: expected a version of trades"), ("/trades?rules=alignment@v1", 400, "rules"),
                ("/performance?rules=v1", 400, "rules: expected as_served"), ("/performance?rules=as_served", 200, "served then"),
                ("/log?rules=as_served", 400, "unknown parameter"),
            ] {
                let answer = try await service.askSettled(target)
                #expect(answer.status == status && Self.text(answer).contains(part), "\(target): \(answer.status)")
            }
        }
    }

    // MARK: Two moments

    @Test func `two moments are compared by event or by instant`() async throws {
        try await withService { (service: RunningService) async throws -> Void in
            let log = service.ledger.log
            try await log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 1, low: 1))
            let before = try #require(try await service.ledger.head().head.recordedAt)
            try await log.append([recorded(try sampleRow("T2")), recorded(try sampleRow("T3"))], runID: UniqueID(high: 1, low: 2))
            let head = try await service.ledger.head().head.position
            let byEvent = Self.text(try await service.askSettled("/changes?view=trades&from=\(head - 2)&to=\(head)"))
            #expect(byEvent.contains("After event \(head - 2)") && byEvent.contains("The money that moved"))
            let added = /Added<\/dt><dd class="number">2</
            #expect(byEvent.contains(added) && byEvent.contains(">T2</a>") && !byEvent.contains(">T1</a>"))
            let instant = Self.encoded([("from", before.description)])
            let byInstant = Self.text(try await service.askSettled("/changes?view=trades&\(instant)&to=\(head)"))
            #expect(byInstant.contains(added) && byInstant.contains("After event \(head - 2)"))
            // Without both, it is the last event.
            #expect(Self.text(try await service.askSettled("/changes")).contains("After event \(head - 1)"))
            for (target, part) in [
                ("/changes?from=x", "from: expected a position"), ("/changes?to=2026-01-31", "is its start"),
                ("/changes?at=1", "unknown parameter"),
            ] {
                let answer = try await service.ask(target)
                #expect(answer.status == 400 && Self.text(answer).contains(part), "\(target)")
            }
        }
    }

    @Test func `the form of two moments leads to an address in UTC`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            func form(_ fields: [(String, String)], _ headers: [(String, String)] = []) async throws -> String? {
                try await service.ask("/changes?\(Self.encoded([("view", "trades")] + fields))", headers: headers).headers["location"]
            }
            let was = [("was_from", "50"), ("was_to", "2026-02-01T09:00:00.250000Z")]
            #expect(
                try await form(was + [("from", "50"), ("from_at", ""), ("to", ""), ("to_at", "2026-02-01T09:00:00")])
                    == "/changes?view=trades&from=50&to=2026-02-01T09%3A00%3A00.250000Z")
            #expect(
                try await form(was + [("from", "50"), ("from_at", "2026-01-31T16:00"), ("to", "60"), ("to_at", "")], [Self.newYork])
                    == "/changes?view=trades&from=2026-01-31T21%3A00%3A00Z&to=60")
        }
    }

    // MARK: What a browser keeps

    @Test func `preferences are kept by a form of this service, and pages follow them`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            func post(_ body: String, _ headers: [(String, String)]) async throws -> RunningService.Answer {
                try await service.ask("/preferences", method: "POST", headers: headers, body: body)
            }
            let origin = Self.origin(service)
            let compact = try await post("density=compact&next=%2Flog%3Ftype%3DX", [origin])
            #expect(compact.status == 303 && compact.headers["location"] == "/log?type=X")
            let cookie = try #require(Self.cookie("alpha_ledger_view", compact))
            #expect(cookie == "alpha_ledger_view=compact.utc")
            #expect(compact.headers["set-cookie"]?.contains("HttpOnly; SameSite=Strict; Max-Age=31536000") == true)
            // One choice leaves the other as it is.
            let both = try await post("zone=new_york", [origin, ("Cookie", cookie)])
            #expect(Self.cookie("alpha_ledger_view", both) == "alpha_ledger_view=compact.new_york")
            let page = Self.text(try await service.ask("/log", headers: [("Cookie", "alpha_ledger_view=compact.new_york")]))
            #expect(page.contains(#"data-density="compact" data-zone="America/New_York""#) && page.contains(#/ E[SD]T</time>/#))
            #expect(Self.text(try await service.ask("/log")).contains(#"data-density="comfortable" data-zone="UTC""#))
            for (body, headers, status) in [
                ("density=tiny", [origin], 400), ("zone=mars", [origin], 400), ("colour=red", [origin], 400), ("density=compact", [], 403),
                ("density=compact", [("Origin", "https://evil.example")], 403),
            ] as [(String, [(String, String)], Int)] {
                let answer = try await post(body, headers)
                #expect(answer.status == status && answer.headers["set-cookie"] == nil, "\(body)")
            }
            #expect(try await post("density=compact&next=%2F%2Fevil.example", [origin]).headers["location"] == "/trades")
        }
    }

    @Test func `a browser remembers where the log ended when the last visit did`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            let first = try await service.ask("/log")
            let head = try #require(try await service.ask("/api/ledger/head").json()["position"]?.integer)
            let cookie = try #require(Self.cookie("alpha_ledger_visit", first))
            #expect(cookie.hasPrefix("alpha_ledger_visit=\(head).\(head)."))
            let minute = try #require(Int64(cookie.split(separator: ".").last ?? ""))
            try await service.ledger.log.append([recorded(try sampleRow("T1"))], runID: UniqueID(high: 1, low: 1))
            // The same visit goes on: its start stays, and what came since is offered.
            let second = try await service.ask("/log", headers: [("Cookie", cookie)])
            #expect(Self.text(second).contains("Since your last visit: 1 event<"))
            #expect(Self.text(second).contains("/changes?view=trades&amp;from=\(head)&amp;to=\(head + 1)"))
            #expect(Self.cookie("alpha_ledger_visit", second)?.hasPrefix("alpha_ledger_visit=\(head).\(head + 1).") == true)
            // After a pause the next visit begins where the last one ended.
            let later = ("Cookie", "alpha_ledger_visit=\(head).\(head + 1).\(minute - 31)")
            let third = try await service.ask("/log", headers: [later])
            #expect(!Self.text(third).contains("Since your last visit"))
            #expect(Self.cookie("alpha_ledger_visit", third)?.hasPrefix("alpha_ledger_visit=\(head + 1).\(head + 1).") == true)
            // What is not a visit of this ledger is a first one.
            for text in ["x", "1.2", "-1.0.0", "9999999.9999999.0", "2.1.0", "0.0.99999999999"] {
                let answer = try await service.ask("/log", headers: [("Cookie", "alpha_ledger_visit=\(text)")])
                let cookie = try #require(Self.cookie("alpha_ledger_visit", answer), "\(text)")
                #expect(cookie.hasPrefix("alpha_ledger_visit=\(head + 1).\(head + 1)."), "\(text)")
                #expect(!Self.text(answer).contains("Since your last visit"), "\(text)")
            }
            // A browser that is up to date is not told again.
            let again = try #require(Self.cookie("alpha_ledger_visit", third))
            let fourth = try await service.ask("/log", headers: [("Cookie", again)])
            #expect(Self.cookie("alpha_ledger_visit", fourth) == nil || Self.cookie("alpha_ledger_visit", fourth) != again)
        }
    }

    // MARK: Ticks

    @Test func `the play head has the ledger's own ticks`() async throws {
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            let page = Self.text(try await service.ask("/log"))
            #expect(page.contains(#"<li class="t-promotion""#) && page.contains(/>[a-z_]+ v1\/c[0-9]+<\/a>/))
            #expect(page.contains(#"<path class="t-promotion" d="M"#))
        }
    }

    @Test func `the style guide is a page of the service`() async throws {
        try await withService(["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests"], projectors: false) {
            (service: RunningService) async throws -> Void in
            let stranger = try await service.ask("/styleguide")
            #expect(stranger.status == 303 && stranger.headers["location"] == "/sign-in?next=%2Fstyleguide")
        }
        try await withService(projectors: false) { (service: RunningService) async throws -> Void in
            let page = try await service.ask("/styleguide")
            #expect(page.status == 200 && Self.text(page).contains("The parts of these pages"))
        }
    }
}
