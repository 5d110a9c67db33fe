import CLibCurl
import Glibc

/// When a request is retried, and after what delay.
///
/// A 429 or a 503 is retried after the time that its `Retry-After` asks for, or otherwise after an exponential back-off
/// with jitter. The other 5xx are retried in the same way if ``retriesServerErrors`` is set. A connection that broke
/// halfway is retried fewer times; a GET changes nothing at the upstream. Everything else is final: other statuses, an
/// unreachable upstream, a time-out.
package struct RetryPolicy: Sendable {
    /// The largest number of retries.
    package var maximumRetries = 5
    /// Whether the other 5xx are retried like a 503.
    package var retriesServerErrors = false
    /// The wait after a 429 without a `Retry-After`; nil for the back-off.
    package var tooManyRequestsSeconds: Double?
    /// The largest number of these retries after broken connections.
    package var maximumLostConnectionRetries = 2
    /// The longest `Retry-After` that is accepted. If an answer asks for a longer wait, it is final.
    package var maximumRetryAfterSeconds: Double = 300
    /// The back-off before the first retry; it doubles with each.
    package var firstBackoffSeconds: Double = 0.5
    /// The longest back-off.
    package var maximumBackoffSeconds: Double = 30
    /// Returns the seconds since 1970-01-01Z, for a `Retry-After` that is a date.
    package var now: @Sendable () -> Double
    /// Returns a number from 0 up to, but not including, 1.
    package var random: @Sendable () -> Double
    /// Waits; throws if the task is cancelled.
    package var sleep: @Sendable (_ seconds: Double) async throws -> Void

    /// Makes the default policy of every upstream. Clock, random numbers and sleep are the system's unless given.
    package init(
        now: @escaping @Sendable () -> Double = RetryPolicy.systemNow,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void = {
            try await Task.sleep(for: .seconds($0))
        }
    ) {
        self.now = now
        self.random = random
        self.sleep = sleep
    }

    /// Returns the system's clock in seconds since 1970-01-01Z.
    package static let systemNow: @Sendable () -> Double = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The seconds to wait before the retry with that number (from 1), or nil if there must be no retry.
    func delay(beforeRetry retry: Int, after response: HTTPResponse) -> Double? {
        let isRetried =
            response.status == 429 || response.status == 503 || retriesServerErrors && 500...599 ~= response.status
        guard isRetried, retry <= maximumRetries else { return nil }
        guard let asked = response.header("Retry-After").flatMap(seconds(ofRetryAfter:)) else {
            let own = response.status == 429 ? tooManyRequestsSeconds : nil
            return own ?? backoff(beforeRetry: retry)
        }
        return asked <= maximumRetryAfterSeconds ? asked : nil
    }

    /// The seconds to wait before the retry with that number (from 1), or nil if there must be no retry.
    func delay(beforeRetry retry: Int, after error: TransportError, lostConnections: Int) -> Double? {
        guard error.code == .connectionLost, retry <= maximumRetries,
            lostConnections <= maximumLostConnectionRetries
        else { return nil }
        return backoff(beforeRetry: retry)
    }

    /// A random time in the upper half of the exponential back-off.
    private func backoff(beforeRetry retry: Int) -> Double {
        var ceiling = firstBackoffSeconds
        for _ in 1..<retry { ceiling = min(ceiling * 2, maximumBackoffSeconds) }
        return ceiling * (0.5 + random() / 2)
    }

    /// The seconds of a `Retry-After` value (RFC 9110, section 10.2.3): a number of seconds, or any of the three forms
    /// of a date. Nil for anything else.
    package func seconds(ofRetryAfter value: String) -> Double? {
        if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return Double(value) }
        // A date begins with the day of the week; libcurl's other date forms are not accepted.
        guard let first = value.utf8.first, (0x41...0x5a).contains(first), value.utf8.contains(UInt8(ascii: ":")) else {
            return nil
        }
        let time = curl_getdate(value, nil)
        return time < 0 ? nil : max(0, Double(time) - now())
    }
}
