import CLibCurl
import Glibc

/// When a request is sent again, and how long after.
///
/// A 429 or a 503 is retried after the time that its `Retry-After` asks for, or else after an exponential back-off
/// with jitter; the other 5xx are too where ``retriesServerErrors`` says so. A connection that broke off half way is
/// retried, fewer times: a GET changes nothing at the upstream. Everything else is final: other statuses, an upstream
/// that can't be reached, a time-out.
public struct RetryPolicy: Sendable {
    /// How often such an answer is retried.
    public var maximumRetries = 5
    /// Whether the other 5xx are retried as a 503 is.
    public var retriesServerErrors = false
    /// What a 429 without a `Retry-After` waits; nil for the back-off.
    public var tooManyRequestsSeconds: Double?
    /// How many of those retries may follow a broken connection.
    public var maximumLostConnectionRetries = 2
    /// The longest `Retry-After` that is waited for; the answer counts as final where it asks for more.
    public var maximumRetryAfterSeconds: Double = 300
    /// The back-off before the first retry; it doubles with each.
    public var firstBackoffSeconds: Double = 0.5
    /// The longest back-off.
    public var maximumBackoffSeconds: Double = 30
    /// Seconds since 1970-01-01Z, for a `Retry-After` that is a date.
    public var now: @Sendable () -> Double
    /// A number from 0 up to, but not including, 1.
    public var random: @Sendable () -> Double
    /// Waits; throws when the task is cancelled.
    public var sleep: @Sendable (_ seconds: Double) async throws -> Void

    /// The policy of every upstream; clock, random numbers and sleep are the system's unless given.
    public init(
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

    /// The system's clock in seconds since 1970-01-01Z.
    public static let systemNow: @Sendable () -> Double = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Seconds to wait before the retry with that number (from 1), nil where there is to be none.
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

    /// Seconds to wait before the retry with that number (from 1), nil where there is to be none.
    func delay(beforeRetry retry: Int, after error: TransportError, lostConnections: Int) -> Double? {
        guard error.code == .connectionLost, retry <= maximumRetries,
            lostConnections <= maximumLostConnectionRetries
        else { return nil }
        return backoff(beforeRetry: retry)
    }

    /// A random time in the upper half of the exponential one.
    private func backoff(beforeRetry retry: Int) -> Double {
        var ceiling = firstBackoffSeconds
        for _ in 1..<retry { ceiling = min(ceiling * 2, maximumBackoffSeconds) }
        return ceiling * (0.5 + random() / 2)
    }

    /// The value of a `Retry-After` (RFC 9110, section 10.2.3): seconds, or any of the three forms of a date. Nil
    /// for anything else.
    func seconds(ofRetryAfter value: String) -> Double? {
        if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return Double(value) }
        // A date begins with the day of the week; what else libcurl would take for one is not asked.
        guard let first = value.utf8.first, (0x41...0x5a).contains(first), value.utf8.contains(UInt8(ascii: ":")) else {
            return nil
        }
        let time = curl_getdate(value, nil)
        return time < 0 ? nil : max(0, Double(time) - now())
    }
}
