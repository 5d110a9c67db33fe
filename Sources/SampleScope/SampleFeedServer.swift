import LedgerValues
import Synchronization

/// A server on 127.0.0.1 that speaks the Alpha export feed, for the demo and for tests.
///
/// It runs until ``stop()``. Requests may be concurrent.
package final class SampleFeedServer: Sendable {
    /// The path of the export endpoint.
    static let path = "/api/v1/alpha/optionTrades/export"

    /// The endpoint, for `ALPHA_TRADE_FEED_URL`.
    package let url: String
    /// The port that the server listens on.
    package let port: Int

    private let state: FeedState
    private let server: RunningServer

    private init(server: RunningServer, state: FeedState) {
        port = server.port
        self.state = state
        self.server = server
        url = "http://127.0.0.1:\(server.port)\(Self.path)"
    }

    /// Starts a server and returns when it accepts connections.
    /// - Parameters:
    ///   - feed: the content; the sample starts in phase `.initial`
    ///   - apiKey: the required value of the `Authorization` header, without `Bearer`
    ///   - port: the port to listen on, 0 for any free one
    ///   - failures: the planned failures
    /// - Throws: the system's error if the port is not available.
    package static func start(
        feed: Feed, apiKey: String, port: Int = 0, failures: FailurePlan = .none
    ) async throws -> SampleFeedServer {
        let state = FeedState(feed: feed, failures: failures)
        let responder = FeedResponder(state: state, apiKey: apiKey)
        let server = try await RunningServer.start("sample-feed", port: port) { try await responder.respond(to: $0) }
        return SampleFeedServer(server: server, state: state)
    }

    /// The number of requests so far, including refused ones.
    package var requestCount: Int { state.requests.count }

    /// The query part of every request to the endpoint, in order of arrival.
    package var requests: [String] { state.requests }

    /// Serves another feed from now on. Cursors issued earlier still count rows of the feed.
    package func replace(feed: Feed) {
        state.replace(feed: feed)
    }

    /// Serves these row texts from now on, in the manner of ``Feed/rows(_:filtered:watermark:)``.
    package func replace(rows texts: [String]) {
        replace(feed: .rows(texts))
    }

    /// Serves the sample in the given phase from now on. Other feeds have no phases.
    package func setPhase(_ phase: SampleScope.Phase) {
        state.setPhase(phase)
    }

    /// Installs a plan. The next request is its request 0.
    package func setFailures(_ failures: FailurePlan) {
        state.setFailures(failures)
    }

    /// Stops accepting, closes the connections and returns when all are closed. A second call has no effect.
    package func stop() async {
        await server.stop()
    }
}

/// The part that changes while a server runs.
final class FeedState: Sendable {
    private struct Content {
        var feed: Feed
        var phase: SampleScope.Phase
        var failures: FailurePlan
        /// The number of the request at which the plan's count starts.
        var planStart: Int
        var requests: [String]
        /// The sample's rows in the current phase, made on first use.
        var sampleRows: [FeedRow]?
    }

    private let content: Mutex<Content>

    init(feed: Feed, failures: FailurePlan) {
        content = Mutex(
            Content(
                feed: feed, phase: .initial, failures: failures, planStart: 0, requests: [], sampleRows: [FeedRow]?.none
            ))
    }

    var requests: [String] { content.withLock { $0.requests } }

    func replace(feed: Feed) {
        content.withLock { $0.feed = feed }
    }

    func setPhase(_ phase: SampleScope.Phase) {
        content.withLock {
            $0.phase = phase
            $0.sampleRows = nil
        }
    }

    func setFailures(_ failures: FailurePlan) {
        content.withLock {
            $0.failures = failures
            $0.planStart = $0.requests.count
        }
    }

    /// Records a request and returns the failure planned for it.
    func arrive(query: String) -> FailurePlan.Failure? {
        content.withLock {
            $0.requests.append(query)
            return $0.failures.failure(ofRequest: $0.requests.count - 1 - $0.planStart)
        }
    }

    /// The current rows.
    func rows() -> any FeedRows {
        content.withLock { content in
            switch content.feed.source {
            case .rows(let rows): return rows
            case .generated(let rows): return rows
            case .sample:
                let rows =
                    content.sampleRows
                    ?? SampleScope.rows(phase: content.phase, includePending: true).map { FeedRow($0) }
                content.sampleRows = rows
                return rows
            }
        }
    }
}
