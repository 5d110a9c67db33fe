import Curl
import LoopbackServer
import Testing

@Suite("Secrets and certificates", .timeLimit(.minutes(1)))
struct SecrecyTests {
    let transport = CurlTransport()

    @Test func `No error text holds a header's value, a path or a query`() async throws {
        let replies: [@Sendable (LoopbackServer.Request) -> LoopbackServer.Reply] = [
            { _ in .status(302, [("Location", "/elsewhere?token=hunter2")]) },
            { _ in .steps([.reset]) },
            { _ in .steps([.close]) },
            { _ in .raw("hunter2\n") },
            { _ in .raw("HTTP/1.1 hunter2\r\n\r\n") },
            { _ in .steps([.pause(milliseconds: 1000)]) },
            { _ in .response(status: 200, headers: [("Content-Encoding", "hunter2")], body: [1]) },
            { _ in .response(status: 200, headers: [], body: Array(repeating: 1, count: 101)) },
        ]
        for reply in replies {
            let server = try LoopbackServer(reply)
            let request = HTTPRequestSpec(
                url: "\(server.url)/hunter2?key=hunter2", headers: [("Authorization", "hunter2")], timeoutSeconds: 0.3,
                maximumBodyBytes: 100)
            let error = try #require(await failure(transport, request))
            for text in ["\(error)", String(reflecting: error), error.message] {
                #expect(!text.contains("hunter2"))
            }
        }
        for url in ["ftp://127.0.0.1/?key=hunter2", "http://hunter2:hunter2@127.0.0.1/", "hunter2 ?hunter2"] {
            let error = try #require(await failure(transport, HTTPRequestSpec(url: url)))
            #expect(!String(reflecting: error).contains("hunter2"))
        }
    }

    @Test func `No text of a request holds a header's value or the query`() {
        let request = HTTPRequestSpec(url: "https://example.com/a?key=hunter2", headers: [("Authorization", "hunter2")])
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("https://example.com/a"))
        }
    }

    @Test func `A server without TLS is no secure connection`() async throws {
        let server = try LoopbackServer { _ in .json("{}") }
        let error = try #require(
            await failure(transport, HTTPRequestSpec(url: "https://127.0.0.1:\(server.port)/", timeoutSeconds: 0.5)))
        // It takes the client's hello for the start of a request, and waits for the rest.
        #expect(error.isUnreachable)
        #expect(server.requests.isEmpty)
    }

    @Test(.enabled(if: SelfSignedServer.isAvailable, "needs the openssl program"))
    func `A certificate that nobody vouches for is refused`() async throws {
        let server = try SelfSignedServer()
        defer { server.stop() }
        var error: TransportError?
        // The program needs a moment until it listens.
        for _ in 0..<200 {
            error = await failure(
                transport, HTTPRequestSpec(url: "https://localhost:\(server.port)/", timeoutSeconds: 5))
            if error?.code != .unreachable { break }
            try await Task.sleep(for: .milliseconds(25))
        }
        #expect(error?.code == .tls)
        #expect(error?.isUnreachable == true)
    }
}
