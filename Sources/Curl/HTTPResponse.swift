/// An upstream's answer.
package struct HTTPResponse: Sendable {
    /// The status. It is never a redirect, because redirects are refused.
    package var status: Int
    /// The names and values in the order of arrival, without white space around the values.
    package var headers: [(name: String, value: String)]
    /// The body after decompression.
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header with that name, ignoring case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
