import PrometheusMetrics
import Synchronization

/// Sends requests through libcurl, on one dedicated thread.
///
/// Connections are kept open and reused. Redirects are not followed. Certificates and host names are always checked
/// (TLS 1.2 or later). Only `http` and `https` are allowed. Cookies, `.netrc` and the environment's proxies are
/// ignored. A cancelled task aborts its request at once. The thread ends with the transport.
package final class CurlTransport: Sendable {
    /// The largest number of concurrent requests. Others wait their turn, and their time-outs start with it.
    package static let maximumConcurrentRequests = 8

    private let loop = TransferLoop()
    private let upstream: String

    /// Makes a transport.
    ///
    /// - Parameter upstream: the upstream's name in the process's metrics.
    package init(upstream: String = "other") { self.upstream = upstream }

    deinit { loop.close() }

    /// Sends a request once and returns the whole answer, whatever its status.
    ///
    /// Redirects are errors. So are a body over the request's limit, an incomplete answer, and all other cases of
    /// ``TransportError/Code``.
    package func get(_ request: HTTPRequestSpec) async throws(TransportError) -> HTTPResponse { try await send(request) }

    /// Sends a request once, of any method; see ``get(_:)``. A request other than a GET has a connection of its own, because libcurl
    /// sends a request again if a reused connection turns out to be closed.
    package func send(_ request: HTTPRequestSpec) async throws(TransportError) -> HTTPResponse {
        let address = try UpstreamAddress(url: request.url)
        let ticket = TransferTicket()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { answer in
                loop.submit(Transfer(request, address, ticket, answer))
            }
        } onCancel: {
            ticket.cancel()
            loop.noticeCancellation()
        }
        switch result {
        case .success(let response): UpstreamMetrics.count(upstream, outcome: "\(response.status / 100)xx")
        case .failure(let error): UpstreamMetrics.count(upstream, outcome: error.code.description)
        }
        return try result.get()
    }
}

/// The handle by which a task cancels its transfer, whether the transfer exists yet or not.
final class TransferTicket: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func cancel() { flag.store(true, ordering: .releasing) }
}
