public import Values

/// How a ``SampleFeedServer`` misbehaves, by the number of the request.
///
/// Requests are counted from 0 from the moment the plan was installed.
public struct FailurePlan: Sendable {
    /// What one request gets instead of, or on top of, its proper answer.
    public indirect enum Failure: Sendable {
        /// A status with headers and a body instead of a page, such as 429 with `Retry-After`.
        case status(Int, headers: [(String, String)] = [], body: String = "")
        /// The page's header and its first bytes, then the connection is closed.
        case connectionDropped(afterBytes: Int)
        /// A 200 that holds the page's first bytes as if they were all: JSON that breaks off.
        case truncated(afterBytes: Int)
        /// The proper answer, or another failure, after a wait.
        case delay(seconds: Double, then: Failure? = nil)
        /// A 200 with this body, whatever it is.
        case body([UInt8], headers: [(String, String)] = [("Content-Type", "application/json")])
        /// The proper page under another watermark.
        case watermark(Instant?)
        /// The proper page with the cursor that the request came with as its next one (no change on a first page).
        case repeatedCursor
        /// The proper page with another `hasMore`.
        case hasMore(Bool)
    }

    private var byRequest: [Int: Failure]
    private var everyRequest: Failure?

    /// Every request gets its proper answer.
    public static let none = FailurePlan(byRequest: [:], everyRequest: nil)

    /// Every request gets the same failure.
    public static func every(_ failure: Failure) -> FailurePlan {
        FailurePlan(byRequest: [:], everyRequest: failure)
    }

    /// The requests with these numbers fail, the others get their proper answer.
    public static func requests(_ failures: [Int: Failure]) -> FailurePlan {
        FailurePlan(byRequest: failures, everyRequest: nil)
    }

    /// The first `count` requests fail in the same way.
    public static func first(_ count: Int, _ failure: Failure) -> FailurePlan {
        requests(Dictionary(uniqueKeysWithValues: (0..<max(0, count)).map { ($0, failure) }))
    }

    func failure(ofRequest index: Int) -> Failure? {
        byRequest[index] ?? everyRequest
    }
}
