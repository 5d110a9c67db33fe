import Operations
import Values

/// A request as the routes see it: no framework, so that they can be asked without a socket.
public struct APIRequest: Sendable {
    public var method: String
    /// Percent-encoded, as it was sent.
    public var path: String
    /// Without the question mark, percent-encoded; nil where there was none.
    public var query: String?
    /// Lower-case name → values.
    public var headers: [String: [String]]
    public var body: [UInt8]
    /// A page of the console asks for a person, whose filters are met with forgiveness.
    var isForPerson = false
    /// Whether the peer's address is a loopback one.
    public var isFromLoopback: Bool
    /// The peer's address as text, a proxy's where one stands between.
    public var peer = ""

    public init(
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

/// What is answered.
public struct APIResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// The body compressed by gzip, where it was made before.
    var compressed: [UInt8]?
    /// Whether the request's body was not read, so that nothing can be asked after it.
    var leavesBody = false
    /// What is sent instead of `body`, piece by piece.
    public var stream: APIStream?
    /// What the log says of the request, where the status does not tell: a page that leads on, or says itself what is wrong.
    var problem: Problem.Code?

    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// `Cache-Control` of what the same request gives for ever.
    static let immutable = "private, immutable"

    /// Whether it says that the same request gives it for ever.
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

/// Percent-encoding (RFC 3986), strictly: a broken escape, text that is not UTF-8, and U+0000 are nil.
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

/// The query's parameters: each name at most once, and only names that the route knows.
struct Parameters {
    private var values: [(name: String, value: String)] = []

    /// Throws for a query that is not percent-encoded, a name that is not allowed, and one that comes twice.
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

    /// Digits only, after a minus sign or not.
    static func wholeNumber(_ text: String) -> Int64? { text.hasPrefix("+") ? nil : Int64(text) }

    func instant(_ name: String) throws(Problem) -> Instant? {
        guard let text = self[name] else { return nil }
        guard let value = Instant(text) else {
            throw Problem(.badParameter, "\(name): expected \(Instant.expected(insteadOf: text))")
        }
        return value
    }

    ///
    /// - Parameter other: a further value that the parameter may have, for its error.
    func flag(_ name: String, or other: String? = nil) throws(Problem) -> Bool? {
        switch self[name] {
        case nil: nil
        case "true": true
        case "false": false
        default: throw Problem(.badParameter, "\(name): expected true\(other.map { ", \($0)" } ?? "") or false")
        }
    }

    /// All but the named ones.
    func others(than names: Set<String>) -> [(name: String, value: String)] {
        values.filter { !names.contains($0.name) }
    }
}
