import Foundation
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import TestSupport
import Testing

/// Rules that are tried over the ledger and stored nowhere.
@Suite struct PlaygroundRouteTests {
    private static let page = "/projections/playground"

    private func encoded(_ text: String) throws -> String {
        try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    }

    private func text(_ answer: RunningService.Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    private func send(
        _ service: RunningService, _ rules: String, action: String = "try", name: String = "alignment",
        headers: [(String, String)] = [], origin: String? = nil
    ) async throws -> RunningService.Answer {
        try await service.ask(
            Self.page, method: "POST", headers: headers + [("Origin", origin ?? "http://127.0.0.1:\(service.port)")],
            body: "name=\(name)&action=\(action)&text=\(try encoded(rules))")
    }

    @Test func `a draft's rows are those of the version that the same file gives when it is built, and nothing is stored`() async throws {
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let second = try String(contentsOfFile: home + "/projections/alignment/rules.v2.yaml", encoding: .utf8)
        let diff = try await withService(projectors: false, home: home) { service -> JSONDocument in
            try await service.ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            _ = try await service.ledger.rebuild([(name: "alignment", version: VersionReference(version: "v2"))])
            return try JSONDocument(parsing: try await service.ask("/api/ledger/projections/alignment/diff?from=v1&to=v2").body)
        }
        try await withService(projectors: false) { service in
            try await service.ledger.log.append(try GoldenLog.newEvents(), runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let head = try await service.ledger.primaryHead()
            let draft = try await service.ledger.draft(of: "alignment")
            #expect(draft.fileName == "rules.v2.yaml" && draft.text.contains("\nversion: 2\n") && draft.base.hasPrefix("v1/c"))
            let trial = try JSONDocument(parsing: try await service.ledger.trial(of: draft, text: second).document).root
            for member in ["rows", "fields", "moved", "sums", "changes_digest", "sample"] {
                #expect(trial[member]?.sourceText == diff.root[member]?.sourceText, "\(member)")
            }
            #expect((trial["rows"]?["changed"]?.integer ?? 0) > 3 && trial["is_cut"]?.bool == false)
            #expect(trial["position"]?.integer == head && trial["rules"]?["count"]?.integer == 2)
            // A trial that ends before the log says so.
            let cut = try JSONDocument(parsing: try await service.ledger.trial(of: draft, text: second, limit: head - 1).document).root
            #expect(cut["is_cut"]?.bool == true && cut["position"]?.integer == head - 1 && cut["head_position"]?.integer == head)
            // The draft as it is changes nothing.
            let same = try JSONDocument(parsing: try await service.ledger.trial(of: draft, text: draft.text).document).root
            #expect(same["rows"]?["changed"]?.integer == 0 && same["rules"]?["count"]?.integer == 0)

            // The same by the page's form, with the line ends of a browser.
            let answer = try await send(service, second.replacingOccurrences(of: "\n", with: "\r\n"))
            let html = text(answer)
            #expect(answer.status == 200 && html.contains("What would change") && html.contains("alignment_label"))
            #expect(html.contains("score: 60"), "the text stays on the page")
            let file = try await send(service, second, action: "download")
            #expect(file.body == Array(second.utf8))
            #expect(file.headers["content-disposition"] == "attachment; filename=\"rules.v2.yaml\"")
            #expect(try await service.ledger.primaryHead() == head)
            #expect(
                try await service.ask("/api/ledger/projections").json()["projections"]?.elements.allSatisfy {
                    $0["version"]?.string == "v1"
                } == true)
        }
    }

    @Test func `rules that can't be used are refused by their line, and a text of any size is bounded`() async throws {
        try await withService(projectors: false) { service in
            let draft = try await service.ledger.draft(of: "alignment")
            let page = try await service.ask("\(Self.page)?name=alignment")
            #expect(page.status == 200 && text(page).contains("<textarea"))
            for (wrong, said) in [
                ("version: 2\nrules: [", "projections/alignment/rules.v2.yaml"), ("rules: alignment\nversion: 3\n", "says 3"),
                (draft.text + "unknown_key: 1\n", "unknown_key"),
            ] {
                let answer = try await send(service, wrong)
                #expect(answer.status == 400 && text(answer).contains(said), "\(said)")
            }
            #expect(try await send(service, draft.text + "#" + String(repeating: "x", count: 32_768)).status == 400)
            #expect(try await send(service, draft.text, action: "store").status == 400)
            #expect(try await send(service, draft.text, name: "alignments").status == 404)
            #expect(try await service.ask(Self.page).status == 400)
            #expect(try await service.ask("\(Self.page)?name=nothing").status == 404)
        }
    }

    @Test func `whoever may read may try, from a page of the service and with the session's token`() async throws {
        try await withService(["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests"], projectors: false) { service in
            let draft = try await service.ledger.draft(of: "alignment")
            #expect(try await send(service, draft.text).status == 401)
            #expect(try await send(service, draft.text, origin: "https://evil.example").status == 403)
            let origin = ("Origin", "http://127.0.0.1:\(service.port)")
            let signedIn = try await service.ask("/sign-in", method: "POST", headers: [origin], body: "key=reader-key-of-tests")
            let cookie = ("Cookie", String(try #require(signedIn.headers["set-cookie"]?.split(separator: ";").first)))
            #expect(try await send(service, draft.text, headers: [cookie]).status == 403, "without the token")
            let page = text(try await service.ask("\(Self.page)?name=alignment", headers: [cookie]))
            let start = try #require(page.range(of: "name=\"form_token\" value=\"")).upperBound
            let token = String(page[start...].prefix { $0 != "\"" })
            let answer = try await service.ask(
                Self.page, method: "POST", headers: [cookie, origin],
                body: "name=alignment&action=try&form_token=\(token)&text=\(try encoded(draft.text))")
            #expect(answer.status == 200, "\(text(answer))")
        }
    }
}
