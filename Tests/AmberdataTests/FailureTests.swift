import Curl
import LedgerEvents
import LedgerValues
import LoopbackServer
import Synchronization
import Testing

@testable import Amberdata

/// A vendor that refuses, fails or breaks off.
@Suite("Amberdata failures", .timeLimit(.minutes(1)))
struct FailureTests {
    // MARK: - Statuses

    @Test(arguments: [401, 403])
    func `Not entitled is said by the status alone and never asked again`(status: Int) async throws {
        let replies: [LoopbackServer.Reply] = [
            .status(status), .status(status, [("Retry-After", "1")]),
            Wire.error(status, message: "", description: "Server is busy, try again"),
            .response(status: status, headers: [], body: Array("<html>".utf8)),
        ]
        for reply in replies {
            let vendor = try ScriptedVendor([reply])
            let error = try #require(await vendor.failure())
            #expect(error.isNotEntitled && !error.isUnreachable && !error.isCancelled)
            #expect("\(error)".hasPrefix("Amberdata answered \(status)"))
            #expect(vendor.server.requests.count == 1 && vendor.sleeps.isEmpty)
        }
    }

    @Test func `No body makes another status one that is not entitled`() async throws {
        let text = #"{"status":401,"title":"UNAUTHORIZED","error":true,"message":"no","description":"not entitled"}"#
        let good = try ScriptedVendor(text)
        let error = try #require(await good.failure())
        #expect(!error.isNotEntitled)
        #expect("\(error)" == "Amberdata's answer is an error under a good status: no; not entitled")
        let bad = try ScriptedVendor([.response(status: 400, headers: [], body: Array(text.utf8))])
        #expect(await bad.failure()?.isNotEntitled == false)
    }

    @Test(arguments: [400, 404, 408, 410, 422])
    func `A request that is wrong is not sent again`(status: Int) async throws {
        let vendor = try ScriptedVendor([.status(status)])
        #expect(await vendor.failure()?.description == "Amberdata answered \(status)")
        #expect(vendor.server.requests.count == 1 && vendor.sleeps.isEmpty)
    }

    @Test(arguments: [201, 204, 206])
    func `Only 200 is an answer`(status: Int) async throws {
        let body = status == 204 ? [] : Array(Wire.page().utf8)
        let vendor = try ScriptedVendor([.response(status: status, headers: [], body: body)])
        #expect(await vendor.failure()?.description.hasPrefix("Amberdata answered \(status)") == true)
    }

    @Test func `Too many requests wait as Retry-After says, or else 10 seconds`() async throws {
        let vendor = try ScriptedVendor([
            .status(429, [("Retry-After", "7")]), .status(429), .status(429, [("Retry-After", "soon")]),
            .status(429, [("Retry-After", "0")]), .json(Wire.page()),
        ])
        #expect(try await vendor.quotes().count == 1)
        #expect(vendor.sleeps == [7, 10, 10, 0])
        #expect(Set(vendor.server.requests.map(\.target)).count == 1)
    }

    @Test func `Too many requests end after five retries`() async throws {
        let vendor = try ScriptedVendor([.status(429)])
        #expect(await vendor.failure()?.description == "Amberdata answered 429")
        #expect(vendor.sleeps == [10, 10, 10, 10, 10] && vendor.server.requests.count == 6)
    }

    @Test func `A Retry-After beyond all patience is final`() async throws {
        let vendor = try ScriptedVendor([.status(429, [("Retry-After", "301")])])
        #expect(await vendor.failure()?.description == "Amberdata answered 429")
        #expect(vendor.server.requests.count == 1)
    }

    @Test(arguments: [500, 502, 503, 504, 599])
    func `An error of the server is retried with a back-off that doubles, five times`(status: Int) async throws {
        let vendor = try ScriptedVendor([.status(status)])
        let error = try #require(await vendor.failure())
        #expect(error.description == "Amberdata answered \(status)" && !error.isUnreachable && !error.isNotEntitled)
        #expect(vendor.sleeps == [0.25, 0.5, 1, 2, 4] && vendor.server.requests.count == 6)
    }

    @Test func `An error of the server that passes does no harm`() async throws {
        let vendor = try ScriptedVendor([.status(500), .status(502, [("Retry-After", "3")]), .json(Wire.page())])
        #expect(try await vendor.quotes().count == 1)
        #expect(vendor.sleeps == [0.25, 3])
    }

