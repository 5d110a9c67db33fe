package import LedgerJSON
package import LedgerProjections
package import LedgerValues
import OptionTrades

/// A reader's request for a view.
package struct ViewRequest: Sendable {
    package var filters: [RowFilter] = []
    /// Reads the ledger's knowledge after this event. Nil means the projection's checkpoint.
    package var asOfPosition: Int64?
    /// Reads the ledger's knowledge at this instant.
    package var asOf: Instant?
    /// Reads only facts with a valid time up to this instant.
    package var effectiveAt: Instant?
    /// The rules for the read.
    package var rules = RulesChoice.served
    /// Whether the answer contains the log's root and the digest of the projection's rows.
    package var hasReceipt = false
    /// Whether the receipt covers every version of rows and facts, instead of only the rows at the position.
    package var isReceiptFull = false
    /// The horizons, for views that have them: `1,7,30,expiry`. Nil means the rules' own.
    package var horizons: String?
    /// What is read instead of rows, for views of observations. Nil for rows.
    package var series: SeriesReading?
    /// Whether the horizons are the rules' own and every other one with a mark: those of the stored rows.
    var isAtMarkedHorizons = false
    /// The column that the rows are ordered by, with `-` before it for the largest value first. Nil for key order.
    package var sort: String?
    package var limit = 100
    package var cursor: String?
    /// Whether to compute the sums over all selected rows too.
    package var hasAggregates = true
    /// Whether each row of a view of chains has the rows of its chain, joined from the events.
    package var hasJoinedRows = false

    package init() {}

    /// The list that a cursor goes on with: its selection of rows, and their order.
    func list(_ view: View) -> String {
        let selection = selection(view, inCursor: true)
        return sort.map { "\(selection)\u{1e}sort\u{1f}\($0)" } ?? selection
    }

    /// The selection of rows as text. All pages of one list share it, in whatever order.
    ///
    /// - Parameter cursor: whether the text goes into a cursor, which is part of pinned answers. A cursor has always
    ///   represented a person's filter in the same way as a program's.
    func selection(_ view: View, inCursor cursor: Bool = false) -> String {
        var parts = filters.map { filter in
            switch filter {
            case .equals(let column, let value): "\(column)\u{1f}=\u{1f}\(Self.escaped(value))"
            case .equalsIgnoringCase(let column, let value):
                cursor
                    ? "\(column)\u{1f}=\u{1f}\(Self.escaped(value))"
                    : "\(column)\u{1f}~\u{1f}\(Self.escaped(value.asciiFolded))"
            case .from(let column, let instant): "\(column)\u{1f}>=\u{1f}\(instant)"
            case .before(let column, let instant): "\(column)\u{1f}<\u{1f}\(instant)"
            case .fromDate(let column, let date): "\(column)\u{1f}>=\u{1f}\(date)"
            case .beforeDate(let column, let date): "\(column)\u{1f}<\u{1f}\(date)"
            }
        }.sorted { $0.isBytewiseLess(than: $1) }
        parts.append(effectiveAt.map { "effective_at\u{1f}\($0)" } ?? "")
        parts.append(isAtMarkedHorizons ? "marked" : horizons ?? "")
        parts.append(rules.text(projection: view.projection) ?? "")
        parts += series?.parameters.map { "\($0.name)\u{1f}\($0.value)" } ?? []
        return ([view.name] + parts).joined(separator: "\u{1e}")
    }

    /// A value with its separators escaped, so that two selections never have the same text.
    private static func escaped(_ value: String) -> String {
        guard value.unicodeScalars.contains(where: { ["\u{1b}", "\u{1e}", "\u{1f}"].contains($0) }) else { return value }
        var out = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\u{1b}": out.append(contentsOf: "\u{1b}0".unicodeScalars)
            case "\u{1e}": out.append(contentsOf: "\u{1b}1".unicodeScalars)
            case "\u{1f}": out.append(contentsOf: "\u{1b}2".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// Whether the request fixes everything that its answer depends on: the position, the moment, the rules and the code.
    var isPinned: Bool {
        guard case .version(let version) = rules, version.codeVersion != nil else { return false }
        return asOfPosition != nil && asOf != nil
    }
}

/// The means to check an answer against the log's proofs and the projection's digests.
package struct ViewReceipt: Sendable, Equatable {
    /// RFC 6962 root over the log up to the answer's position, lower-case hex.
    package let rootHash: String
    /// `digest(projection, position)` under the answer's rules, in lower-case hex. It covers all rows, not only the
    /// selected ones.
    package let digest: String
    /// On request, the digest of everything in the tables that the answer was read from: every version of rows and
    /// facts, with their accompanying columns.
    package let full: Full?

    package struct Full: Sendable, Equatable {
        /// `ProjectionVerifier.fullDigest`, lower-case hex.
        package let digest: String
        /// The version that owns the tables, for example `v1/c2`. Under rules that are not stored, an answer is
        /// computed from another version's facts.
        package let tables: String
    }
}

/// A page of a view, with the state of the ledger that it depends on.
package struct ViewPage: Sendable {
    /// Rows in the form of HTTP and the command line, one JSON object for each.
    package internal(set) var rows: [[UInt8]]
    package let nextCursor: String?
    /// The sums over all rows that the filters select, not only this page. Nil if the view has no sums.
    package let aggregates: JSONNode?
    package let remark: (name: String, text: String)?
    package let position: Int64
    package let asOf: Instant
    package let headPosition: Int64
    package let version: ViewVersion
    /// Whether this program lacks the version's code, so that the rows are those of its last checkpoint.
    package let isFrozen: Bool
    /// Whether the same request always gives these bytes, because it pins the position, the moment, the rules and the code.
    package let isPinned: Bool
    /// Whether the request names the position or the moment, so that later readers have the same current time.
    let isFixed: Bool
    /// The receipt, on request.
    package let receipt: ViewReceipt?
    /// Whether the answer's `ledger` lists projections by their names, as all documents of research do.
    var listsProjections = false

    /// `{"rows":[…],"next_cursor":…,"aggregates":…,"ledger":{…}}`, plus the receipt and the view's remark.
    package func json() -> [UInt8] {
        var out: [UInt8] = Array("{\"rows\":[".utf8)
        for (index, row) in rows.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: row)
        }
        out.append(contentsOf: "],\"next_cursor\":".utf8)
        out.append(contentsOf: (nextCursor.map(JSONNode.string) ?? .null).httpBytes())
        out.append(contentsOf: ",\"aggregates\":".utf8)
        out.append(contentsOf: (aggregates ?? .null).httpBytes())
        appendBasis(to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// Appends the members that say what the answer depends on: the ledger's state, the receipt and the view's remark.
    func appendBasis(to out: inout [UInt8]) {
        out.append(contentsOf: ",\"ledger\":".utf8)
        out.append(contentsOf: ledger.httpBytes())
        if let receipt {
            out.append(contentsOf: ",\"receipt\":".utf8)
            out.append(
                contentsOf: JSONNode.object(
                    [("root_hash", .string(receipt.rootHash)), ("digest", .string(receipt.digest))]
                        + (receipt.full.map { [("full_digest", .string($0.digest)), ("tables", .string($0.tables))] } ?? [])
                ).httpBytes())
        }
        if let remark {
            out.append(contentsOf: ",\"\(remark.name)\":".utf8)
            out.append(contentsOf: JSONNode.string(remark.text).httpBytes())
        }
    }

    /// The tag of the answer to a query.
    ///
    /// If the request names the position or the moment, the tag is strong and covers everything that the bytes depend
    /// on. Else it is weak and covers the position, the head, the version, and the rows and sums at the reader's
    /// current time. It stays the same as long as their content does.
    package func entityTag(query: String) -> EntityTag {
        entityTag(query: query) {
            rows.map { $0 + [0x0a] } + [(aggregates ?? .null).httpBytes(), Array("\(nextCursor != nil)".utf8)]
        }
    }

    /// The tag of another answer that is made from this page and from a log at its position.
    func entityTag(query: String, content: () -> [[UInt8]]) -> EntityTag {
        let standing = "\(version.name)|\(version.label)|\(isFrozen)|\(position)"
        if isFixed { return .strong(EntityTag.digest([Array("\(standing)|\(asOf)|\(headPosition)|\(query)".utf8)])) }
        return .weak(EntityTag.digest([Array("\(standing)|\(headPosition)|\(query)|".utf8)] + content()))
    }

    private var ledger: JSONNode {
        version.ledger(position: position, asOf: asOf, headPosition: headPosition, isFrozen: isFrozen, isListed: listsProjections)
    }
}

extension ViewPage {
    /// The answer to a request, standing on what was settled for it.
    init(
        rows: [[UInt8]], nextCursor: String?, aggregates: JSONNode?, _ view: View, _ request: ViewRequest, _ standing: ViewStanding,
        receipt: ViewReceipt?
    ) {
        self.init(
            rows: rows, nextCursor: nextCursor, aggregates: aggregates, remark: view.remark, position: standing.position,
            asOf: standing.now, headPosition: standing.headPosition, version: standing.source.version,
            isFrozen: standing.source.isFrozen, isPinned: request.isPinned && !standing.source.isFrozen,
            isFixed: request.asOfPosition != nil || request.asOf != nil, receipt: receipt, listsProjections: !view.hasValidTime)
    }
}

/// The error of a request that cannot be answered, with a stable code.
package enum ViewError: Error, Equatable, CustomStringConvertible {
    case badParameter(name: String, expected: String)
    case badCursor
    case notActivated(projection: String)
    /// The requested rules, or those promoted at the time, are absent: neither their rows nor their code exist here.
    case rulesUnavailable(String)
    /// The computation takes longer than a service permits. The command does it without that limit.
    case foldTooLarge(command: String)
    /// The log has no execution of this id at the position.
    case unknownTrade(source: String, id: String, position: Int64)
    /// An append that could still be recorded before the instant was in progress for two seconds.
    case asOfUndecided(Instant)

    package var description: String {
        switch self {
        case .badParameter(let name, let expected): "\(name): expected \(expected)"
        case .badCursor: "cursor: expected a next_cursor of the same list with the same filters and sort"
        case .notActivated(let projection): "projection \(projection) has never been activated"
        case .rulesUnavailable(let problem): "rules: \(problem)"
        case .foldTooLarge(let command):
            "working this out takes more than \(FoldGate.standardLimitSeconds) s, or too many wait for such an answer; offline: \(command)"
        case .unknownTrade(let source, let id, let position): "no trade of \(source) has the id `\(id)` at position \(position)"
        case .asOfUndecided(let instant): "as_of: an append under way may still be recorded by \(instant)"
        }
    }
}
