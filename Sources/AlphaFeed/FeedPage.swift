package import LedgerJSON
package import LedgerValues

/// A page of the feed, its envelope checked; what its rows hold is not.
package struct FeedPage: Sendable {
    /// The body; keeps the bytes that rows are views of.
    package let document: JSONDocument
    /// The rows as they came, in order.
    package let rows: JSONElements
    /// How many rows there are.
    package let rowCount: Int
    /// Where the next page starts; nil exactly where ``hasMore`` is false.
    package let nextCursor: String?
    /// Whether there is a next page.
    package let hasMore: Bool
    /// The largest `updatedAt` of the scope when the run's first page was cut; nil for an empty scope.
    package let watermark: Instant?

    /// Reads a body by itself.
    ///
    /// - Parameter number: the page's number in its run, from 1, for errors.
    package init(parsing body: [UInt8], number: Int) throws(FeedContractError) {
        do throws(JSONError) {
            document = try JSONDocument(parsing: body, maximumDepth: Self.maximumDepth)
        } catch {
            throw FeedContractError(error, page: number)
        }
        let envelope = Envelope(root: document.root, page: number)
        let rows = try envelope.member("rows")
        guard rows.kind == .array else { throw envelope.mistyped("rows", "an array") }
        guard let hasMore = try envelope.member("hasMore").bool else {
            throw envelope.mistyped("hasMore", "true or false")
        }
        let nextCursor = try envelope.cursor()
        let watermark = try envelope.watermark()
        guard hasMore == (nextCursor != nil) else {
            throw FeedContractError(
                .hasMoreContradictsCursor, page: number,
                hasMore ? "hasMore is true, but nextCursor is null" : "hasMore is false, but nextCursor is not null")
        }
        guard watermark != nil || rows.count == 0 else {
            throw FeedContractError(.nullWatermarkWithRows, page: number, "watermark is null beside \(rows.count) rows")
        }
        self.rows = rows.elements
        self.rowCount = rows.count
        self.nextCursor = nextCursor
        self.hasMore = hasMore
        self.watermark = watermark
    }

    /// How many arrays and objects may be open at once in a body.
    package static let maximumDepth = 64
}

/// The members of the envelope. Keys that the contract doesn't name are no failure.
private struct Envelope {
    let root: JSONValue
    let page: Int

    func member(_ key: String) throws(FeedContractError) -> JSONValue {
        guard root.kind == .object else {
            throw FeedContractError(.envelopeNotObject, page: page, "the body is JSON, but not an object")
        }
        guard let value = root[key] else {
            throw FeedContractError(.envelopeKeyMissing, page: page, "the key \(key) is missing")
        }
        return value
    }

    func mistyped(_ key: String, _ expected: String) -> FeedContractError {
        FeedContractError(.envelopeKeyMistyped, page: page, "\(key) is not \(expected)")
    }

    func cursor() throws(FeedContractError) -> String? {
        let value = try member("nextCursor")
        if value.isNull { return nil }
        guard value.stringIssue == nil, let cursor = value.string, !cursor.isEmpty else {
            throw mistyped("nextCursor", "null or a string of one character or more")
        }
        guard cursor.utf8.count <= Self.maximumCursorBytes else {
            throw mistyped("nextCursor", "short enough for a URL (at most \(Self.maximumCursorBytes) bytes)")
        }
        return cursor
    }

    func watermark() throws(FeedContractError) -> Instant? {
        let value = try member("watermark")
        if value.isNull { return nil }
        guard let watermark = value.withUnescapedUTF8({ Instant(parsing: $0) }) ?? nil else {
            throw mistyped("watermark", "null or an instant")
        }
        return watermark
    }

    /// Cursors travel in URLs and all of a run's are remembered.
    private static let maximumCursorBytes = 16 << 10
}

extension FeedContractError {
    fileprivate init(_ error: JSONError, page: Int) {
        switch error.kind {
        case .duplicateKey(let key):
            self.init(
                .duplicateKey, page: page, "the object at byte \(error.offset) has the key \(Self.shown(key)) twice")
        case .tooDeep:
            self.init(
                .nestingTooDeep, page: page, "arrays and objects are nested deeper than \(FeedPage.maximumDepth)")
        default:
            self.init(.bodyNotJSON, page: page, "\(error)")
        }
    }

    /// A key as it may stand in a log or an event: not long, and without control characters.
    private static func shown(_ key: String) -> String {
        var text = "\""
        for scalar in key.unicodeScalars.prefix(64) {
            text.unicodeScalars.append(scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value ? "\u{FFFD}" : scalar)
        }
        return text + (key.unicodeScalars.dropFirst(64).isEmpty ? "\"" : "…\"")
    }
}
