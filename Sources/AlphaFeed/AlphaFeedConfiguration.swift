/// Where the Alpha feed is and how it is asked.
///
/// Its texts never show the key.
package struct AlphaFeedConfiguration: Sendable {
    /// The export endpoint's URL, without the query parameters of a request (docs/contract/alpha-feed.md, "Request"); others that it has
    /// are kept.
    package var url: String
    /// The key, sent raw in `Authorization`.
    package var apiKey: String
    /// The longest that one request may take.
    package var timeoutSeconds: Double
    /// How many rows a page is asked for.
    package var pageLimit: Int

    package init(url: String, apiKey: String, timeoutSeconds: Double = 20, pageLimit: Int = 500) {
        self.url = url
        self.apiKey = apiKey
        self.timeoutSeconds = timeoutSeconds
        self.pageLimit = pageLimit
    }
}

extension AlphaFeedConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without its query, and the limits.
    package var description: String {
        "\(url.prefix { $0 != "?" && $0 != "#" }) (time-out \(timeoutSeconds) s, pages of \(pageLimit))"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["feed": description]) }
}
