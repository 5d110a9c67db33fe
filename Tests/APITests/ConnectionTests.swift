import Foundation
import LoopbackServer
import Operations
import Synchronization
import TestSupport
import Testing

@testable import API

/// What a connection may cost: clients that are slow, and clients that are many.
@Suite(.serialized)
struct ConnectionTests {
    // MARK: - Alone

    private static let start = ContinuousClock.now

    private static func clock() -> ConnectionClock {
        ConnectionClock(requestDeadline: .seconds(10), stallTimeout: .seconds(20), now: start)
    }

    @Test func `a request has its time from its first byte on, however its bytes come`() {
        var clock = Self.clock()
        #expect(clock.verdict(at: Self.start + .seconds(1000), buffered: 0) == .quiet)
        for second in 0..<10 {
            let now = Self.start + .seconds(1000 + second)
            clock.received(at: now)
            #expect(clock.verdict(at: now, buffered: 0) == .waitUntil(Self.start + .seconds(1010)))
        }
        #expect(clock.waitingSince == Self.start + .seconds(1000))
        #expect(clock.verdict(at: Self.start + .seconds(1010), buffered: 0) == .requestTooSlow)
    }

    @Test func `time in which an answer is owed is not the client's, and the next request starts anew`() {
        var clock = Self.clock()
        clock.received(at: Self.start)
        clock.requestEnded(at: Self.start)
        // The next one begins while the first is answered.
        clock.received(at: Self.start + .seconds(1))
        #expect(clock.waitingSince == nil)
        #expect(clock.verdict(at: Self.start + .seconds(500), buffered: 0) == .quiet)
        clock.answerEnded(at: Self.start + .seconds(500))
        #expect(clock.verdict(at: Self.start + .seconds(509), buffered: 0) == .waitUntil(Self.start + .seconds(510)))
        #expect(clock.verdict(at: Self.start + .seconds(510), buffered: 0) == .requestTooSlow)
    }

    @Test func `an early answer leaves the request its time, and no more`() {
        var clock = Self.clock()
        clock.received(at: Self.start)
        clock.answerEnded(at: Self.start + .seconds(9))
        #expect(clock.verdict(at: Self.start + .seconds(10), buffered: 0) == .requestTooSlow)
        clock.requestEnded(at: Self.start + .seconds(11))
        #expect(clock.waitingSince == Self.start + .seconds(11))
        #expect(clock.verdict(at: Self.start + .seconds(100), buffered: 0) == .quiet)
    }

    @Test func `a reader is given up once it took nothing for a while, however much it took before`() {
        var clock = Self.clock()
        clock.received(at: Self.start)
        clock.requestEnded(at: Self.start)
        clock.wrote(1000, at: Self.start)
        for (second, left) in [(5, 900), (24, 800), (43, 799)] {
            let now = Self.start + .seconds(second)
            #expect(clock.verdict(at: now, buffered: left) == .waitUntil(now + .seconds(20)))
        }
        #expect(clock.verdict(at: Self.start + .seconds(62), buffered: 799) == .waitUntil(Self.start + .seconds(63)))
        #expect(clock.verdict(at: Self.start + .seconds(63), buffered: 799) == .answerStalled)
        // Nothing to take is nothing to be late with.
        #expect(clock.verdict(at: Self.start + .seconds(64), buffered: 0) == .quiet)
        clock.wrote(10, at: Self.start + .seconds(1000))
        #expect(clock.verdict(at: Self.start + .seconds(1001), buffered: 10) == .waitUntil(Self.start + .seconds(1020)))
    }

