package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// Where trades of options come from.
package enum FlowSource: String, Sendable, CaseIterable {
    /// A tape that was captured while it ran.
    case stream
    /// A past day's trades. Its quotes can't be had.
    case rest
    /// Observations of `option_print`, each with the quote before it.
    case prints
}

/// A file of a tape that a summary was made from.
package struct FlowFile: CodedFields {
    /// Relative to the folder of the tape.
    package var path = ""
    /// Of the uncompressed bytes.
    package var sha256 = Digest32([UInt8](repeating: 0, count: 32))
    /// Lines that are not blank.
    package var lines: Int64 = 0

    package init() {}

    package init(path: String, sha256: Digest32, lines: Int64) { (self.path, self.sha256, self.lines) = (path, sha256, lines) }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("lines", &lines)
        try fields.text("path", &path)
        try fields.digest("sha256", &sha256)
    }
}

/// What a summary was made from.
package enum FlowInputs: Sendable, Equatable {
    /// At least one, by path.
    case files([FlowFile])
    /// The positions of the prints' events, ascending.
    case prints([Int64])

    var node: JSONNode {
        switch self {
        case .files(let files): .array(files.map { FieldCoder.node($0) })
        case .prints(let positions): .array(positions.map { .integer($0) })
        }
    }

    static func read(_ value: JSONValue, _ pointer: String) throws(PayloadError) -> FlowInputs {
        guard value.kind == .array else { throw PayloadError(pointer: pointer, problem: "is not an array") }
        var files: [FlowFile] = []
        var positions: [Int64] = []
        for (index, element) in value.elements.enumerated() {
            if let position = element.integer {
                positions.append(position)
            } else {
                files.append(try FieldCoder.object(element, "\(pointer)/\(index)"))
            }
        }
        guard files.isEmpty || positions.isEmpty else { throw PayloadError(pointer: pointer, problem: "mixes files and positions") }
        return files.isEmpty ? .prints(positions) : .files(files)
    }
}

/// Some minutes of a contract's flow.
package struct FlowBucket: CodedFields {
    package var start = Instant.minimum
    package var minutes: Int64 = 0
    package var figures = FlowFigures()

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("bucket_minutes", &minutes)
        try fields.instant("bucket_start_utc", &start)
        try figures.code(&fields)
    }
}

/// The payload of `IntradayFlowSummarized`: what the trades of a contract on a market date add up to, and what says so
/// (docs/contract/research.md, "Intraday flow").
package struct IntradayFlowPayload: CodedFields, EventPayload {
    package var source = FlowSource.stream
    /// OCC; of a UTC market `BTC-2025-03-28-90000-C`.
    package var symbol = ""
    package var marketDate = CalendarDate.minimum
    package var underlying = ""
    package var expiry = CalendarDate.minimum
    package var optionType = OptionType.call
    package var strike = FixedDecimal.zero
    package var multiplier = FixedDecimal.zero
    package var figures = FlowFigures()
    /// Trades whose quote in force is sound.
    package var validQuoteCount: Int64 = 0
    /// A ratio; nil without trades.
    package var quoteCoverage: FixedDecimal?
    /// By length, then start.
    package var buckets: [FlowBucket] = []
    package var warnings: [String] = []
    package var inputs = FlowInputs.prints([])
    /// The rule files, by path.
    package var rules: [RuleReference] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.objects("buckets", &buckets)
        try fields.date("expiry", &expiry)
        try fields.field("inputs", &inputs, { $0.node }, FlowInputs.read)
        try fields.date("market_date", &marketDate)
        try fields.decimal("multiplier", &multiplier)
        try fields.choice("option_type", &optionType)
        try fields.decimal("quote_coverage_pct", &quoteCoverage)
        try fields.field("rules", &rules, { .array($0.map(\.node)) }) { (value, pointer) throws(PayloadError) in
            try RuleReference.read(value, pointer: pointer)
        }
        try fields.choice("source", &source)
        try fields.decimal("strike", &strike)
        try fields.text("symbol", &symbol)
        try fields.text("underlying", &underlying)
        try fields.integer("valid_quote_count", &validQuoteCount)
        try fields.texts("warnings", &warnings)
        try figures.code(&fields)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { FieldCoder.node(self).canonicalBytes() }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        self = try FieldCoder.object(try PayloadReader.document(payload), "")
    }

    /// The SHA-256 of all but the rules: rules that give the same figures from the same inputs say nothing new.
    package var contentDigest: Digest32 {
        var content = self
        content.rules = []
        return Digest32(sha256Of: content.encode())
    }

    package var stream: String { Streams.flow(source: source.rawValue, symbol: symbol, date: marketDate) }

    /// `IntradayFlowSummarized` after the given version of its stream (0 for the first).
    ///
    /// - Parameters:
    ///   - previousVersion: of the stream.
    ///   - effectiveAt: the last trade's time, or the end of the market date without trades.
    package func event(previousVersion: Int64, effectiveAt: Instant) -> NewEvent {
        NewEvent(
            .intradayFlowSummarized,
            identity: Identity.flowSummarized(
                source: source.rawValue, symbol: symbol, date: marketDate, previous: previousVersion, digest: contentDigest),
            stream: stream, effectiveAt: effectiveAt, payload: encode(), expectedVersion: previousVersion)
    }
}

extension RuleReference {
    fileprivate var node: JSONNode {
        .object([("digest", .string(digest)), ("file", .string(file)), ("version", .integer(Int64(version)))])
    }
}
