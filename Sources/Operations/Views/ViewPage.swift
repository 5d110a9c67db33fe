public import JSON
import OptionTrades
public import Projections
public import Values

/// What a reader asks of a view.
public struct ViewRequest: Sendable {
    public var filters: [RowFilter] = []
    /// What the ledger knew after this event; nil for the projection's checkpoint.
    public var asOfPosition: Int64?
    /// What it knew at this instant.
    public var asOf: Instant?
    /// Only what had happened in the world by then.
    public var effectiveAt: Instant?
    /// Under which rules.
    public var rules = RulesChoice.served
    /// Whether the answer names the log's root and the digest of the projection's rows.
    public var hasReceipt = false
    /// Whether the receipt covers every version of rows and facts, not the rows of the position alone.
    public var isReceiptFull = false
    /// For views with horizons: `1,7,30,expiry`; the rules' own where nil.
    public var horizons: String?
    public var limit = 100
    public var cursor: String?
    /// Whether the sums over all selected rows are asked for too.
    var hasAggregates = true

    public init() {}

    /// All that selects rows, as text: pages of one list have it in common.
    ///
    /// - Parameter cursor: whether it goes into a cursor, which is a part of pinned answers: it has always named a person's filter as
    ///   it names a program's.
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
            }
        }.sorted { $0.isBytewiseLess(than: $1) }
        parts.append(effectiveAt.map { "effective_at\u{1f}\($0)" } ?? "")
        parts.append(horizons ?? "")
        parts.append(rules.text(projection: view.projection) ?? "")
        return ([view.name] + parts).joined(separator: "\u{1e}")
    }

    /// A value in which nothing passes for a separator, so that no selection has another one's text.
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

    /// Whether it says all that its answer depends on: the position, the moment, the rules and the code.
    var isPinned: Bool {
        guard case .version(let version) = rules, version.codeVersion != nil else { return false }
        return asOfPosition != nil && asOf != nil
    }
}

/// What an answer can be checked by against the log's proofs and the projection's digests.
public struct ViewReceipt: Sendable, Equatable {
    /// RFC 6962 root over the log up to the answer's position, lower-case hex.
    public let rootHash: String
    /// `digest(projection, position)` under the answer's rules, lower-case hex: of all rows, not of the selected ones.
    public let digest: String
    /// Where it was asked for: the digest of all that the tables held which the answer was read from, every version of rows and
    /// facts with what stands beside them.
    public let full: Full?

    public struct Full: Sendable, Equatable {
        /// `ProjectionVerifier.fullDigest`, lower-case hex.
        public let digest: String
        /// Whose tables these are, for example `v1/c2`: under rules that are not stored an answer is worked out from the facts of
        /// others.
        public let tables: String
    }
}

/// A page of a view with what it stands on.
public struct ViewPage: Sendable {
    /// Rows as HTTP and the command line show them, a JSON object each.
    public let rows: [[UInt8]]
    public let nextCursor: String?
    /// Over all rows that the filters select, not over the page; nil where the view has none.
    public let aggregates: JSONNode?
    public let remark: (name: String, text: String)?
    public let position: Int64
    public let asOf: Instant
    public let headPosition: Int64
    public let version: ViewVersion
    /// True where this program lacks the version's code and the rows are those of its last checkpoint.
    public let isFrozen: Bool
    /// The same request gives these bytes for ever: it pins the position, the moment, the rules and the code.
    public let isPinned: Bool
    /// The request names the position or the moment, so that the reader's now is no other for who asks later.
    let isFixed: Bool
    /// Where it was asked for.
    public let receipt: ViewReceipt?

    /// `{"rows":[…],"next_cursor":…,"aggregates":…,"ledger":{…}}`, the receipt, and the view's remark
    public func json() -> [UInt8] {
        var out: [UInt8] = Array("{\"rows\":[".utf8)
        for (index, row) in rows.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: row)
        }
        out.append(contentsOf: "],\"next_cursor\":".utf8)
        out.append(contentsOf: (nextCursor.map(JSONNode.string) ?? .null).httpBytes())
        out.append(contentsOf: ",\"aggregates\":".utf8)
        out.append(contentsOf: (aggregates ?? .null).httpBytes())
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
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// The tag of the answer to a query.
    ///
    /// Strong where the request names the position or the moment: over all that the bytes depend on. Else weak, over the
    /// position, the head, the version, and what the rows and sums say at the reader's now, which may go on for as long as
    /// they say the same.
    public func entityTag(query: String) -> EntityTag {
        entityTag(query: query) {
            rows.map { $0 + [0x0a] } + [(aggregates ?? .null).httpBytes(), Array("\(nextCursor != nil)".utf8)]
        }
    }

    /// The same of another answer that is made of this page, and of a log at its position.
    func entityTag(query: String, content: () -> [[UInt8]]) -> EntityTag {
        let standing = "\(version.name)|\(version.label)|\(isFrozen)|\(position)"
        if isFixed { return .strong(EntityTag.digest([Array("\(standing)|\(asOf)|\(headPosition)|\(query)".utf8)])) }
        return .weak(EntityTag.digest([Array("\(standing)|\(headPosition)|\(query)|".utf8)] + content()))
    }

    private var ledger: JSONNode {
        var members: [(String, JSONNode)] = [
            ("position", .integer(position)),
            ("as_of", .string(asOf.description)),
            ("head_position", .integer(headPosition)),
            ("projection", .string(version.name)),
            ("code_version", .integer(Int64(version.codeVersion))),
            ("rules", .object(version.rules.map { ($0.file, .integer(Int64($0.version))) })),
        ]
        if isFrozen { members.append(("frozen", .bool(true))) }
        return .object(members)
    }
}

/// A request that can't be answered, with a stable code.
public enum ViewError: Error, Equatable, CustomStringConvertible {
    case badParameter(name: String, expected: String)
    case badCursor
    case notActivated(projection: String)
    /// The rules that were asked for, or promoted then, are not here: neither their rows nor what folds them.
    case rulesUnavailable(String)
    /// Working it out takes longer than a service may; the command does it without that bound.
    case foldTooLarge(command: String)
    /// An append that could still be recorded by that instant went on for two seconds.
    case asOfUndecided(Instant)

    public var description: String {
        switch self {
        case .badParameter(let name, let expected): "\(name): expected \(expected)"
        case .badCursor: "cursor: expected a next_cursor of the same list with the same filters"
        case .notActivated(let projection): "projection \(projection) has never been activated"
        case .rulesUnavailable(let problem): "rules: \(problem)"
        case .foldTooLarge(let command):
            "working this out takes more than \(FoldGate.standardLimitSeconds) s, or too many wait for such an answer; offline: \(command)"
        case .asOfUndecided(let instant): "as_of: an append under way may still be recorded by \(instant)"
        }
    }
}
