import PrometheusMetrics
import Synchronization

/// Sends GET requests through libcurl, on one thread of its own.
///
/// Connections are kept open and used again. No redirect is followed, certificates and host names are always
/// checked (TLS 1.2 or later), only `http` and `https` are spoken, no cookie, no `.netrc` and no proxy of
/// the environment is read. A cancelled task aborts its request at once. The thread ends with the transport.
public final class CurlTransport: Sendable {
    /// How many requests run at a time; others wait their turn, and their time-outs start when it comes.
    public static let maximumConcurrentRequests = 8

    private let loop = TransferLoop()
    private let upstream: String

    /// - Parameter upstream: what the process's metrics call whom this transport talks to.
    public init(upstream: String = "other") { self.upstream = upstream }

    deinit { loop.close() }

    /// Sends a request once and gives the whole answer, whatever its status.
    ///
    /// A redirect is an error; so are a body over the request's limit, an answer that is not complete, and
    /// everything else of ``TransportError/Code``.
    public func get(_ request: HTTPRequestSpec) async throws(TransportError) -> HTTPResponse {
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

/// What a task cancels its transfer by, before the transfer exists or after.
final class TransferTicket: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    func cancel() { flag.store(true, ordering: .releasing) }
}
