import Curl
import Glibc
import LoopbackServer
import Testing

@Suite("Proxies", .timeLimit(.minutes(1)))
struct ProxyTests {
    /// In a process of its own, since the environment belongs to all tests.
    @Test func `Proxies of the environment are not used`() async {
        await #expect(processExitsWith: .success) {
            let proxy = try LoopbackServer { _ in .json("proxy") }
            let server = try LoopbackServer { _ in .json("server") }
            for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
                setenv(name, proxy.url, 1)
            }
            let response = try await CurlTransport().get(HTTPRequestSpec(url: server.url))
            #expect(response.body == Array("server".utf8))
            // By name: nothing that only looks at 127.0.0.1 is what makes the difference.
            _ = try? await CurlTransport().get(HTTPRequestSpec(url: "https://nowhere.invalid/", timeoutSeconds: 5))
            #expect(proxy.connectionCount == 0)
        }
    }
}
