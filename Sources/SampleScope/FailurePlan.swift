package import LedgerValues

/// The failures of a ``SampleFeedServer``, by the number of the request.
///
/// Requests are counted from 0, starting when the plan is installed.
package struct FailurePlan: Sendable {
    /// The failure of one request. It replaces or modifies the proper answer.
    package indirect enum Failure: Sendable {
        /// A status with headers and a body in place of a page, such as 429 with `Retry-After`.
        case status(Int, headers: [(String, String)] = [], body: String = "")
        /// The page's header and its first bytes, followed by a closed connection.
        case connectionDropped(afterBytes: Int)
        /// A 200 whose body is only the page's first bytes: truncated JSON with a matching length.
        case truncated(afterBytes: Int)
        /// The proper answer, or another failure, after a wait.
        case delay(seconds: Double, then: Failure? = nil)
        /// A 200 with any given body.
        case body([UInt8], headers: [(String, String)] = [("Content-Type", "application/json")])
        /// The proper page with another watermark.
        case watermark(Instant?)
        /// The proper page, but with the request's own cursor as its next one. A first page is unchanged.
        case repeatedCursor
        /// The proper page with another `hasMore`.
        case hasMore(Bool)
    }

    private var byRequest: [Int: Failure]
    private var everyRequest: Failure?

    /// The plan without failures.
    package static let none = FailurePlan(byRequest: [:], everyRequest: nil)

    /// The same failure for every request.
    package static func every(_ failure: Failure) -> FailurePlan {
        FailurePlan(byRequest: [:], everyRequest: failure)
    }

    /// Failures for the requests with these numbers. The others get their proper answer.
    package static func requests(_ failures: [Int: Failure]) -> FailurePlan {
        FailurePlan(byRequest: failures, everyRequest: nil)
    }

    /// The same failure for the first `count` requests.
    package static func first(_ count: Int, _ failure: Failure) -> FailurePlan {
        requests(Dictionary(uniqueKeysWithValues: (0..<max(0, count)).map { ($0, failure) }))
    }

    func failure(ofRequest index: Int) -> Failure? {
        byRequest[index] ?? everyRequest
    }
}
