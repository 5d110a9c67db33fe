/// An upstream's answer.
public struct HTTPResponse: Sendable {
    /// The status. It is never a redirect, because redirects are refused.
    public var status: Int
    /// The names and values in the order of arrival, without white space around the values.
    public var headers: [(name: String, value: String)]
    /// The body after decompression.
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header with that name, ignoring case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
