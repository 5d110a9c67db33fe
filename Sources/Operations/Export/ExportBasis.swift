import LedgerEvents
import LedgerJSON
import LedgerValues
import Parquet

/// What all files of an export say of it.
package struct ExportBasis: Sendable, Equatable {
    package let ledgerID: String
    package let position: Int64
    /// The log's root at the position, lower-case hex.
    package let root: String
    /// When the event at the position was recorded: the reader's now.
    package let now: String
    package let table: String
    /// The projection and its version, `v1/c1`. Nil for events and observations.
    package let projection: String?
    package let version: String?
    /// The rule files of the version with their versions, as JSON. Nil for events and observations.
    package let rules: String?
    /// The filters as JSON: parameter and value.
    package let filters: String
    /// Whether nothing was left out: every row of the table at the position is there.
    package let isComplete: Bool
    /// The columns of the rows' documents, as JSON.
    package let columns: String
    /// Nil if the export is not divided.
    package let partitionBy: String?

    /// What the keys of a footer begin with.
    static let prefix = "alpha_ledger."
    static let format = "alpha-ledger/export/v1"
    /// The name of the manifest in an export's directory.
    package static let manifest = "_manifest.json"

    /// What a file says, in order.
    var keyValues: [ParquetMetadata.KeyValue] {
        let pairs: [(String, String?)] = [
            ("format", Self.format), ("ledger_id", ledgerID), ("position", "\(position)"), ("root_hash", root), ("now", now),
            ("table", table), ("projection", projection), ("version", version), ("rules", rules), ("filters", filters),
            ("complete", isComplete ? "true" : "false"), ("columns", columns), ("partition_by", partitionBy),
        ]
        return pairs.compactMap { key, value in value.map { .init(Self.prefix + key, $0) } }
    }

    /// Reads what a file says. Nil if it is no file of an export.
    init?(_ file: ParquetMetadata) {
        func value(_ key: String) -> String? { file[Self.prefix + key] }
        guard value("format").isBytewiseEqual(to: Self.format), let ledgerID = value("ledger_id"),
            let position = value("position").flatMap({ Int64($0) }), let root = value("root_hash"), let now = value("now"),
            let table = value("table"), let filters = value("filters"), let complete = value("complete"), let columns = value("columns")
        else { return nil }
        self.init(
            ledgerID: ledgerID, position: position, root: root, now: now, table: table, projection: value("projection"),
            version: value("version"), rules: value("rules"), filters: filters, isComplete: complete == "true", columns: columns,
            partitionBy: value("partition_by"))
    }

    init(
        ledgerID: String, position: Int64, root: String, now: String, table: String, projection: String? = nil, version: String? = nil,
        rules: String? = nil, filters: String, isComplete: Bool, columns: String, partitionBy: String?
    ) {
        self.ledgerID = ledgerID
        self.position = position
        self.root = root
        self.now = now
        self.table = table
        self.projection = projection
        self.version = version
        self.rules = rules
        self.filters = filters
        self.isComplete = isComplete
        self.columns = columns
        self.partitionBy = partitionBy
    }

    /// Whether the rows are leaves of the log.
    var hasLeaf: Bool { table.isBytewiseEqual(to: "events") }
}

/// What a file says of its own rows.
struct ExportPart: Sendable, Equatable {
    /// The value of the partition as JSON, a text or null; nil if the export is not divided.
    let partition: String?
    /// The rows of the export in the files before this one.
    let rowsBefore: Int64
    /// The keys of the first and the last row, as JSON; nil without rows.
    let firstKey: String?
    let lastKey: String?
    /// `digest` of the file's rows.
    let digest: String
    /// In the last file: the rows and the digest of the whole export, in key order.
    let whole: (rows: Int64, digest: String)?

    static func == (left: ExportPart, right: ExportPart) -> Bool { left.keyValues == right.keyValues }

    var keyValues: [ParquetMetadata.KeyValue] {
        let pairs: [(String, String?)] = [
            ("partition", partition), ("rows_before", "\(rowsBefore)"), ("first_key", firstKey), ("last_key", lastKey),
            ("rows_digest", digest), ("export_rows", whole.map { "\($0.rows)" }), ("export_digest", whole?.digest),
        ]
        return pairs.compactMap { key, value in value.map { .init(ExportBasis.prefix + key, $0) } }
    }

    /// Nil if the file lacks a member.
    init?(_ file: ParquetMetadata) {
        func value(_ key: String) -> String? { file[ExportBasis.prefix + key] }
        guard let before = value("rows_before").flatMap({ Int64($0) }), let digest = value("rows_digest") else { return nil }
        let rows = value("export_rows").flatMap { Int64($0) }
        self.init(
            partition: value("partition"), rowsBefore: before, firstKey: value("first_key"), lastKey: value("last_key"), digest: digest,
            whole: rows.flatMap { rows in value("export_digest").map { (rows, $0) } })
    }

    init(
        partition: String?, rowsBefore: Int64, firstKey: String?, lastKey: String?, digest: String, whole: (rows: Int64, digest: String)?
    ) {
        self.partition = partition
        self.rowsBefore = rowsBefore
        self.firstKey = firstKey
        self.lastKey = lastKey
        self.digest = digest
        self.whole = whole
    }

    /// A partition's value as a file says it.
    static func text(_ partition: String?) -> String { text(partition.map(JSONNode.string) ?? .null) }

    /// A key as a file says it.
    static func text(key: [String]) -> String { text(.array(key.map(JSONNode.string))) }

    private static func text(_ node: JSONNode) -> String { String(decoding: node.httpBytes(), as: UTF8.self) }
}

/// The SHA-256 of a footer without its last member, which says it. Whoever changes a byte of the footer has to work it out anew.
enum FooterSeal {
    static let key = ExportBasis.prefix + "footer_sha256"

    static func seal(_ footer: [UInt8]) -> [ParquetMetadata.KeyValue] { [.init(key, digest(footer))] }

    /// Whether a footer has its seal, as the last thing that it says.
    static func holds(_ file: ParquetMetadata) -> Bool {
        var rest = file
        guard let last = rest.keyValues.popLast(), last.key.isBytewiseEqual(to: key) else { return false }
        return last.value.isBytewiseEqual(to: digest(rest.encode()))
    }

    private static func digest(_ bytes: [UInt8]) -> String { Digest32(sha256Of: bytes).description }
}
