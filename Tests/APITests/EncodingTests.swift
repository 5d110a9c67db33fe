import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerValues
import Operations
import TestSupport
import Testing

@testable import API

/// Compressed answers, their tags, and what HTTP says of HEAD, OPTIONS and connections.
@Suite struct EncodingTests {
    private let list = "/api/internal/trades?limit=50"

    private func withTrades(_ body: @Sendable (RunningService) async throws -> Void) async throws {
        try await withService { service in
            try await service.ledger.log.append(
                try (0..<50).map { recorded(try sampleRow("T\($0)")) }, runID: service.ledger.newID())
            let head = try await service.ask("/api/ledger/head").json()["position"]?.integer ?? 0
            for _ in 0..<20 where try await service.ask("\(list)&as_of_position=\(head)").status != 200 {}
            try await body(service)
        }
    }

    /// What the system's gunzip makes of it.
    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        DispatchQueue.global().async {
            try? input.fileHandleForWriting.write(contentsOf: bytes)
            try? input.fileHandleForWriting.close()
        }
        let result = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(result)
    }

    @Test func `who takes gzip gets the same bytes compressed, under a tag of their own`() async throws {
        try await withTrades { service in
            let plain = try await service.ask(list)
            #expect(plain.status == 200 && plain.body.count > 20_000)
            #expect(plain.headers["content-encoding"] == nil && plain.headers["vary"] == "Accept-Encoding")
            let tag = try #require(plain.headers["etag"])
            for accepted in ["gzip", "deflate, gzip;q=0.5", "*", "GZIP ; q=1"] {
                let small = try await service.ask(list, headers: [("Accept-Encoding", accepted)])
                #expect(small.headers["content-encoding"] == "gzip" && small.headers["vary"] == "Accept-Encoding", "\(accepted)")
                #expect(small.body.count < plain.body.count / 8)
                #expect(try gunzip(small.body) == plain.body)
                #expect(small.headers["etag"] == "\(tag.dropLast())-gzip\"")
            }
            for refused in ["identity", "gzip;q=0", "br", "gzip;q=0, *", ""] {
                let answer = try await service.ask(list, headers: [("Accept-Encoding", refused)])
                #expect(answer.headers["content-encoding"] == nil && answer.body == plain.body, "\(refused)")
            }
            // Either tag will do: both stand for what the client has.
            #expect(tag.hasPrefix("W/\""))
            let small = "\(tag.dropLast())-gzip\""
            for (sent, known) in [(tag, tag), (small, small), (String(tag.dropFirst(2)), tag), (String(small.dropFirst(2)), small)] {
                let again = try await service.ask(list, headers: [("Accept-Encoding", "gzip"), ("If-None-Match", sent)])
                #expect(again.status == 304 && again.body.isEmpty, "\(sent)")
                #expect(again.headers["etag"] == known)
            }
            // What fits a packet is left alone.
            #expect(try await service.ask("/healthz", headers: [("Accept-Encoding", "gzip")]).headers["content-encoding"] == nil)
        }
    }

    @Test func `a kept answer is given again until something happens, and then is not`() async throws {
        try await withTrades { service in
            let first = try await service.ask(list)
            let again = try await service.ask(list)
            // The minute may have changed between the two.
            if first.headers["etag"] == again.headers["etag"] { #expect(first.body == again.body) }
            try await service.ledger.log.append([recorded(try sampleRow("A"))], runID: service.ledger.newID())
            let head = try #require(try await service.ask("/api/ledger/head").json()["position"]?.integer)
            for _ in 0..<20 where try await service.ask("\(list)&as_of_position=\(head)").status != 200 {}
            let after = try await service.ask(list)
            #expect(after.headers["etag"] != first.headers["etag"])
            #expect(try after.json()["rows"]?.elements.compactMap { $0["source_trade_id"]?.string }.first == "A")
            #expect(try after.json()["ledger"]?["head_position"]?.integer == head)
        }
    }

    @Test func `only an answer that its query pins wholly is given again without a look at the database`() async throws {
        try await withTrades { service in
            let basis = try #require(try await service.ask(list).json()["ledger"])
            let pins = "as_of_position=\(basis["position"]?.integer ?? 0)&as_of=2026-01-01T00:00:00Z"
            let pinned = "\(list)&\(pins)&rules=trades@v1/c\(basis["code_version"]?.integer ?? 0)"
            let first = try await service.ask(pinned)
            #expect(first.status == 200 && first.headers["cache-control"] == "private, immutable")
            let partly = try await service.ask("\(list)&\(pins)")
            #expect(partly.status == 200 && partly.headers["cache-control"] == "no-cache")
            // From here on every look at the log's head is an error.
            let owner = try await PostgresConnection.open(PostgresConfiguration(uri: service.ledger.serviceConfiguration.uri))
            try await owner.run { session in
                try session.executeScript("REVOKE SELECT ON ledger.head FROM alpha_ledger_service, alpha_ledger_reader")
            }
            await owner.close()
            let again = try await service.ask(pinned)
            #expect(again.status == 200 && again.body == first.body && again.headers["etag"] == first.headers["etag"])
            let small = try await service.ask(pinned, headers: [("Accept-Encoding", "gzip")])
            #expect(small.status == 200 && small.headers["content-encoding"] == "gzip")
            // A query that spells another's key is still a query, and refused as one.
            for target in ["\(list)&\(pins)", list, "\(pinned)&x=1", "\(pinned)|v1/1"] {
                #expect(try await service.ask(target).status >= 400, "\(target)")
            }
        }
    }

    @Test func `HEAD is a GET without its body, and OPTIONS names methods and leaves no other site in`() async throws {
        try await withTrades { service in
            for target in [list, "/api/ledger/head", "/healthz", "/nothing", "/openapi.yaml"] {
                let get = try await service.ask(target)
                let head = try await service.ask(target, method: "HEAD")
                #expect(head.status == get.status && head.body.isEmpty, "\(target)")
                for name in ["content-length", "content-type", "cache-control", "etag"] {
                    #expect(head.headers[name] == get.headers[name], "\(target) \(name)")
                }
            }
            let stream = try await service.ask("/api/ledger/events/stream", method: "HEAD")
            #expect(stream.status == 200 && stream.headers["content-type"] == "text/event-stream")
            let preflight = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")]
            for (target, allowed) in [
                ("/api/ledger/head", "GET, HEAD, OPTIONS"), ("/api/internal/trades/sync", "OPTIONS, POST"),
                ("/api/internal/trades/T1/history", "GET, HEAD, OPTIONS"),
            ] {
                let options = try await service.ask(target, method: "OPTIONS", headers: preflight)
                #expect(options.status == 204 && options.headers["allow"] == allowed && options.body.isEmpty, "\(target)")
                #expect(options.headers.keys.allSatisfy { !$0.hasPrefix("access-control") })
            }
            #expect(try await service.ask("/nothing", method: "OPTIONS").status == 404)
        }
    }

    @Test func `a client that says close in any way is closed, and one that waits to go on is told to`() async throws {
        try await withService(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"], projectors: false) { service in
            for connection in ["close", "Close", "keep-alive, close", "CLOSE,foo"] {
                // Ends only because the service closes: the socket's own patience is thirty seconds.
                let start = ContinuousClock.now
                let answer = try await service.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: \(connection)\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 200") && answer.lowercased().contains("connection: close"), "\(connection)")
                #expect(ContinuousClock.now - start < .seconds(29), "\(connection)")
            }
            let (first, second) = try await blocking {
                let socket = try service.connect()
                try socket.write(
                    contentsOf: Array(
                        "POST /api/internal/trades/sync HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin-key-of-tests\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
                            .utf8))
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = recv(socket.fileDescriptor, &buffer, buffer.count, 0)
                try socket.write(contentsOf: Array("{}".utf8))
                let rest = RunningService.readAll(socket.fileDescriptor)
                return (String(decoding: buffer[..<max(count, 0)], as: UTF8.self), String(decoding: rest, as: UTF8.self))
            }
            #expect(first.hasPrefix("HTTP/1.1 100") && (first + second).contains("HTTP/1.1 503"))
        }
    }

    @Test func `a client of HTTP 1.0 gets no chunks, and a connection that closes unless it asked to keep it`() async throws {
        try await withService(projectors: false) { service in
            let ask = "GET /healthz HTTP/1.0\r\nHost: localhost\r\n"
            let one = try await service.raw("\(ask)\r\n").lowercased()
            #expect(one.hasPrefix("http/1.0 200") && one.contains("connection: close") && !one.contains("transfer-encoding"))
            // Both answers come on one connection, and the second ends it.
            let two = try await service.raw("\(ask)Connection: Keep-Alive\r\n\r\n\(ask)\r\n").lowercased()
            #expect(two.components(separatedBy: "http/1.0 200").count == 3)
            #expect(two.contains("connection: keep-alive") && two.contains("connection: close"))
            // A stream goes on until somebody closes the connection.
            let text = try await blocking {
                let socket = try service.connect()
                try socket.write(contentsOf: Array("GET /api/ledger/events/stream?after=5 HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8))
                var (text, buffer) = ("", [UInt8](repeating: 0, count: 65536))
                while !text.contains("id: 7\n") {
                    let count = recv(socket.fileDescriptor, &buffer, buffer.count, 0)
                    if count <= 0 { break }
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                }
                return text
            }
            #expect(text.lowercased().contains("connection: close") && !text.lowercased().contains("transfer-encoding"))
            #expect(text.contains("\r\n\r\n: events of the ledger after 5\n") && text.contains("\n\nid: 6\nevent: "))
        }
    }

    @Test func `what is no HTTP, or too large a head, is refused like everything else`() async throws {
        try await withService(projectors: false) { service in
            for text in [
                "GET /healthz\r\n\r\n", "\u{1}\r\n\r\n",
                "GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\((0..<120).map { "X-\($0): y\r\n" }.joined())\r\n",
            ] {
                let answer = try await service.raw(text)
                #expect(answer.hasPrefix("HTTP/1.1 400"), "\(text.prefix(40)): \(answer)")
                #expect(answer.contains("application/problem+json") && answer.contains("\"code\":\"bad_request\""), "\(answer)")
            }
        }
    }

    @Test func `two Host headers, or none, are refused`() async throws {
        try await withService(["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests"], projectors: false) { service in
            for headers in ["", "Host: a\r\nHost: b\r\n"] {
                let answer = try await service.raw(
                    "GET /api/ledger/head HTTP/1.1\r\n\(headers)Authorization: Bearer reader-key-of-tests\r\nConnection: close\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 400"))
            }
        }
    }
}