    @Test(arguments: [
        ("the strike is odd", "see message", "the strike is odd; see message"),
        ("", "try again soon", "try again soon"),
        ("no", "", "no"), ("", "", ""),
    ])
    func `Both texts of an error are read`(message: String, description: String, shown: String) async throws {
        let vendor = try ScriptedVendor([Wire.error(400, message: message, description: description)])
        #expect(await vendor.failure()?.description == "Amberdata answered 400\(shown.isEmpty ? "" : ": ")\(shown)")
    }

    @Test func `An error's text is shown on one line of bounded length`() async throws {
        let vendor = try ScriptedVendor([
            Wire.error(400, message: #"a\nb\u0000"#, description: String(repeating: "é", count: 9_000))
        ])
        let text = try #require(await vendor.failure()?.description)
        #expect(text.hasPrefix("Amberdata answered 400: a b ; éé") && text.hasSuffix("…"))
        #expect(text.utf8.count < 510 && text.utf8.allSatisfy { $0 >= 0x20 })
    }

    // MARK: - Bodies

    @Test func `An unknown currency is an empty list under a good status`() async throws {
        let vendor = try ScriptedVendor(Wire.page([]))
        #expect(try await vendor.quotes().isEmpty)
    }

    @Test(arguments: [
        "", "{", "<html></html>", "[]", "null", "{}", #"{"payload":null}"#, #"{"payload":{}}"#,
        #"{"payload":{"data":null}}"#,
        #"{"payload":{"data":{}}}"#, #"{"payload":{"data":"[]"}}"#, #"{"status":200,"data":[]}"#,
        #"{"payload":{"data":[]},"payload":{"data":[]}}"#, #"{"payload":{"data":[],"metadata":{"next":1}}}"#,
        #"{"payload":{"data":[],"metadata":{"next":["x"]}}}"#,
    ])
    func `A body that is no answer is an error and not asked for again`(body: String) async throws {
        let vendor = try ScriptedVendor(body)
        let error = try #require(await vendor.failure())
        #expect("\(error)".hasPrefix("Amberdata's answer ") && !error.isUnreachable && !error.isNotEntitled)
        #expect(vendor.server.requests.count == 1)
    }

    @Test func `Rows that are no objects are no quotes`() async throws {
        let vendor = try ScriptedVendor(Wire.page(["null", "1", "[]", "{}", #""x""#, Wire.row()]))
        #expect(try await vendor.quotes().count == 1)
    }

    @Test func `A body that breaks off is asked for again, then unreachable`() async throws {
        let body = Array(Wire.page().utf8)
        let cut = Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body.dropLast(20)
        let vendor = try ScriptedVendor([.steps([.bytes(cut), .close])])
        let error = try #require(await vendor.failure())
        #expect(error.isUnreachable && !error.isNotEntitled)
        #expect(vendor.server.requests.count == 3)
        let passing = try ScriptedVendor([.steps([.bytes(cut), .close]), .steps([.reset]), .json(Wire.page())])
        #expect(try await passing.quotes().count == 1)
    }

    @Test func `A body cut off in a length that fits is not JSON`() async throws {
        let vendor = try ScriptedVendor([
            .response(status: 200, headers: [], body: Array(Wire.page().utf8.dropLast(20)))
        ])
        #expect(await vendor.failure()?.description.hasPrefix("Amberdata's answer is not JSON") == true)
    }

    @Test func `A gzip body is undone, a broken one refused`() async throws {
        let packed = Gzip.stored(Array(Wire.page([Wire.row(), Wire.row()]).utf8))
        let vendor = try ScriptedVendor([
            .response(status: 200, headers: [("Content-Encoding", "gzip")], body: packed)
        ])
        #expect(try await vendor.quotes().count == 2)
        let broken = try ScriptedVendor([
            .response(status: 200, headers: [("Content-Encoding", "gzip")], body: Array(Wire.page().utf8))
        ])
        #expect(await broken.failure() != nil)
        let bomb = try ScriptedVendor([
            .response(status: 200, headers: [("Content-Encoding", "gzip")], body: Gzip.bomb(size: 65 << 20))
        ])
        #expect(await bomb.failure()?.isUnreachable == false)
    }

    // MARK: - The connection

    @Test func `Nobody listening and an answer that is late are unreachable`() async throws {
        let port = try LoopbackServer.unusedPort()
        let client = AmberdataClient(AmberdataConfiguration(baseURL: "http://127.0.0.1:\(port)", apiKey: "k"))
        let vendor = try ScriptedVendor([.steps([.pause(milliseconds: 2000), .close])])
        #expect(await vendor.failure(client)?.isUnreachable == true)
        #expect(await vendor.failure(vendor.client(timeoutSeconds: 0.2))?.isUnreachable == true)
        #expect(vendor.server.requests.count == 1)
    }

    @Test(arguments: [301, 302, 307, 308])
    func `A redirect is refused, and the key does not travel`(status: Int) async throws {
        let elsewhere = try ScriptedVendor(Wire.page())
        let vendor = try ScriptedVendor([.status(status, [("Location", elsewhere.server.url)])])
        #expect(await vendor.failure()?.isUnreachable == false)
        #expect(elsewhere.server.connectionCount == 0)
    }

    @Test func `A cancelled task ends at once with a cancellation, under way and between two tries`() async throws {
        let slow = try ScriptedVendor([.steps([.pause(milliseconds: 10_000), .close])])
        let client = slow.client(timeoutSeconds: 30)
        let task = Task { await slow.failure(client) }
        while slow.server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value == .cancelled)

        let busy = try ScriptedVendor([.status(429, [("Retry-After", "60")])])
        let waiting = AmberdataClient(AmberdataConfiguration(baseURL: busy.server.url, apiKey: "k"))
        let other = Task { await busy.failure(waiting) }
        while busy.server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        other.cancel()
        let error = await other.value
        #expect(error == .cancelled && error?.isCancelled == true && error?.isUnreachable == false)
        #expect(busy.server.requests.count == 1)
    }

    // MARK: - Secrecy

    @Test func `No text holds the key, even where the vendor repeats it`() async throws {
        let key = ScriptedVendor.key
        let escaped = "raw%2Bkey%2F9c0d"
        let echo = #"{"error":true,"message":"bad key \#(key) \#(escaped)","description":"\#(key)"}"#
        let replies: [[LoopbackServer.Reply]] = [
            [.response(status: 401, headers: [], body: Array(echo.utf8))], [.json(echo)],
            [.json(#"{"\#(key)":1,"\#(key)":2}"#)], [.json(Wire.page(next: #""https://\#(key)/""#))],
            [.status(302, [("Location", "/\(key)")])], [.steps([.reset])], [.status(500)],
            [.raw("\(key)\r\n\r\n")],
            [Wire.error(400, message: String(repeating: " ", count: 460) + key, description: "")],
        ]
        for reply in replies {
            let error = try #require(await ScriptedVendor(reply).failure())
            var dumped = ""
            dump(error, to: &dumped)
            for text in ["\(error)", String(reflecting: error), dumped] {
                #expect(!text.contains("raw+") && !text.contains("9c0d"), "\(text)")
                #expect(!text.contains("437.5"), "\(text)")
            }
        }
    }

    @Test func `Neither configuration nor client shows the key`() throws {
        let configuration = AmberdataConfiguration(
            baseURL: "https://api.amberdata.com/markets/derivatives", apiKey: "raw-key")
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(AmberdataClient(configuration), to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("raw-key"))
        }
        #expect("\(configuration)" == "Amberdata at https://api.amberdata.com/markets/derivatives")
        let user = AmberdataConfiguration(baseURL: "https://me:secret@api.amberdata.com?k=secret", apiKey: "k")
        #expect(!"\(user)".contains("secret"))
    }

    @Test func `A key that no header can hold is refused without showing it`() async throws {
        let vendor = try ScriptedVendor(Wire.page())
        let error = try #require(await vendor.failure(vendor.client(key: "raw\r\nX: y")))
        #expect(!"\(error)".contains("raw") && vendor.server.requests.isEmpty)
    }

    @Test func `An empty key hides nothing of an error's text`() async throws {
        let vendor = try ScriptedVendor([Wire.error(401, message: "no key", description: "")])
        #expect(await vendor.failure(vendor.client(key: ""))?.description == "Amberdata answered 401: no key")
    }
}
