import API
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Assertions over HTTP and on the console's page of a position.
@Suite struct AssertionRouteTests {
    private static let settings = ["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]

    private func body(_ value: String, _ more: String = #""dry_run":false"#) -> String {
        #"{"portfolio":"IMST","contract":"MSTR  260130C00350000","kind":"quantity","as_of":"2026-01-10T14:30:00Z","value":\#(value),"#
            + #""by":"operations","reason":"a statement",\#(more)}"#
    }

    /// The rows of the list, once the view has folded the log's end.
    private func rows(_ service: RunningService, _ query: String = "") async throws -> [JSONValue] {
        try await service.ledger.bringUpToDate(["assertions"])
        return try await service.ask("/api/internal/assertions\(query)").json()["rows"]?.elements.map { $0 } ?? []
    }

    @Test func `a statement is a dry run at first, is recorded once, and is checked again by a correction`() async throws {
        try await withService(Self.settings, projectors: false) { service in
            let row = try sampleRow("T-1")
            try await service.ledger.log.append([recorded(row)], runID: UniqueID(high: 1, low: 1))
            try await service.ledger.bringUpToDate(["assertions"])
            let head = try await service.ledger.primaryHead()

            let preview = try await service.post("/api/internal/assertions", body("10", #""dry_run":true"#))
            #expect(preview.status == 200, "\(String(decoding: preview.body, as: UTF8.self))")
            #expect(try preview.json()["appended"]?.integer == 0 && preview.json()["position"]?.isNull == true)
            #expect(try preview.json()["row"]?["state"]?.string == "holds" && preview.json()["row"]?["ledger_value"]?.integer == 10)
            #expect(try await service.ledger.primaryHead() == head)

            let first = try await service.post("/api/internal/assertions", body("\"10\"")).json()
            let again = try await service.post("/api/internal/assertions", body("10.0")).json()
            #expect(first["appended"]?.integer == 1 && first["position"]?.integer == head + 1)
            #expect(again["appended"]?.integer == 0 && again["position"]?.integer == head + 1)
            let id = try #require(first["assertion_id"]?.string)
            #expect(id.hasPrefix("asr_") && id.utf8.count == 20)

            #expect(try await rows(service).map { $0["state"]?.string } == ["holds"])
            var corrected = row
            corrected.quantity = FixedDecimal(12)
            try await service.ledger.log.append([updated(corrected, from: row, previous: 1)], runID: UniqueID(high: 1, low: 2))
            let broken = try await rows(service, "?state=broken&contract=MSTR260130C00350000")
            #expect(broken.map { $0["difference"]?.integer } == [2])
            #expect(broken.first?["checked_position"]?.integer == head + 2)

            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let position = try await service.askSettled("/api/internal/trades/positions")
            let key = try #require(try position.json()["rows"]?.elements.first { _ in true }?["position_id"]?.string)
            let page = try await service.askSettled("/position?id=\(key)")
            let text = String(decoding: page.body, as: UTF8.self)
            #expect(page.status == 200 && text.contains("An assertion is broken") && text.contains(id))

            var alerts = try AlertEvaluator(service.ledger, currencies: [])
            func evaluated(_ text: String) async throws -> EvaluationMoment {
                try await service.ledger.bringUpToDate(service.ledger.registry.names)
                return EvaluationMoment(now: try instant(text), position: try await service.ledger.head().head.position, captured: nil)
            }
            let raised = try await alerts.changes(at: try await evaluated("2026-02-01T10:00:00Z"), isPresent: true)
            #expect(
                raised.contains {
                    if case .raised(let alert) = $0 { alert.alertID == "assertion_broken" && alert.value == "1" } else { false }
                })

            let gone = try await service.post(
                "/api/internal/assertions/\(id)/withdraw", #"{"dry_run":false,"by":"operations","reason":"wrong"}"#)
            #expect(try gone.json()["appended"]?.integer == 1)
            let left = try await rows(service)
            #expect(left.map { $0["state"]?.string } == ["withdrawn"] && left[0]["withdrawal_reason"]?.string == "wrong")
            let cleared = try await alerts.changes(at: try await evaluated("2026-02-01T10:01:00Z"), isPresent: true)
            #expect(cleared.contains { if case .cleared(let alert) = $0 { alert.alertID == "assertion_broken" } else { false } })
            #expect(try await service.post("/api/internal/assertions", body("10")).code() == "conflict")
        }
    }

    @Test func `what is bad is named, and nothing is appended`() async throws {
        try await withService(Self.settings, projectors: false) { service in
            let head = try await service.ledger.primaryHead()
            for (more, field) in [
                (#""kind2":1"#, "unknown key"), (#""tolerance":-1"#, "tolerance: "), (#""tolerance":"x"#, "JSON"),
                (#""id":"a b""#, "id: "), (#""id":"""#, "id: "), (#""source":"""#, "source: "), (#""tolerance":true"#, "tolerance: "),
            ] {
                let answer = try await service.post("/api/internal/assertions", body("10", more))
                let code = try answer.code()
                let detail = try answer.json()["detail"]?.string ?? ""
                #expect(answer.status == 400 && code == "bad_body" && detail.contains(field), "\(more): \(detail)")
            }
            for (old, new, field) in [
                (#""portfolio":"IMST","#, "", "portfolio: "), (#""quantity""#, #""delta""#, "kind: expected quantity, premium, cash"),
                ("2026-01-10T14:30:00Z", "yesterday", "as_of: "), ("2026-01-10T14:30:00Z", "2190-01-10T14:30:00Z", "has passed"),
                (#""by":"operations","#, "", "by: "), (#""value":10"#, #""value":1e30"#, "value: "),
                (#""value":10"#, #""value":1000000000000000000"#, "value: "),
            ] {
                let altered = body("10").replacing(old, with: new)
                let answer = try await service.post("/api/internal/assertions", altered)
                let detail = try answer.json()["detail"]?.string ?? ""
                #expect(answer.status == 400 && detail.contains(field), "\(new): \(detail)")
            }
            let unknown = try await service.post("/api/internal/assertions/none/withdraw", #"{"by":"a","reason":"b"}"#)
            #expect(unknown.status == 404)
            #expect(try await service.post("/api/internal/assertions", body("10"), key: nil).status == 401)
            #expect(try await service.ledger.primaryHead() == head)

            let first = try await service.post("/api/internal/assertions", body("10", #""id":"one","dry_run":false"#))
            #expect(first.status == 200)
            let other = try await service.post("/api/internal/assertions", body("11", #""id":"one","dry_run":false"#))
            #expect(try other.status == 409 && other.json()["detail"]?.string?.contains("`one`") == true)
        }
    }
}
