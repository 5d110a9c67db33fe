import Crypto
public import JSON
public import PostgresStore
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
    /// For views with horizons: `1,7,30,expiry`; the rules' own where nil.
    public var horizons: String?
    public var limit = 100
    public var cursor: String?

    public init() {}

    /// All that selects rows, as text: pages of one list have it in common.
    func selection(_ view: View) -> String {
        var parts = filters.map { filter in
            switch filter {
            case .equals(let column, let value): "\(column)\u{1f}=\u{1f}\(value)"
            case .from(let column, let instant): "\(column)\u{1f}>=\u{1f}\(instant)"
            case .before(let column, let instant): "\(column)\u{1f}<\u{1f}\(instant)"
            }
        }.sorted { $0.isBytewiseLess(than: $1) }
        parts.append(effectiveAt.map { "effective_at\u{1f}\($0)" } ?? "")
        parts.append(horizons ?? "")
        return ([view.name] + parts).joined(separator: "\u{1e}")
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
    public let version: ProjectionVersion
    /// True where this program lacks the version's code and the rows are those of its last checkpoint.
    public let isFrozen: Bool

    /// `{"rows":[…],"next_cursor":…,"aggregates":…,"ledger":{…}}`, and the view's remark
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
        if let remark {
            out.append(contentsOf: ",\"\(remark.name)\":".utf8)
            out.append(contentsOf: JSONNode.string(remark.text).httpBytes())
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// A strong entity tag over all that the answer depends on: position, now, version and the query.
    public func entityTag(query: String) -> String {
        let text = "\(version.name)|\(version.version)|\(version.codeVersion)|\(position)|\(asOf)|\(headPosition)|\(query)"
        return "\"" + SHA256.hash(data: Array(text.utf8)).prefix(12).map { byte in
            byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }.joined() + "\""
    }

    private var ledger: JSONNode {
        var rules: [(String, JSONNode)] = []
        if let document = try? JSONDocument(parsing: Array(version.rules.utf8)) {
            for (file, value) in document.root.members {
                rules.append((file, value["version"]?.integer.map(JSONNode.integer) ?? .null))
            }
        }
        var members: [(String, JSONNode)] = [
            ("position", .integer(position)),
            ("as_of", .string(asOf.description)),
            ("head_position", .integer(headPosition)),
            ("projection", .string(version.name)),
            ("code_version", .integer(Int64(version.codeVersion))),
            ("rules", .object(rules)),
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

    public var description: String {
        switch self {
        case .badParameter(let name, let expected): "\(name): expected \(expected)"
        case .badCursor: "cursor: expected a next_cursor of the same list with the same filters"
        case .notActivated(let projection): "projection \(projection) has never been activated"
        }
    }
}
