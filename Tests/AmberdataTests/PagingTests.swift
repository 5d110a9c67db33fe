import LoopbackServer
import Synchronization
import Testing

@testable import Amberdata

/// Where the key may go: the base address, and pages below it.
@Suite("Amberdata pages", .timeLimit(.minutes(1)))
struct PagingTests {
    @Test func `Pages below the base are followed to the last, and none is asked twice`() async throws {
        let port = Mutex(0)
        let vendor = try ScriptedVendor { request in
            let base = port.withLock { "http://127.0.0.1:\($0)/markets/derivatives" }
            switch request.number {
            case 1: return .json(Wire.page(next: "\"\(base)/analytics/x?cursor=a%2Fb&page=2\""))
            case 2: return .json(Wire.page([], next: "\"\(base)/analytics/x?cursor=c\""))
            default: return .json(Wire.page(next: request.number == 3 ? "null" : nil))
            }
        }
        port.withLock { $0 = vendor.server.port }
        let client = vendor.client(path: "/markets/derivatives")
        let quotes = try await client.quotes(Wire.contract, from: Wire.start, to: Wire.end, interval: .minute)
        #expect(quotes.count == 2 && client.callsMade == 3)
        #expect(
            vendor.server.requests.map(\.target).dropFirst()
                == [
                    "/markets/derivatives/analytics/x?cursor=a%2Fb&page=2", "/markets/derivatives/analytics/x?cursor=c",
                ])
        #expect(vendor.server.requests.allSatisfy { $0.header("x-api-key") == ScriptedVendor.key })
    }

    @Test(arguments: [#""""#, "null"])
    func `An empty next is the end`(next: String) async throws {
        #expect(try await ScriptedVendor(Wire.page(next: next)).quotes().count == 1)
    }

    @Test func `No page elsewhere is asked for`() async throws {
        let elsewhere = try ScriptedVendor(Wire.page())
        let nexts = Mutex<[String]>([])
        let vendor = try ScriptedVendor { request in
            .json(Wire.page(next: nexts.withLock { "\"\($0[(request.number - 1) % $0.count])\"" }))
        }
        let (own, other) = (vendor.server.port, elsewhere.server.port)
        nexts.withLock {
            $0 = [
                "http://127.0.0.1:\(other)/base/x", "http://127.0.0.2:\(own)/base/x", "http://localhost:\(own)/base/x",
                "https://127.0.0.1:\(own)/base/x", "//127.0.0.1:\(own)/base/x", "/base/x", "x",
                "ftp://127.0.0.1/base/x",
                "http://user@127.0.0.1:\(own)/base/x", "http://user:pass@127.0.0.1:\(own)/base/x",
                "http://127.0.0.1:\(own)@127.0.0.1:\(other)/base/x",
                "http://127.0.0.1:\(own)\\\\@127.0.0.1:\(other)/base/x",
                "http://127.0.0.1:\(own)/base", "http://127.0.0.1:\(own)/basex", "http://127.0.0.1:\(own)/base.x/y",
                "http://127.0.0.1:\(own)/base?x", "http://127.0.0.1:\(own)/BASE/x", "http://127.0.0.1:\(own)/other/x",
                "http://127.0.0.1:\(own)/base/../x", "http://127.0.0.1:\(own)/base/x/..",
                "http://127.0.0.1:\(own)/base/%2e%2E/x",
                "http://127.0.0.1:\(own)/base/.%2e/x", "http://127.0.0.1:\(own)/base/a%2f..%2fx",
                "http://127.0.0.1:\(own)/base/..\\\\x", "http://127.0.0.1:\(own)/base/a%5c..%5cx",
                "http://127.0.0.1:\(own)/base/%252e%252e/x", "http://127.0.0.1:\(own)//base/x",
                "http://127.0.0.1:\(own)/base/x y", "http://127.0.0.1:\(own)/base/\\nx",
                " http://127.0.0.1:\(own)/base/x",
                "http://127.0.0.1:\(own)/base/é", "http://127.0.0.1:\(own).evil.example/base/x", "http:///base/x",
                "http://127.0.0.1/base/x", "http://127.0.0.1:/base/x", "http://127.0.0.1:+\(own)/base/x",
                "http://127.0.0.1:\(own)#@127.0.0.1:\(other)/base/x",
            ]
        }
        let client = vendor.client(path: "/base")
        for (index, next) in nexts.withLock({ $0 }).enumerated() {
            let error = try #require(await vendor.failure(client), "\(next)")
            #expect("\(error)" == "Amberdata's answer goes on at another address than AMBERDATA_BASE_URL's", "\(next)")
            #expect(vendor.server.requests.count == index + 1, "\(next)")
        }
        #expect(elsewhere.server.connectionCount == 0)
    }

    @Test func `Scheme and host are the same in capitals`() async throws {
        let port = Mutex(0)
        let vendor = try ScriptedVendor { request in
            let next = port.withLock { "\"HTTP://LOCALHOST:\($0)/x\"" }
            return .json(Wire.page(next: request.number == 1 ? next : nil))
        }
        port.withLock { $0 = vendor.server.port }
        let client = AmberdataClient(
            AmberdataConfiguration(baseURL: "http://LocalHost:\(vendor.server.port)", apiKey: "k"))
        #expect(try await client.quotes(Wire.contract, from: Wire.start, to: Wire.end, interval: .minute).count == 2)
    }

    @Test func `A next that leads in a circle, or on without end, is an error`() async throws {
        let port = Mutex(0)
        let circle = try ScriptedVendor { request in
            .json(Wire.page(next: port.withLock { "\"http://127.0.0.1:\($0)/page?n=\(request.number % 2)\"" }))
        }
        port.withLock { $0 = circle.server.port }
        #expect(await circle.failure()?.description == "Amberdata's answer goes on without end")
        #expect(circle.server.requests.count == 3)

        let other = Mutex(0)
        let endless = try ScriptedVendor { request in
            .json(Wire.page([], next: other.withLock { "\"http://127.0.0.1:\($0)/page?n=\(request.number)\"" }))
        }
        other.withLock { $0 = endless.server.port }
        #expect(await endless.failure()?.description == "Amberdata's answer goes on without end")
        #expect(endless.server.requests.count == AmberdataClient.maximumPages)
    }

    // MARK: - The base

    @Test(arguments: [
        "https://api.amberdata.com/markets/derivatives", "https://api.amberdata.com", "HTTPS://API.amberdata.com:443/",
        "https://[2001:db8::1]:8443/x", "http://localhost", "http://127.0.0.1:8080/x/", "http://127.255.255.254",
        "http://[::1]:80/x",
    ])
    func `The key may go by https anywhere and by http to this machine`(base: String) throws {
        let address = try BaseAddress(base)
        #expect(address.covers(address.url + "/x?y#z"))
    }

    @Test(arguments: [
        "http://api.amberdata.com/markets/derivatives", "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.evil.example", "http://127.0.0.999", "http://127...1", "http://127.1", "http://128.0.0.1",
        "http://[::2]", "http://0.0.0.0", "http://2130706433",
    ])
    func `https is required beyond this machine`(base: String) async throws {
        let client = AmberdataClient(AmberdataConfiguration(baseURL: base, apiKey: "raw-key"))
        let error = await #expect(throws: AmberdataError.self) {
            try await client.quotes(Wire.contract, from: Wire.start, to: Wire.end, interval: .minute)
        }
        #expect(error?.description.hasPrefix("AMBERDATA_BASE_URL: expected https") == true)
        #expect(client.callsMade == 0)
    }

    @Test(arguments: [
        "", "api.amberdata.com", "ftp://api.amberdata.com", "https:", "https://", "https:///x",
        "https://me@api.amberdata.com",
        "https://me:secret@api.amberdata.com", "https://api.amberdata.com?x", "https://api.amberdata.com/#x",
        "https://api.amberdata.com:0", "https://api.amberdata.com:65536", "https://api.amberdata.com:x", "https://[::1",
        "https://[]", "https://[::1]x", "https://a b", "https://é.example", "https://api%2eamberdata.com",
        "https://api.amberdata.com/x/../y", "file:///etc/passwd",
    ])
    func `A base that is no plain address is refused`(base: String) {
        let error = #expect(throws: AmberdataError.self) { try BaseAddress(base) }
        #expect(error?.description.hasPrefix("AMBERDATA_BASE_URL: expected an http or https URL") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `A usual port is the same written and not`() throws {
        let https = try BaseAddress("https://api.amberdata.com/base")
        #expect(
            https.covers("https://api.amberdata.com:443/base/x") && !https.covers("https://api.amberdata.com:80/base/x")
        )
        #expect(!https.covers("http://api.amberdata.com:443/base/x"))
        #expect(https.url == "https://api.amberdata.com/base")
        let written = try BaseAddress("http://127.0.0.1:80")
        #expect(written.covers("http://127.0.0.1/x") && !written.covers("http://127.0.0.1:8080/x"))
    }
}
