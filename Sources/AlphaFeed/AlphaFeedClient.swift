package import Curl
package import LedgerValues
package import Logging
package import OptionTrades

/// Reads the pages of a scope from the Alpha feed, one after another.
package struct AlphaFeedClient: Sendable {
    private let configuration: AlphaFeedConfiguration
    private let transport: CurlTransport
    private let retries: RetryPolicy
    private let logger: Logger

    /// - Parameters:
    ///   - transport: what sends requests; may be shared with other upstreams.
    ///   - retries: when a request is sent again.
    ///   - logger: is told of retries, without the key and without a query.
    package init(
        _ configuration: AlphaFeedConfiguration, transport: CurlTransport = CurlTransport(upstream: "alpha_feed"),
        retries: RetryPolicy = RetryPolicy(), logger: Logger = Logger(label: "alpha-feed")
    ) {
        self.configuration = configuration
        self.transport = transport
        self.retries = retries
        self.logger = logger
    }

    /// Fetches every page of a run and gives each to `onPage`, once its envelope agrees with the pages before it.
    ///
    /// The feed may still break its contract on a later page: nothing may be stored before this returns. Memory
    /// holds one page and the run's cursors.
    ///
    /// - Parameters:
    ///   - updatedSince: asks only for rows that changed at that instant or later; nil asks for the whole scope.
    ///   - lowestWatermark: the watermark of the last successful run, below which the feed's must not be. Nil accepts any, to
    ///     recover from a source that was set back.
    ///   - onPage: takes a page and its index, from 0. What it throws ends the run and is thrown on.
    /// - Throws: `FeedError`; `CancellationError` when the task is cancelled.
    nonisolated(nonsending) package func pages(
        scope: ExecutionScope, updatedSince: Instant?, lowestWatermark: Instant?,
        onPage: (FeedPage, Int) async throws -> Void
    ) async throws -> SourceRunEnd {
        var run = FeedRun(lowestWatermark: lowestWatermark)
        var hasMore = true
        while hasMore {
            let body = try await fetch(
                FeedRequest(
                    configuration: configuration, scope: scope, updatedSince: updatedSince, cursor: run.lastCursor))
            let page: FeedPage
            do throws(FeedContractError) {
                page = try FeedPage(parsing: body, number: run.pages + 1)
                hasMore = try run.take(page)
            } catch {
                throw FeedError.contract(error)
            }
            try await onPage(page, run.pages - 1)
        }
        return run.end
    }

    nonisolated(nonsending) private func fetch(_ request: FeedRequest) async throws -> [UInt8] {
        let logger = logger
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.get(request.http, retries: retries) { retry in
                logger.warning(
                    "the Alpha feed is asked again",
                    metadata: [
                        "retry": "\(retry.number)", "delay_s": "\(retry.delaySeconds)", "reason": "\(retry.reason)",
                    ])
            }
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            throw FeedError.transport(error)
        }
        guard response.status == 200 else { throw FeedError.http(status: response.status) }
        return response.body
    }
}
