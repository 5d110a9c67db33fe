public import JSON
public import Values

/// What the verification of a bundle found.
public struct BundleReport: Sendable {
    public enum Signature: String, Sendable {
        /// By the given key.
        case trusted
        /// No key was given.
        case untrusted
        case invalid
    }

    /// A view of the bundle, replayed.
    public struct View: Sendable {
        public let view: BundleManifest.View
        /// Whether its rows, count, digest and tree root are what the events give by its rules.
        public let isVerified: Bool
        /// Whether an event of the log recorded exactly these rule files for this version. False also where the version
        /// was promoted after the bundle's position.
        public let areRulesRecorded: Bool
    }

    public internal(set) var signature = Signature.untrusted
    /// Of the manifest; nil where it can't be read.
    public internal(set) var ledgerID: UniqueID?
    public internal(set) var position: Int64?
    /// Events that were in order.
    public internal(set) var events: Int64 = 0
    /// Over the recomputed leaves; nil where an event is at fault.
    public internal(set) var root: Digest32?
    public internal(set) var views: [View] = []
    /// In the order of the checks; at most one for each file's content.
    public internal(set) var faults: [BundleFault] = []

    public var isVerified: Bool { faults.isEmpty }

    /// What `audit verify-bundle --json` prints.
    public var node: JSONNode {
        .object([
            ("verified", .bool(isVerified)), ("signature", .string(signature.rawValue)),
            ("ledger_id", ledgerID.map { .string($0.description) } ?? .null),
            ("position", position.map { .integer($0) } ?? .null), ("events", .integer(events)),
            ("root_hash", root.map { .string($0.description) } ?? .null),
            ("views", .array(views.map(\.node))), ("faults", .array(faults.map(\.node))),
        ])
    }
}

extension BundleReport.View {
    var node: JSONNode {
        .object([
            ("projection", .string(view.projection)), ("version", .string(view.version)),
            ("code_version", .integer(Int64(view.codeVersion))), ("rows", .integer(view.tree.rows)),
            ("digest", .string(view.tree.digest)), ("rows_root_hash", .string(view.tree.root.description)),
            ("rules_recorded", .bool(areRulesRecorded)), ("verified", .bool(isVerified)),
        ])
    }
}

extension BundleFault {
    var node: JSONNode {
        .object([
            ("code", .string(code.rawValue)), ("file", .string(file)), ("line", line.map { .integer(Int64($0)) } ?? .null),
            ("position", position.map { .integer($0) } ?? .null), ("problem", .string(problem)),
        ])
    }
}
