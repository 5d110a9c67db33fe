/// An upstream's answer.
public struct HTTPResponse: Sendable {
    /// The status; never one of the redirects, which are refused.
    public var status: Int
    /// Names and values in the order in which they arrived, without white space around the values.
    public var headers: [(name: String, value: String)]
    /// The body after decompression.
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header with that name, whatever its case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
