/// Why a request got no usable answer.
///
/// Its text names the upstream as scheme, host and port. It never holds a header's value, a path or a query.
package struct TransportError: Error, Sendable, Equatable {
    /// The kind of failure, as a stable word for logs and events.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case unreachable, tls, cancelled
            case timedOut = "timed_out"
            case connectionLost = "connection_lost"
            case redirectRefused = "redirect_refused"
            case bodyTooLarge = "body_too_large"
            case malformedResponse = "malformed_response"
            case invalidRequest = "invalid_request"
        }

        private let name: Name

        private init(_ name: Name) { self.name = name }

        /// No connection was made: the name is unknown, nobody listens, or the network is down.
        package static let unreachable = Code(.unreachable)
        /// No secure connection was made: the certificate is not trusted or belongs to another host, or there is no TLS
        /// at all.
        package static let tls = Code(.tls)
        /// The whole answer did not arrive in time.
        package static let timedOut = Code(.timedOut)
        /// The connection broke before the whole answer had arrived.
        package static let connectionLost = Code(.connectionLost)
        /// The upstream answered with a redirect. Redirects are not followed, because the key would travel along.
        package static let redirectRefused = Code(.redirectRefused)
        /// The body, after decompression, is larger than the request allows.
        package static let bodyTooLarge = Code(.bodyTooLarge)
        /// The answer is not HTTP, or its body's encoding is broken or unknown.
        package static let malformedResponse = Code(.malformedResponse)
        /// The request can't be sent as it is: an invalid URL, another scheme, or control characters in a header.
        package static let invalidRequest = Code(.invalidRequest)
        /// The requesting task was cancelled.
        package static let cancelled = Code(.cancelled)

        package var description: String { name.rawValue }
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the upstream could not be reached, or its answer broke off. Another attempt may succeed.
    package var isUnreachable: Bool {
        [.unreachable, .tls, .timedOut, .connectionLost].contains(code)
    }
}

extension TransportError: CustomStringConvertible {
    package var description: String { message }
}
