import API
import Foundation
import LedgerEvents
import LedgerValues
import Operations
import Synchronization
import TestSupport
import Testing

/// Ten thousand requests that no good client sends, over raw sockets: none may end in a 500 or a crash, and none may show
/// a row, a statement or a path.
@Suite struct MalformedRequestTests {
    private static let count = 10_000
    private static let threads = 8
    /// Stands in every row: who has no key must never see it.
    private static let marker = "Marker-7f3a"
    /// What only the inside would say.
    private static let inside = ["SELECT ", "SQLSTATE", "pg_", "ledger.events", "Fatal error", "/schema/", "Postgres refused", "unnest("]

    @Test func `no malformed request is answered with an error of the service or with data`() async throws {
        var limits = ServiceLimits()
        limits.authenticationFailures = 1_000_000
        let keys = ["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]
        try await withService(keys, limits: limits, projectors: false) { service in
            var row = try sampleRow("T0")
            row.sourcePortfolio = Self.marker
            try await service.ledger.log.append([recorded(row)], runID: service.ledger.newID())
            try await service.ledger.bringUpToDate(["trades"])
            let tally = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for thread in 0..<Self.threads {
                    group.addTask {
                        try await blocking {
                            for seed in stride(from: thread, to: Self.count, by: Self.threads) {
                                let status = try Self.check(UInt64(seed), service)
                                tally.add(status)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await service.ask("/healthz").status == 200)
            let counts = tally.counts
            let refused = counts.filter { 400..<500 ~= $0.key }.values.reduce(0, +)
            // Most are refused, some are good by chance: both kinds are there, or the generator says little.
            #expect(refused > Self.count / 2 && counts[200] ?? 0 > 50, "\(counts)")
        }
    }

    /// Answers by status.
    private final class Tally: Sendable {
        private let statuses = Mutex<[Int: Int]>([:])
        var counts: [Int: Int] { statuses.withLock { $0 } }
        func add(_ status: Int) { statuses.withLock { $0[status, default: 0] += 1 } }
    }

    /// Sends one and judges the answer; 0 where the service just closed.
    private static func check(_ seed: UInt64, _ service: RunningService) throws -> Int {
        var request = MalformedRequest(seed: seed, port: service.port)
        let (bytes, hasKey) = request.make()
        let socket = try service.connect()
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(socket.fileDescriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { break }
            sent += count
        }
        shutdown(socket.fileDescriptor, Int32(SHUT_WR))
        let answer = String(decoding: RunningService.readAll(socket.fileDescriptor), as: UTF8.self)
        if answer.isEmpty { return 0 }
        let status = answer.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? -1
        let shown = String(decoding: bytes.prefix(300), as: UTF8.self).debugDescription
        let isOld = bytes.firstRange(of: Array(" HTTP/1.0\r\n".utf8)) != nil
        if !(answer.hasPrefix("HTTP/1.1 ") || isOld && answer.hasPrefix("HTTP/1.0 ")) || status < 100 || status == 500 {
            Issue.record("seed \(seed): \(shown) was answered \(answer.prefix(300))")
        }
        if !hasKey && (answer.contains(marker) || status == 200) {
            Issue.record("seed \(seed): \(shown) has no key and was answered \(answer.prefix(300))")
        }
        for word in inside where answer.contains(word) && !hasKey || answer.contains(word) && status != 200 {
            Issue.record("seed \(seed): \(shown): the answer holds `\(word)`")
        }
        return status
    }
}

/// Makes one request that is wrong in some way, or in several.
private struct MalformedRequest {
    private var random: SeededGenerator
    private let port: Int

    init(seed: UInt64, port: Int) {
        random = SeededGenerator(seed: seed)
        self.port = port
    }

    private static let targets = [
        "/api/internal/trades", "/api/internal/trades/positions", "/api/internal/trades/context",
        "/api/internal/trades/execution-quality", "/api/internal/trades/opportunity-alignment", "/api/internal/trades/outcomes",
        "/api/internal/trades/sync-state", "/api/internal/trades/T0/history", "/api/ledger/head", "/api/ledger/events",
        "/api/ledger/events/1", "/api/ledger/proof/inclusion", "/api/ledger/proof/consistency", "/api/ledger/projections",
        "/api/ledger/projections/trades/diff", "/api/ledger/explain", "/openapi.yaml", "/nothing", "/api", "/",
    ]
    private static let posts = [
        "/api/internal/trades/sync", "/api/internal/trades/context/backfill",
        "/api/internal/trades/execution-benchmarks/backfill", "/api/internal/trades/outcomes/backfill",
        "/api/ledger/projections/trades/promote", "/api/ledger/projections/trades/rollback",
    ]
    private static let names = [
        "limit", "cursor", "as_of_position", "as_of", "effective_at", "portfolio", "underlying", "from", "to", "state", "quality",
        "label", "source", "horizons", "after", "position", "size", "rules", "receipt", "view", "key", "field", "x", "", "%00", "'",
    ]
    private static let values = [
        "", "0", "1", "-1", "+1", "1e9", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "NaN", "null",
        "'", "\"", "';DROP TABLE ledger.events;--", "1 OR 1=1", "%27%20OR%201=1--", "%00", "%", "%zz", "%ff%fe", "%F0%9F%98%80",
        "../../etc/passwd", "%2e%2e%2f", "2026-01-01", "2026-02-30", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "0000-00-00T00:00:00Z", "{}", "[]", "true", "1,7,30,expiry", "1,,", "0,4000", "<script>", "${7*7}", "{{7*7}}", "\u{7f}",
        "eyJwIjoxfQ", "AAAA====", "trades@v1", "as_served", "v1/c1", "alpha_sync", "*", "a&b=c", "\t",
    ]
    private static let bodies = [
        "", "{", "}", "[]", "null", "0", "\"", "{\"dry_run\":}", "{\"dry_run\":1}", "{\"dry_run\":\"false\"}", "{\"a\":1}",
        "{\"dry_run\":true,\"dry_run\":true}", "{\"limit\":-1}", "{\"limit\":1e400}", "{\"trade_ids\":{}}", "{\"trade_ids\":[null]}",
        "{\"horizons\":[0]}", "{\"horizons\":\"-1\"}", "{\"rules\":\"v0\"}", "{\"version\":\"v9\"}", "\u{feff}{}", "{\"\\ud800\":1}",
        "{\"digest\":\"x\"}", "{\"position\":-5}", "{\"quotes\":\"'; SELECT 1\"}",
    ]

    private mutating func pick<T>(_ values: [T]) -> T { values[Int(random.next() % UInt64(values.count))] }
    private mutating func number(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    private mutating func chance(_ percent: Int) -> Bool { number(100) < percent }

    private mutating func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }

    mutating func make() -> (bytes: [UInt8], hasKey: Bool) {
        // Some are no HTTP at all.
        if chance(4) { return (noise(1 + number(400)), false) }
        let isPost = chance(30)
        var method = isPost ? "POST" : "GET"
        if chance(12) {
            method = pick([
                "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "HEAD", "get", "G ET", "", "\u{1}", "PRI",
                String(repeating: "A", count: 300),
            ])
        }
        var target = pick(isPost ? Self.posts : Self.targets)
        if !isPost || chance(10) { target += query() }
        if chance(8) { target = spoiled(target) }
        var version = "HTTP/1.1"
        if chance(5) { version = pick(["HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "HTTP/1.1.1", "http/1.1", "", "HTTP/x"]) }
        var lines = ["\(method) \(target) \(version)"]
        if !chance(4) { lines.append("Host: \(chance(90) ? "127.0.0.1:\(port)" : pick(["", "evil", "[", "a b", "a,b", ":"]))") }
        let hasKey = chance(70)
        if hasKey { lines.append("Authorization: Bearer \(isPost ? "admin-key-of-tests" : "reader-key-of-tests")") }
        if !hasKey && chance(50) {
            lines.append("Authorization: \(pick(["Bearer", "Bearer ", "Bearer x", "Basic eA==", "bearer reader-key-of-test", "\u{80}"]))")
        }
        if chance(15) { lines += (0..<1 + number(3)).map { _ in header() } }
        lines.append("Connection: close")
        var bytes = Array(lines.joined(separator: chance(97) ? "\r\n" : "\n").utf8)
        if isPost || chance(5) { bytes += body() } else { bytes += Array("\r\n\r\n".utf8) }
        if chance(3), !bytes.isEmpty { bytes[number(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
        if chance(2) { bytes = Array(bytes.prefix(number(bytes.count))) }
        // A byte that changed may have made the key another, never another the key.
        return (bytes, hasKey)
    }

    private mutating func query() -> String {
        let pairs = (0..<number(4)).map { _ in "\(pick(Self.names))\(chance(90) ? "=" : "")\(pick(Self.values))" }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: chance(95) ? "&" : ";")
    }

    private mutating func spoiled(_ target: String) -> String {
        switch number(8) {
        case 0: target + String(repeating: "a", count: 1 + number(12_000))
        case 1: target + "%"
        case 2: target + "/%00"
        case 3: "http://evil.example" + target
        case 4: target.replacingOccurrences(of: "/", with: "//")
        case 5: target + "?" + String(repeating: "x=1&", count: number(2_500))
        case 6: pick(["*", "", "?", "#", "//", "/..", "/%2e%2e/%2e%2e/etc/passwd", "http://", "http://[", ":80", "\\"])
        default: target + "#fragment?limit=1"
        }
    }

    private mutating func header() -> String {
        switch number(9) {
        case 0: "X: " + String(repeating: "y", count: number(40_000))
        case 1: "If-None-Match: \(pick(["*", "\"", "W/", "W/\"x\"", "\"a\",\"b\"", ","]))"
        case 2: "Accept-Encoding: \(pick(["gzip;q=x", ";;;", "*;q=0", ",", "gzip;q=-1", "gzip;q=nan"]))"
        case 3: "Bad Header: x"
        case 4: ": empty"
        case 5: "X\u{0}Y: z"
        case 6: "Transfer-Encoding: \(pick(["chunked", "gzip", "identity", "chunked, chunked", "\u{b}chunked"]))"
        case 7: "Content-Length: \(pick(["-1", "x", "5", "99999999999999999999", "0, 1"]))"
        default: "Last-Event-ID: \(pick(["", "-1", "x", "1\u{0}"]))"
        }
    }

    private mutating func body() -> [UInt8] {
        var body = Array(pick(Self.bodies).utf8)
        if chance(5) { body = noise(number(2_000)) }
        if chance(3) { body = Array(String(repeating: "[", count: number(70_000)).utf8) }
        if chance(75) { return Array("\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body }
        var bytes = Array("\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        switch number(4) {
        case 0: bytes += Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
        case 1: bytes += Array("zz\r\n".utf8) + body
        case 2: bytes += Array("ffffffffffffffff\r\n".utf8) + body
        default: bytes += Array("5\r\n".utf8) + body
        }
        return bytes
    }
}
