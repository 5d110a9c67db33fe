import AlphaFeed
import Curl
import LedgerValues
import LoopbackServer
import OptionTrades
import Synchronization
import Testing

/// What a run of the feed gave to its caller.
struct FetchedRun {
    var end: SourceRunEnd
    var pages: [FeedPage]
}

/// A feed that answers its requests with these replies, one after another, and the client that asks it.
final class ScriptedFeed: Sendable {
    let server: LoopbackServer
    /// The sleeps that the client asked for instead of sleeping.
    private let recordedSleeps = Mutex<[Double]>([])

    static let key = "raw-key-7d1f"
    static let watermark = "2026-02-03T21:14:09.120000Z"

    /// The last reply also answers everything after it.
    init(_ replies: [LoopbackServer.Reply]) throws {
        server = try LoopbackServer { request in replies[min(request.number, replies.count) - 1] }
    }

    convenience init(_ bodies: String...) throws {
        try self.init(bodies.map { .json($0) })
    }

    var sleeps: [Double] { recordedSleeps.withLock { $0 } }

    func client(path: String = "/export", timeoutSeconds: Double = 5) -> AlphaFeedClient {
        AlphaFeedClient(
            AlphaFeedConfiguration(url: server.url + path, apiKey: Self.key, timeoutSeconds: timeoutSeconds),
            retries: RetryPolicy(
                now: { 0 }, random: { 0 },
                sleep: { seconds in self.recordedSleeps.withLock { $0.append(seconds) } }))
    }

    /// Fetches a whole run.
    func fetch(
        _ scope: ExecutionScope? = nil, since: Instant? = nil, stored: Instant? = nil, allowLower: Bool = false
    ) async throws -> FetchedRun {
        var pages: [FeedPage] = []
        let end = try await client().pages(
            scope: scope ?? ExecutionScope(portfolios: ["ICOI", "IMST"]), updatedSince: since,
            lowestWatermark: allowLower ? nil : stored
        ) { page, index in
            #expect(index == pages.count)
            pages.append(page)
        }
        return FetchedRun(end: end, pages: pages)
    }

    /// The error of a run that has to fail, nil where it ended well.
    func failure(stored: Instant? = nil) async -> FeedError? {
        do {
            _ = try await fetch(stored: stored)
            return nil
        } catch {
            return error as? FeedError
        }
    }

    /// A page of these rows, each JSON text.
    static func page(
        _ rows: String..., next: String? = nil, watermark: String? = ScriptedFeed.watermark
    ) -> String {
        let cursor = next.map { "\"\($0)\"" } ?? "null"
        let instant = watermark.map { "\"\($0)\"" } ?? "null"
        return """
            {"rows":[\(rows.joined(separator: ","))],"nextCursor":\(cursor),"hasMore":\(next != nil),"watermark":\(instant)}
            """
    }
}