    @Test func `who has been waited for longest makes room, first of the same address, and who is owed an answer stays`() throws {
        let table = ConnectionTable(maximum: 5, perPeer: 3)
        let closed = Mutex<[String]>([])
        func admission(_ name: String, _ peer: String, at second: Int) -> ConnectionTable.Admission {
            table.open(peer, now: Self.start + .seconds(second)) { closed.withLock { $0.append(name) } }
        }
        func open(_ name: String, _ peer: String, at second: Int) -> ConnectionTable.Entry? {
            if case .admitted(let entry) = admission(name, peer, at: second) { entry } else { nil }
        }
        let a0 = try #require(open("a0", "a", at: 10))
        _ = try #require(open("a1", "a", at: 11))
        let a2 = try #require(open("a2", "a", at: 12))
        table.mark(a0, waitingSince: nil)
        let a3 = try #require(open("a3", "a", at: 20))
        #expect(closed.withLock { $0 } == ["a1"] && table.count == 3)
        for entry in [a2, a3] { table.mark(entry, waitingSince: nil) }
        guard case .peerIsFull(let a4) = admission("a4", "a", at: 21) else { throw RunningService.BadAnswer() }
        // Who is refused takes no place, and makes none free for the next.
        guard case .peerIsFull(let a5) = admission("a5", "a", at: 22) else { throw RunningService.BadAnswer() }
        for entry in [a4, a5, a4] { table.closed(entry) }
        #expect(table.count == 3)
        // Others come in all the same; of everybody the longest goes.
        for (name, second) in [("b0", 30), ("b1", 29), ("c0", 31)] { #expect(open(name, name, at: second) != nil) }
        #expect(closed.withLock { $0 } == ["a1", "b1"] && table.count == 5)
        table.mark(a0, waitingSince: Self.start + .seconds(40))
        table.mark(try #require(open("d", "d", at: 50)), waitingSince: nil)
        #expect(closed.withLock { $0 } == ["a1", "b1", "b0"])
        for name in ["c0", "a0"] {
            table.mark(try #require(open("e", "e\(name)", at: 60)), waitingSince: nil)
            #expect(closed.withLock { $0.last } == name)
        }
        guard case .full = admission("f", "f", at: 70) else { throw RunningService.BadAnswer() }
        #expect(table.count == 5)
    }

    // MARK: - Over sockets

    private static let keys = ["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]
    private static let head = "Host: 127.0.0.1\r\nAuthorization: Bearer admin-key-of-tests\r\n"

    /// A socket that takes little at a time, with what was sent on it.
    private static func hang(_ service: RunningService, _ text: String) throws -> FileHandle {
        let socket = try service.connect()
        try socket.write(contentsOf: Array(text.utf8))
        return socket
    }

    private static func metric(_ service: RunningService, _ line: String) async throws -> Int {
        let text = String(
            decoding: try await service.ask("/metrics", headers: [("Authorization", "Bearer reader-key-of-tests")]).body, as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix(line + " ") }.flatMap { Int($0.dropFirst(line.count + 1)) } ?? 0
    }

    private static func closed(_ service: RunningService, _ reason: String) async throws -> Int {
        try await metric(service, "alpha_ledger_connections_closed_total{reason=\"\(reason)\"}")
    }

    /// Sends a byte on each of some sockets over and over until the service ends them; what it had to say on each.
    private static func trickle(_ sockets: [FileHandle]) async throws -> [String] {
        try await blocking {
            var answers = [String](repeating: "", count: sockets.count)
            var open = Set(sockets.indices)
            var buffer = [UInt8](repeating: 0, count: 4096)
            for _ in 0..<1200 where !open.isEmpty {
                for index in open {
                    let descriptor = sockets[index].fileDescriptor
                    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                    if count > 0 {
                        answers[index] += String(decoding: buffer[..<count], as: UTF8.self)
                    } else if count == 0 || errno != EAGAIN {
                        open.remove(index)
                    } else if answers[index].isEmpty {
                        send(descriptor, [UInt8(ascii: "a")], 1, Int32(MSG_NOSIGNAL))
                    }
                }
                usleep(100_000)
            }
            #expect(open.isEmpty, "\(open.count) of \(sockets.count) are still open")
            return answers
        }
    }

    @Test func `six hundred slow clients hold nobody up, and are ended in their time`() async throws {
        var limits = ServiceLimits()
        // Long enough for all of them to come on a busy machine.
        limits.requestDeadline = .seconds(12)
        limits.stallTimeout = .seconds(12)
        try await withService(Self.keys, limits: limits, projectors: false) { service in
            let (heads, bodies, readers) = try await blocking {
                let head = "GET /api/ledger/head HTTP/1.1\r\n\(Self.head)X-Slow: "
                let body = "POST /api/internal/trades/sync HTTP/1.1\r\n\(Self.head)Content-Length: 20000\r\n\r\n{"
                // More than the sockets' buffers hold.
                let reads = String(repeating: "GET /openapi.yaml HTTP/1.1\r\n\(Self.head)\r\n", count: 100)
                return (
                    try (0..<280).map { _ in try Self.hang(service, head) }, try (0..<280).map { _ in try Self.hang(service, body) },
                    try (0..<40).map { _ in try Self.hang(service, reads) }
                )
            }
            // None has been ended, and all kinds of others are served.
            for _ in 0..<100 where try await Self.metric(service, "alpha_ledger_connections") < 600 {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await Self.metric(service, "alpha_ledger_connections") >= 600)
            for _ in 0..<5 {
                #expect(try await service.ask("/healthz").status == 200)
                #expect(try await service.ask("/api/ledger/head", headers: [("Authorization", "Bearer reader-key-of-tests")]).status == 200)
                #expect(try await service.post("/api/internal/trades/sync", "{}").code() == "feed_not_configured")
            }
            for answer in try await Self.trickle(heads + bodies) {
                #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
                #expect(answer.lowercased().contains("connection: close") && answer.contains("\"code\":\"request_timeout\""))
                #expect(answer.contains("application/problem+json"))
            }
            #expect(try await Self.closed(service, "slow_request") == 560)
            for _ in 0..<1000 {
                if try await Self.closed(service, "unread_answer") == readers.count { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await Self.closed(service, "unread_answer") == readers.count)
            #expect(try await service.ask("/healthz").status == 200)
        }
    }

    @Test func `what can be refused without the body is refused before the body comes`() async throws {
        let feed = try LoopbackServer { _ in .steps([.pause(milliseconds: 60_000)]) }
        var limits = ServiceLimits()
        (limits.concurrentWrites, limits.queuedWrites) = (1, 0)
        var environment = Self.keys
        environment["ALPHA_TRADE_FEED_URL"] = feed.url
        environment["ALPHA_TRADE_FEED_API_KEY"] = "k"
        environment["ALPHA_TRADE_FEED_PORTFOLIOS"] = "IMST"
        try await withService(environment, limits: limits, projectors: false) { service in
            func refused(_ path: String, _ headers: String, _ status: Int, _ code: String) async throws {
                // No body follows: whoever waits for it waits for the service's patience to end.
                let answer = try await service.raw("POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(headers)\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("\"code\":\"\(code)\""), "\(answer)")
                #expect(answer.lowercased().contains("connection: close"), "\(answer)")
            }
            let sync = "/api/internal/trades/sync"
            let key = "Authorization: Bearer admin-key-of-tests\r\n"
            try await refused(sync, "Content-Length: 5\r\n", 401, "unauthorized")
            try await refused(sync, "Expect: 100-continue\r\nContent-Length: 5\r\n", 401, "unauthorized")
            try await refused(sync, "\(key)Content-Length: 65537\r\n", 413, "body_too_large")
            try await refused("/nothing", "\(key)Content-Length: 5\r\n", 404, "not_found")
            try await refused("/api/ledger/head", "\(key)Transfer-Encoding: chunked\r\n", 405, "method_not_allowed")
            // A sync that goes on for long takes the only place.
            let long = try Self.hang(service, "POST \(sync) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(key)Content-Length: 2\r\n\r\n{}")
            while feed.connectionCount == 0 { try await Task.sleep(for: .milliseconds(10)) }
            try await refused(sync, "\(key)Content-Length: 5\r\n", 503, "overloaded")
            let signedIn = try await service.ask(
                "/sign-in", method: "POST", headers: [("Origin", "http://127.0.0.1:\(service.port)")],
                body: "key=admin-key-of-tests&next=%2Ftrades")
            #expect(signedIn.status == 303 && signedIn.headers["set-cookie"] != nil)
            try long.close()
        }
    }

    @Test func `an address with all its connections busy is refused, and one that only holds some makes room`() async throws {
        var limits = ServiceLimits()
        limits.connectionsPerPeer = 3
        try await withService(Self.keys, limits: limits, projectors: false) { service in
            let idle = try (0..<3).map { _ in try service.connect() }
            #expect(try await service.ask("/healthz").status == 200)
            let stream = "GET /api/ledger/events/stream?after=0 HTTP/1.1\r\n\(Self.head)\r\n"
            let streams = try await blocking {
                try (0..<3).map { _ in
                    let socket = try Self.hang(service, stream)
                    var byte = [UInt8](repeating: 0, count: 1)
                    #expect(recv(socket.fileDescriptor, &byte, 1, 0) == 1)
                    return socket
                }
            }
            let answer = try await service.raw("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 429 ") && answer.contains("\"code\":\"too_many_connections\""), "\(answer)")
            #expect(answer.lowercased().contains("connection: close") && answer.lowercased().contains("retry-after: "))
            for socket in streams { try socket.close() }
            for _ in 0..<1000 {
                if try await service.raw("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 200 ")
                {
                    break
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await service.ask("/healthz").status == 200)
            withExtendedLifetime(idle) {}
        }
    }
}
