import Curl
import LoopbackServer
import Testing

/// What went wrong with a request, nil where it was answered.
func failure(_ transport: CurlTransport, _ request: HTTPRequestSpec) async -> TransportError? {
    do {
        _ = try await transport.get(request)
        return nil
    } catch {
        return error
    }
}

@Suite("Curl transport", .timeLimit(.minutes(1)))
struct TransportTests {
    let transport = CurlTransport()

    @Test func `An answer comes with its status, headers and body, and the request with its headers`() async throws {
        let server = try LoopbackServer { _ in
            .response(status: 404, headers: [("X-One", "  a b \t"), ("x-one", "c")], body: Array("nothing".utf8))
        }
        let response = try await transport.get(
            HTTPRequestSpec(url: "\(server.url)/a?b=c%20d", headers: [("Authorization", "raw key"), ("X-Empty", "")]))
        #expect(response.status == 404)
        #expect(response.header("X-ONE") == "a b")
        #expect(response.headers.filter { $0.name.lowercased() == "x-one" }.count == 2)
        #expect(response.body == Array("nothing".utf8))
        let request = try #require(server.requests.first)
        #expect(request.target == "/a?b=c%20d")
        #expect(request.header("Authorization") == "raw key")
        #expect(request.header("X-Empty") == "")
        #expect(request.header("Accept-Encoding") == "gzip")
    }

    @Test func `Requests one after another share a connection`() async throws {
        let server = try LoopbackServer { .json("\($0.number)") }
        for number in 1...5 {
            let response = try await transport.get(HTTPRequestSpec(url: server.url))
            #expect(response.body == Array("\(number)".utf8))
        }
        #expect(server.connectionCount == 1)
    }

