import LedgerValues

/// The parameters of a feed request.
struct FeedQuery {
    /// The number of rows on a page if the request does not say.
    static let defaultLimit = 500
    /// The largest number of rows on a page.
    static let largestLimit = 10_000

    var scope: FeedScopeFilter
    var limit: Int
    var updatedSince: Instant?
    var cursor: FeedCursor?

    /// A parameter that is missing, unknown, given twice or malformed.
    struct Malformed: Error {
        var parameter: String
        var expected: String
    }

    /// Reads the query part of a URL.
    init(_ query: String) throws(Malformed) {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(halves[0])
            guard ["portfolioNames", "includePending", "limit", "updatedSince", "cursor"].contains(name) else {
                throw Malformed(parameter: name, expected: "no such parameter")
            }
            guard values[name] == nil else { throw Malformed(parameter: name, expected: "given once") }
            guard let value = decodePercents(halves.count == 2 ? halves[1] : "") else {
                throw Malformed(parameter: name, expected: "percent-encoded UTF-8")
            }
            values[name] = value
        }
        let names = (values["portfolioNames"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw Malformed(parameter: "portfolioNames", expected: "names joined by commas")
        }
        scope = FeedScopeFilter(portfolios: Set(names.map { ByteKey(String($0)) }), includePending: false)
        switch values["includePending"] {
        case nil, "false": break
        case "true": scope.includePending = true
        default: throw Malformed(parameter: "includePending", expected: "true or false")
        }
        limit = Self.defaultLimit
        if let text = values["limit"] {
            guard let number = Int(text), (1...Self.largestLimit).contains(number) else {
                throw Malformed(parameter: "limit", expected: "1 to \(Self.largestLimit)")
            }
            limit = number
        }
        if let text = values["updatedSince"] {
            guard let instant = Instant(text) else {
                throw Malformed(parameter: "updatedSince", expected: "an instant")
            }
            updatedSince = instant
        }
        if let text = values["cursor"] {
            guard let cursor = FeedCursor(text) else {
                throw Malformed(parameter: "cursor", expected: "a nextCursor of this feed")
            }
            self.cursor = cursor
        }
    }
}

/// Replaces `%XX`. Nil if an escape is malformed or the bytes are not UTF-8. A plus sign stays a plus sign.
private func decodePercents(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        let digits = rest.prefix(2)
        guard digits.count == 2, let digitText = String(digits), !digitText.hasPrefix("+"), !digitText.hasPrefix("-"),
            let decoded = UInt8(digitText, radix: 16)
        else { return nil }
        bytes.append(decoded)
        rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}
