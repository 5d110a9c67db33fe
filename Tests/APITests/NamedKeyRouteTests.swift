import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import TestSupport
import Testing

/// Keys by name: what each may do, and where its name stands.
@Suite struct NamedKeyRouteTests {
    private static let (alice, wall, desk) = ("alice-key-of-tests", "wall-key-of-tests", "desk-key-of-tests")

    private static func line(_ name: String, _ role: String, _ key: String) -> String {
        "- {name: \(name), role: \(role), sha256: \(Digest32(sha256Of: key))}\n"
    }

    private func bearer(_ key: String) -> [(String, String)] { [("Authorization", "Bearer \(key)")] }

    @Test func `each role may do what it says, and the actor stands in the log and in the event`() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = directory + "/keys.yaml"
        try (Self.line("alice", "admin", Self.alice) + Self.line("wall", "read", Self.wall) + Self.line("desk", "trade", Self.desk))
            .write(toFile: file, atomically: true, encoding: .utf8)
        let settings = ["ALPHA_LEDGER_KEYS": file, "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]
        let recorder = LogRecorder()
        try await withService(settings, projectors: false, logger: recorder.logger) { service in
            let list = "/api/internal/assertions"
            #expect(try await service.ask("/api/ledger/head").status == 401, "also on loopback")
            for key in [Self.alice, Self.wall, Self.desk, "admin-key-of-tests"] {
                #expect(try await service.ask("/api/ledger/head", headers: bearer(key)).status == 200)
            }
            #expect(try await service.ask("/api/ledger/head", headers: bearer("no-key-of-tests")).status == 401)
            let body =
                #"{"dry_run":false,"portfolio":"IMST","contract":"C","kind":"cash","as_of":"2026-01-10T14:30:00Z","value":0,"#
                + #""reason":"a statement"}"#
            for key in [Self.wall, Self.desk] { #expect(try await service.post(list, body, key: key).status == 403) }
            let other = try await service.post(list, body.replacing(#""value""#, with: #""by":"bob","value""#), key: Self.alice)
            #expect(try other.status == 400 && other.json()["detail"]?.string == "by: expected `alice`, whose key it is")
            #expect(try await service.post(list, body, key: "admin-key-of-tests").status == 400, "a key without a name has to say who")
            let stated = try await service.post(list, body, key: Self.alice)
            #expect(stated.status == 200, "\(String(decoding: stated.body, as: UTF8.self))")
            let position = try #require(try stated.json()["position"]?.integer)
            let event = try await service.ask("/api/ledger/events/\(position)", headers: bearer(Self.wall)).json()
            #expect(event["payload"]?["stated_by"]?.string == "alice")
            // So does the event that ends a backfill.
            try await service.ledger.log.append([recorded(try sampleRow("T-1"))], runID: UniqueID(high: 7, low: 7))
            let stamped = try await service.post("/api/internal/trades/context/backfill", #"{"dry_run":false}"#, key: Self.alice)
            #expect(stamped.status == 200, "\(String(decoding: stamped.body, as: UTF8.self))")
            let run = try await service.ask("/api/ledger/runs", headers: bearer(Self.wall)).json()["runs"]?.elements.first { _ in true }
            #expect(run?["actor"]?.string == "alice" && run?["kind"]?.string == "context" && run?["status"]?.string == "completed")
        }
        #expect(recorder.lines.contains { $0.contains("POST") && $0.contains("actor=alice") }, "\(recorder.lines.suffix(8))")
        #expect(recorder.lines.contains { $0.contains("POST") && $0.contains("actor=-") })
    }
}
