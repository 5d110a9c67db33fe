/// Where the Alpha feed is and how it is asked.
///
/// Its texts never show the key.
public struct AlphaFeedConfiguration: Sendable {
    /// The export endpoint's URL, without the query parameters of a request (docs/contract/alpha-feed.md, "Request"); others that it has
    /// are kept.
    public var url: String
    /// The key, sent raw in `Authorization`.
    public var apiKey: String
    /// The longest that one request may take.
    public var timeoutSeconds: Double
    /// How many rows a page is asked for.
    public var pageLimit: Int

    public init(url: String, apiKey: String, timeoutSeconds: Double = 20, pageLimit: Int = 500) {
        self.url = url
        self.apiKey = apiKey
        self.timeoutSeconds = timeoutSeconds
        self.pageLimit = pageLimit
    }
}

extension AlphaFeedConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without its query, and the limits.
    public var description: String {
        "\(url.prefix { $0 != "?" && $0 != "#" }) (time-out \(timeoutSeconds) s, pages of \(pageLimit))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: ["feed": description]) }
}
