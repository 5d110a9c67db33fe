import Synchronization
import Values

/// A source that speaks the Alpha export feed on 127.0.0.1, for the demo and for tests.
///
/// The server runs until ``stop()``; requests may come concurrently.
public final class SampleFeedServer: Sendable {
    /// The path of the export endpoint.
    static let path = "/api/v1/alpha/optionTrades/export"

    /// The endpoint, as `ALPHA_TRADE_FEED_URL` takes it.
    public let url: String
    /// The port it listens on.
    public let port: Int

    private let state: FeedState
    private let server: RunningServer

    private init(server: RunningServer, state: FeedState) {
        port = server.port
        self.state = state
        self.server = server
        url = "http://127.0.0.1:\(server.port)\(Self.path)"
    }

    /// Starts a server and returns once it accepts connections.
    /// - Parameters:
    ///   - feed: what it serves, the sample in phase `.initial`.
    ///   - apiKey: what the `Authorization` header must hold, without `Bearer`.
    ///   - port: the port to listen on, 0 for any free one.
    ///   - failures: how it misbehaves.
    /// - Throws: what the system says where the port can't be listened on.
    public static func start(
        feed: Feed, apiKey: String, port: Int = 0, failures: FailurePlan = .none
    ) async throws -> SampleFeedServer {
        let state = FeedState(feed: feed, failures: failures)
        let responder = FeedResponder(state: state, apiKey: apiKey)
        let server = try await RunningServer.start("sample-feed", port: port) { try await responder.respond(to: $0) }
        return SampleFeedServer(server: server, state: state)
    }

    /// How many requests came, refused ones included.
    public var requestCount: Int { state.requests.count }

    /// The query part of every request to the endpoint, in order of arrival.
    public var requests: [String] { state.requests }

    /// Serves another feed from now on; cursors given out before still count rows of the feed.
    public func replace(feed: Feed) {
        state.replace(feed: feed)
    }

    /// Serves these row texts from now on, as ``Feed/rows(_:filtered:watermark:)`` puts them into pages.
    public func replace(rows texts: [String]) {
        replace(feed: .rows(texts))
    }

    /// Serves the sample as of that phase from now on. Other feeds have no phases.
    public func setPhase(_ phase: SampleScope.Phase) {
        state.setPhase(phase)
    }

    /// Installs a plan, whose request 0 is the next one.
    public func setFailures(_ failures: FailurePlan) {
        state.setFailures(failures)
    }

    /// Stops accepting, closes the connections and returns when all is closed. A second call changes nothing.
    public func stop() async {
        await server.stop()
    }
}

/// What changes while a server runs.
final class FeedState: Sendable {
    private struct Content {
        var feed: Feed
        var phase: SampleScope.Phase
        var failures: FailurePlan
        /// The number of the request that the plan counts from.
        var planStart: Int
        var requests: [String]
        /// The sample's rows in the current phase, made when first asked for.
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

    /// Notes a request and tells which failure is planned for it.
    func arrive(query: String) -> FailurePlan.Failure? {
        content.withLock {
            $0.requests.append(query)
            return $0.failures.failure(ofRequest: $0.requests.count - 1 - $0.planStart)
        }
    }

    /// The rows as they are now.
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
