import AlphaFeed
import Curl
import LedgerValues
import LoopbackServer
import OptionTrades
import Testing

/// A feed that fails below its contract: statuses, connections, time.
@Suite("Feed failures", .timeLimit(.minutes(1)))
struct UpstreamFailureTests {
    private struct Refusal: Error, Equatable {}

    @Test(arguments: [400, 401, 403, 404, 410, 422, 500, 502, 504])
    func `A status that is not retried fails the run at once`(status: Int) async throws {
        let feed = try ScriptedFeed([.status(status)])
        let error = await feed.failure()
        #expect(error?.code == "http_\(status)")
        #expect(error?.isUnreachable == false)
        #expect(feed.server.requests.count == 1)
        #expect(feed.sleeps.isEmpty)
    }

    @Test(arguments: [201, 204, 206])
    func `Only 200 is an answer`(status: Int) async throws {
        let feed = try ScriptedFeed([.response(status: status, headers: [], body: [])])
        #expect(await feed.failure()?.code == "http_\(status)")
    }

    @Test(arguments: [429, 503])
    func `A retried status is asked again as Retry-After says, and the run goes on`(status: Int) async throws {
        let feed = try ScriptedFeed([
            .json(ScriptedFeed.page("1", next: "c1")), .status(status, [("Retry-After", "3")]), .status(status),
            .json(ScriptedFeed.page("2")),
        ])
        #expect(try await feed.fetch().end.pages == 2)
        #expect(feed.sleeps == [3, 0.5])
        let targets = feed.server.requests.map(\.target)
        #expect(targets[1] == targets[2] && targets[2] == targets[3])
    }

    @Test(arguments: [429, 503])
    func `After five retries the status is the failure`(status: Int) async throws {
        let feed = try ScriptedFeed([.status(status)])
        #expect(await feed.failure()?.code == "http_\(status)")
        #expect(feed.server.requests.count == 6)
        #expect(feed.sleeps.count == 5)
    }

    @Test func `Every page has its own five retries`() async throws {
        let retried = [LoopbackServer.Reply](repeating: .status(429), count: 5)
        let feed = try ScriptedFeed(
            retried + [.json(ScriptedFeed.page(next: "c1"))] + retried + [.json(ScriptedFeed.page())])
        #expect(try await feed.fetch().end.pages == 2)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `A redirect is refused, and the key does not travel`(status: Int) async throws {
        let elsewhere = try ScriptedFeed(ScriptedFeed.page())
        let feed = try ScriptedFeed([.status(status, [("Location", elsewhere.server.url)])])
        let error = await feed.failure()
        #expect(error?.code == "redirect_refused")
        #expect(error?.isUnreachable == false)
        #expect(elsewhere.server.connectionCount == 0)
    }

    @Test(arguments: ["http://feed.example.com/export", "http://127.0.0.1.example.com/", "http://[::2]/", "HTTP://Example.com/"])
    func `A feed elsewhere is not asked in clear text`(url: String) async throws {
        let client = AlphaFeedClient(AlphaFeedConfiguration(url: url, apiKey: "k"))
        let error = await #expect(throws: FeedError.self) {
            _ = try await client.pages(
                scope: ExecutionScope(portfolios: ["A"]), updatedSince: nil, lowestWatermark: nil
            ) { _, _ in }
        }
        #expect(error?.isConfigurationProblem == true)
    }

    @Test func `Nobody listening is unreachable`() async throws {
        let port = try LoopbackServer.unusedPort()
        let client = AlphaFeedClient(AlphaFeedConfiguration(url: "http://127.0.0.1:\(port)/", apiKey: "k"))
        let error = await #expect(throws: FeedError.self) {
            _ = try await client.pages(
                scope: ExecutionScope(portfolios: ["A"]), updatedSince: nil, lowestWatermark: nil
            ) { _, _ in }
        }
        #expect(error?.code == "unreachable")
        #expect(error?.isUnreachable == true)
    }

    @Test func `An answer that is not whole in time is unreachable`() async throws {
        let feed = try ScriptedFeed([.steps([.pause(milliseconds: 2000), .close])])
        let client = feed.client(timeoutSeconds: 0.2)
        let error = await #expect(throws: FeedError.self) {
            _ = try await client.pages(
                scope: ExecutionScope(portfolios: ["A"]), updatedSince: nil, lowestWatermark: nil
            ) { _, _ in }
        }
        #expect(error?.code == "timed_out")
        #expect(error?.isUnreachable == true)
        #expect(feed.server.requests.count == 1)
    }

    @Test func `A body over 64 MiB after decompression is refused`() async throws {
        let feed = try ScriptedFeed([
            .response(status: 200, headers: [("Content-Encoding", "gzip")], body: Gzip.bomb(size: 65 << 20))
        ])
        #expect(await feed.failure()?.code == "body_too_large")
    }

    @Test func `A gzip page is a page`() async throws {
        let feed = try ScriptedFeed([
            .response(
                status: 200, headers: [("Content-Encoding", "gzip")],
                body: Gzip.stored(Array(ScriptedFeed.page("1", "2").utf8)))
        ])
        #expect(try await feed.fetch().pages.first?.rowCount == 2)
        #expect(feed.server.requests.first?.header("Accept-Encoding") == "gzip")
    }

    @Test func `No failure's text holds the key, the query or a cursor`() async throws {
        let replies: [[LoopbackServer.Reply]] = [
            [.status(401)], [.status(302, [("Location", "/?k=\(ScriptedFeed.key)")])], [.steps([.reset])], [.json("{")],
            [.json(ScriptedFeed.page(next: "secret-cursor"))],
            [.json(ScriptedFeed.page(next: "secret-cursor")), .status(500)],
        ]
        for reply in replies {
            let error = try #require(await ScriptedFeed(reply).failure())
            for text in ["\(error)", String(reflecting: error)] {
                #expect(!text.contains(ScriptedFeed.key) && !text.contains("secret-cursor") && !text.contains("ICOI"))
            }
        }
    }

    @Test func `A cancelled run ends with a cancellation error`() async throws {
        let feed = try ScriptedFeed([
            .json(ScriptedFeed.page(next: "c1")), .steps([.pause(milliseconds: 10_000), .close]),
        ])
        let client = feed.client(timeoutSeconds: 30)
        let task = Task {
            _ = try await client.pages(
                scope: ExecutionScope(portfolios: ["A"]), updatedSince: nil, lowestWatermark: nil
            ) { _, _ in }
        }
        while feed.server.requests.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let result = await task.result
        #expect(throws: CancellationError.self) { try result.get() }
    }

    @Test func `What the caller throws at a page ends the run and is thrown on as it is`() async throws {
        let feed = try ScriptedFeed(ScriptedFeed.page(next: "c1"), ScriptedFeed.page())
        await #expect(throws: Refusal()) {
            _ = try await feed.client().pages(
                scope: ExecutionScope(portfolios: ["A"]), updatedSince: nil, lowestWatermark: nil
            ) { _, _ in
                throw Refusal()
            }
        }
        #expect(feed.server.requests.count == 1)
    }
}
