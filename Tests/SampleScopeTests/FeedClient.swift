import Foundation
import LedgerJSON
import LedgerValues
import SampleScope
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The feed's parameters, as a client of the tests sends them.
struct FeedClient {
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]
    }

    struct Page {
        var rows: [JSONValue]
        var ids: [String]
        var nextCursor: String?
        var hasMore: Bool
        var watermark: Instant?
    }

    var url: String
    var key = "secret"

    func get(_ query: String) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "\(url)?\(query)")))
        request.setValue(key, forHTTPHeaderField: "Authorization")
        request.timeoutInterval = 30
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        var headers: [String: String] = [:]
        for (name, value) in http.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
        return Answer(status: http.statusCode, headers: headers, body: [UInt8](data))
    }

    func page(_ query: String) async throws -> Page {
        let answer = try await get(query)
        try #require(answer.status == 200)
        let root = try JSONDocument(parsing: answer.body).root
        let rows = Array(try #require(root["rows"]).elements)
        return Page(
            rows: rows, ids: rows.map { $0["tradeId"]?.string ?? "" }, nextCursor: root["nextCursor"]?.string,
            hasMore: try #require(root["hasMore"]?.bool as Bool?),
            watermark: root["watermark"]?.string.flatMap { Instant($0) })
    }

    /// All pages of a run.
    func run(
        portfolios: String = "ICOI,IMST", includePending: Bool = false, limit: Int = 500, updatedSince: String? = nil
    ) async throws -> [Page] {
        var query = "portfolioNames=\(portfolios)&includePending=\(includePending)&limit=\(limit)"
        if let updatedSince { query += "&updatedSince=\(updatedSince)" }
        var pages = [try await page(query)]
        while let cursor = pages.last?.nextCursor {
            pages.append(try await page(query + "&cursor=\(cursor)"))
        }
        return pages
    }
}

/// Runs a body against a server of its own and stops it.
func withServer(
    _ feed: Feed, failures: FailurePlan = .none, _ body: (SampleFeedServer, FeedClient) async throws -> Void
) async throws {
    let server = try await SampleFeedServer.start(feed: feed, apiKey: "secret", failures: failures)
    do {
        try await body(server, FeedClient(url: server.url))
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}
