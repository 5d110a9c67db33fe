/// A request to an upstream.
///
/// Its texts (`description`, `String(reflecting:)`, `dump`) omit the query and the values of headers, which may hold
/// secrets.
package struct HTTPRequestSpec: Sendable {
    /// What is asked of the upstream. A POST must not be retried, unless doing it twice does no harm.
    package enum Method: Sendable, Equatable {
        case get
        /// A GET without the body.
        case head
        /// With a body, which has a `Content-Type` of its own among the headers.
        case post([UInt8])
        /// With a body, as a POST.
        case put([UInt8])
        case delete

        package var text: String {
            switch self {
            case .get: "GET"
            case .head: "HEAD"
            case .post: "POST"
            case .put: "PUT"
            case .delete: "DELETE"
            }
        }

        /// What is sent; empty if the method has no body.
        package var body: [UInt8] {
            switch self {
            case .put(let body), .post(let body): body
            case .get, .head, .delete: []
            }
        }
    }

    package var method: Method
    /// An absolute `http` or `https` URL, percent-encoded. It must not carry a user name or a password.
    package var url: String
    /// The names and values, in the order of sending.
    package var headers: [(name: String, value: String)]
    /// The time limit for the whole request, including the connection.
    package var timeoutSeconds: Double
    /// The largest accepted body, counted after decompression.
    package var maximumBodyBytes: Int
    /// Whether a gzip body is requested. Any encoding that arrives is decoded, or else refused.
    package var acceptsGzip: Bool

    /// The largest body that any upstream may send, after decompression: 64 MiB.
    package static let defaultMaximumBodyBytes = 64 << 20

    package init(
        _ method: Method = .get, url: String, headers: [(name: String, value: String)] = [], timeoutSeconds: Double = 20,
        maximumBodyBytes: Int = HTTPRequestSpec.defaultMaximumBodyBytes, acceptsGzip: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.timeoutSeconds = timeoutSeconds
        self.maximumBodyBytes = maximumBodyBytes
        self.acceptsGzip = acceptsGzip
    }
}

extension HTTPRequestSpec: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method, the URL without its query, and the names of the headers.
    package var description: String {
        let shown = url.prefix { $0 != "?" && $0 != "#" }
        return "\(method.text) \(shown) [\(headers.map(\.name).joined(separator: ", "))]"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