    @Test func `A connection that the server closes between two requests is replaced`() async throws {
        let server = try LoopbackServer { _ in
            .steps([.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".utf8)), .close])
        }
        for _ in 1...5 { #expect(try await transport.get(HTTPRequestSpec(url: server.url)).status == 200) }
        #expect(server.connectionCount == 5)
    }

    @Test func `Many requests at a time are all answered, over a bounded number of connections`() async throws {
        let server = try LoopbackServer { .json($0.target) }
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<100 {
                group.addTask { try await transport.get(HTTPRequestSpec(url: "\(server.url)/\(number)")).body }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert(String(decoding: $1, as: UTF8.self)) }
        }
        #expect(answers == Set((0..<100).map { "/\($0)" }))
        #expect(server.connectionCount <= CurlTransport.maximumConcurrentRequests)
    }

    @Test func `A gzip body is decompressed`() async throws {
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = try LoopbackServer { _ in
            .response(status: 200, headers: [("Content-Encoding", "gzip")], body: Gzip.stored(body))
        }
        #expect(try await transport.get(HTTPRequestSpec(url: server.url)).body == body)
    }

    @Test(arguments: ["gzip", "surprise"])
    func `A body that can't be decompressed is refused`(encoding: String) async throws {
        let server = try LoopbackServer { _ in
            .response(status: 200, headers: [("Content-Encoding", encoding)], body: Array("{}          ".utf8))
        }
        #expect(await failure(transport, HTTPRequestSpec(url: server.url))?.code == .malformedResponse)
    }

    @Test func `A gzip bomb is refused at 64 MiB after decompression`() async throws {
        let bomb = Gzip.bomb(size: (64 << 20) + 1000)
        #expect(bomb.count < 500_000)
        let server = try LoopbackServer { _ in
            .response(status: 200, headers: [("Content-Encoding", "gzip")], body: bomb)
        }
        #expect(await failure(transport, HTTPRequestSpec(url: server.url))?.code == .bodyTooLarge)
    }

    @Test(arguments: [false, true])
    func `A body of the largest size is taken, one byte more is refused`(isCompressed: Bool) async throws {
        let server = try LoopbackServer { request in
            let body = [UInt8](repeating: 1, count: request.target == "/more" ? 70_001 : 70_000)
            return isCompressed
                ? .response(status: 200, headers: [("Content-Encoding", "gzip")], body: Gzip.stored(body))
                : .response(status: 200, headers: [], body: body)
        }
        var request = HTTPRequestSpec(url: "\(server.url)/", maximumBodyBytes: 70_000)
        #expect(try await transport.get(request).body.count == 70_000)
        request.url = "\(server.url)/more"
        #expect(await failure(transport, request)?.code == .bodyTooLarge)
    }

    @Test(arguments: [300, 301, 302, 303, 307, 308])
    func `A redirect is refused and not followed`(status: Int) async throws {
        let target = try LoopbackServer { _ in .json("{}") }
        let server = try LoopbackServer { _ in .status(status, [("Location", target.url)]) }
        let error = await failure(transport, HTTPRequestSpec(url: server.url, headers: [("Authorization", "k")]))
        #expect(error?.code == .redirectRefused)
        #expect(target.requests.isEmpty)
    }

    @Test(arguments: [
        "file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "nonsense", "", "http://", "http://a b/",
        "http://name:word@127.0.0.1/", "127.0.0.1", "http://example.com/", "http://127.0.0.1.example.com/", "http://[::2]/",
    ])
    func `A URL that is none, of another scheme, with credentials or in clear text is refused`(url: String) async {
        #expect(await failure(transport, HTTPRequestSpec(url: url))?.code == .invalidRequest)
    }

    @Test(arguments: ["key\n", "a\r\nX-More: b", "nul\0"])
    func `A header with control characters is refused before anything is sent`(value: String) async throws {
        let server = try LoopbackServer { _ in .json("{}") }
        let error = await failure(transport, HTTPRequestSpec(url: server.url, headers: [("Authorization", value)]))
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("Authorization") == true)
        #expect(server.connectionCount == 0)
    }

    @Test func `Nobody listening is told as unreachable`() async throws {
        let port = try LoopbackServer.unusedPort()
        let error = try #require(await failure(transport, HTTPRequestSpec(url: "http://127.0.0.1:\(port)/")))
        #expect(error.code == .unreachable)
        #expect(error.isUnreachable)
        #expect(error.message.contains("http://127.0.0.1:\(port)"))
    }

    @Test func `An unknown host name is told as unreachable`() async {
        let error = await failure(transport, HTTPRequestSpec(url: "https://nowhere.invalid/", timeoutSeconds: 10))
        #expect(error?.isUnreachable == true)
    }

    @Test(arguments: [
        [LoopbackServer.Step.pause(milliseconds: 3000)],
        [.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".utf8)), .pause(milliseconds: 3000)],
    ])
    func `An answer that is not whole in time is given up`(steps: [LoopbackServer.Step]) async throws {
        let server = try LoopbackServer { _ in .steps(steps) }
        let error = await failure(transport, HTTPRequestSpec(url: server.url, timeoutSeconds: 0.3))
        #expect(error?.code == .timedOut)
    }

    @Test(arguments: [
        [LoopbackServer.Step.reset], [.close],
        [.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".utf8)), .reset],
        [.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".utf8)), .close],
        [.bytes(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc".utf8)), .close],
    ])
    func `A connection that breaks before the answer is whole is told as lost`(
        steps: [LoopbackServer.Step]
    ) async throws {
        let server = try LoopbackServer { _ in .steps(steps) }
        #expect(await failure(transport, HTTPRequestSpec(url: server.url))?.code == .connectionLost)
    }

    @Test(arguments: ["garbage\n", "HTTP/1.1 abc\r\n\r\n"])
    func `An answer that is not HTTP is refused`(text: String) async throws {
        let server = try LoopbackServer { _ in .raw(text) }
        #expect(await failure(transport, HTTPRequestSpec(url: server.url))?.code == .malformedResponse)
    }

    @Test func `Headers without end are refused`() async throws {
        let line = Array("X-Filler: \(String(repeating: "x", count: 1000))\r\n".utf8)
        let server = try LoopbackServer { _ in
            .steps([.bytes(Array("HTTP/1.1 200 OK\r\n".utf8))] + (0..<2000).map { _ in .bytes(line) })
        }
        #expect(await failure(transport, HTTPRequestSpec(url: server.url))?.code == .malformedResponse)
    }

    @Test func `An interim answer's headers are not the answer's`() async throws {
        let server = try LoopbackServer { _ in
            .raw("HTTP/1.1 103 Early\r\nX-Hint: a\r\n\r\nHTTP/1.1 200 OK\r\nX-Real: b\r\nContent-Length: 0\r\n\r\n")
        }
        let response = try await transport.get(HTTPRequestSpec(url: server.url))
        #expect(response.header("X-Hint") == nil)
        #expect(response.header("X-Real") == "b")
    }
}
