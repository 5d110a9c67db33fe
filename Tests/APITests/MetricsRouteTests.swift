import API
import Foundation
import LedgerEvents
import LedgerValues
import Operations
import TestSupport
import Testing

/// What Prometheus reads, and what it must never be told.
@Suite struct MetricsRouteTests {
    private func figures(_ service: RunningService) async throws -> [String: Double] {
        let answer = try await service.ask("/metrics")
        #expect(answer.status == 200 && answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        var figures: [String: Double] = [:]
        for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            figures[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return figures
    }

    @Test func `appends, lag, requests and the process show, and paths, keys and ids don't`() async throws {
        let keys = ["ALPHA_LEDGER_READ_KEY": "reader-secret-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-secret-of-tests"]
        try await withService(keys, projectors: false) { service in
            let before = try await figures(service)
            try await service.ledger.log.append(
                [recorded(try sampleRow("a")), recorded(try sampleRow("b"))], runID: service.ledger.newID())
            let read = [("Authorization", "Bearer reader-secret-of-tests")]
            for id in ["a", "b", "c"] { _ = try await service.ask("/api/internal/trades/\(id)/history", headers: read) }
            _ = try await service.ask("/made/up", headers: read)
            _ = try await service.ask("/api/ledger/head", method: "PUT", headers: read)
            _ = try await service.ask("/api/ledger/head", headers: [("Authorization", "Bearer wrong")])
            let after = try await figures(service)
            func growth(_ name: String) -> Double { (after[name] ?? 0) - (before[name] ?? 0) }
            #expect(growth("alpha_ledger_appends_total") == 1 && growth("alpha_ledger_append_batches_total") == 1)
            #expect(growth("alpha_ledger_events_appended_total") == 2)
            #expect(after["alpha_ledger_head_position"] == Double(activations + 2) && after["alpha_ledger_database_up"] == 1)
            let trades = #"{projection="trades",version="v1",code_version="1"}"#
            #expect(
                after["alpha_ledger_projection_lag_events\(trades)"] == growth("alpha_ledger_events_appended_total") + Double(activations))
            #expect(after["alpha_ledger_projection_served\(trades)"] == 1 && after["alpha_ledger_projection_rebuilding\(trades)"] == 0)
            let history = #"{route="/api/internal/trades/{source_trade_id}/history",method="GET""#
            #expect(after["alpha_ledger_http_request_seconds_count\(history),status=\"200\"}"] == 2)
            #expect(after["alpha_ledger_http_request_seconds_count\(history),status=\"404\"}"] == 1)
            #expect(after["alpha_ledger_http_request_seconds_bucket\(history),status=\"200\",le=\"+Inf\"}"] == 2)
            #expect(after[#"alpha_ledger_http_request_seconds_count{route="none",method="GET",status="404"}"#] == 1)
            #expect(after[#"alpha_ledger_http_request_seconds_count{route="/api/ledger/head",method="other",status="405"}"#] == 1)
            #expect(after[#"alpha_ledger_http_refused_keys_total{code="unauthorized"}"#] == 1)
            #expect(after["process_resident_memory_bytes"] ?? 0 > 1_000_000 && after["process_cpu_seconds_total"] ?? 0 > 0)
            #expect(after[#"alpha_ledger_pool_maximum{pool="reads"}"#] == 8)
            let text = after.keys.joined()
            for secret in ["secret", "made", "PUT", "127.0.0.1", "sample"] { #expect(!text.contains(secret), "\(secret)") }
        }
    }

    @Test func `a database that is gone is a figure, not an error`() async throws {
        try await withService(projectors: false) { service in
            await service.ledger.pool.close()
            let figures = try await figures(service)
            #expect(figures["alpha_ledger_database_up"] == 0 && figures["process_resident_memory_bytes"] != nil)
        }
    }
}
