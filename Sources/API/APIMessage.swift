import LedgerValues
import Operations

/// A request as the routes see it. It depends on no framework, so routes can be called without a socket.
package struct APIRequest: Sendable {
    package var method: String
    /// Percent-encoded, as sent.
    package var path: String
    /// Percent-encoded, without the question mark. Nil for a request without a query.
    package var query: String?
    /// Lower-case name → values.
    package var headers: [String: [String]]
    package var body: [UInt8]
    /// Whether the request is for a page that a person reads. Filters are then applied leniently.
    var isForPerson = false
    /// Who sent it, by the name of the key. Nil for a key without a name, and without a key.
    var actor: String?
    /// Whether the peer's address is a loopback one.
    package var isFromLoopback: Bool
    /// The peer's address as text. Behind a proxy this is the proxy's address.
    package var peer = ""

    package init(
        method: String, path: String, query: String? = nil, headers: [String: [String]] = [:], body: [UInt8] = [],
        isFromLoopback: Bool
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isFromLoopback = isFromLoopback
    }
}

/// The response to a request.
package struct APIResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// The body compressed with gzip, if that was done before.
    var compressed: [UInt8]?
    /// Whether the body is worth compressing, whatever its type.
    var isCompressible = false
    /// Whether the request's body was left unread, so that no further request can follow on the connection.
    var leavesBody = false
    /// The pieces to send in place of `body`.
    package var stream: APIStream?
    /// The problem for the log if the status does not show it, as with redirects and pages that describe a problem.
    var problem: Problem.Code?

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The `Cache-Control` of a response that never changes for its request.
    static let immutable = "private, immutable"

    /// The `Cache-Control` of a response that nobody keeps.
    static let unkept = "no-store"

    /// Whether the response declares that nobody keeps it.
    var isUnkept: Bool { headers.contains { $0.name == "Cache-Control" && $0.value == Self.unkept } }

    /// Whether the response declares that it never changes for its request.
    var isImmutable: Bool { headers.contains { $0.name == "Cache-Control" && $0.value == Self.immutable } }

    static func json(_ body: [UInt8], status: Int = 200, cache: String = "no-cache", tag: EntityTag? = nil) -> APIResponse {
        var headers = [
            (name: "Content-Type", value: "application/json"), (name: "Cache-Control", value: cache),
            (name: "X-Content-Type-Options", value: "nosniff"),
        ]
        if let tag { headers.append((name: "ETag", value: tag.header)) }
        return APIResponse(status: status, headers: headers, body: body)
    }
}

/// Percent-encoding (RFC 3986), strict: a broken escape, text that is not UTF-8, and U+0000 give nil.
enum PercentEncoding {
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            if byte == UInt8(ascii: "%") {
                guard let high = iterator.next().flatMap(hex), let low = iterator.next().flatMap(hex) else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The parameters of a query. Each name occurs at most once, and the route knows every name.
struct Parameters {
    private var values: [(name: String, value: String)] = []

    /// Throws if the query is not percent-encoded, or if a name is not allowed or occurs twice.
    init(_ query: String?, allowed: [String]) throws(Problem) {
        guard let query, !query.isEmpty else { return }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { throw Problem(.badParameter, "the query is not percent-encoded UTF-8") }
            guard allowed.contains(name) else {
                throw Problem(
                    .unknownParameter, "unknown parameter `\(name)`; expected \(allowed.sorted().joined(separator: ", "))")
            }
            if values.contains(where: { $0.name == name }) {
                throw Problem(.badParameter, "\(name): expected at most once")
            }
            values.append((name, value))
        }
    }

    init(_ values: [(name: String, value: String)]) { self.values = values }

    subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let value = Self.wholeNumber(text), range.contains(value) else {
            let limit = range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw Problem(.badParameter, "\(name): expected a whole number, \(limit)")
        }
        return value
    }

    /// Reads digits, with or without a minus sign before them.
    static func wholeNumber(_ text: String) -> Int64? { text.hasPrefix("+") ? nil : Int64(text) }

    func instant(_ name: String) throws(Problem) -> Instant? {
        guard let text = self[name] else { return nil }
        guard let value = Instant(text) else {
            throw Problem(.badParameter, "\(name): expected \(Instant.expected(insteadOf: text))")
        }
        return value
    }

    /// Reads `true` or `false`. Throws for any other value.
    ///
    /// - Parameter other: a further permitted value of the parameter, for the error's text
    func flag(_ name: String, or other: String? = nil) throws(Problem) -> Bool? {
        switch self[name] {
        case nil: nil
        case "true": true
        case "false": false
        default: throw Problem(.badParameter, "\(name): expected true\(other.map { ", \($0)" } ?? "") or false")
        }
    }

    /// All parameters except the named ones.
    func others(than names: Set<String>) -> [(name: String, value: String)] {
        values.filter { !names.contains($0.name) }
    }
}
