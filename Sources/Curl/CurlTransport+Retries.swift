extension CurlTransport {
    /// A request that is about to be sent again.
    package struct Retry: Sendable {
        /// The number of the retry, from 1.
        package let number: Int
        /// The wait before the retry.
        package let delaySeconds: Double
        /// The reason in a few words.
        package let reason: String
    }

    /// Sends a request, and retries it according to the policy.
    ///
    /// Returns the last answer, whatever its status; throws the last transport error. If the task is cancelled during a
    /// wait, it throws `cancelled`.
    package func get(
        _ request: HTTPRequestSpec, retries policy: RetryPolicy, onRetry: @Sendable (Retry) -> Void = { _ in }
    ) async throws(TransportError) -> HTTPResponse {
        var number = 1
        var lostConnections = 0
        while true {
            let delay: Double
            let reason: String
            do throws(TransportError) {
                let response = try await get(request)
                guard let wait = policy.delay(beforeRetry: number, after: response) else { return response }
                (delay, reason) = (wait, "status \(response.status)")
            } catch {
                if error.code == .connectionLost { lostConnections += 1 }
                guard let wait = policy.delay(beforeRetry: number, after: error, lostConnections: lostConnections)
                else { throw error }
                (delay, reason) = (wait, error.message)
            }
            onRetry(Retry(number: number, delaySeconds: delay, reason: reason))
            do {
                try await policy.sleep(delay)
            } catch {
                throw .cancelledRequest
            }
            number += 1
        }
    }
}

extension TransportError {
    /// The error of a request whose task was cancelled.
    static let cancelledRequest = TransportError(.cancelled, "the request was cancelled")
}
