public import LedgerJSON
public import LedgerValues
public import LedgerWitness

/// The result of the verification of a bundle.
public struct BundleReport: Sendable {
    public enum Signature: String, Sendable {
        /// The given key signed the checkpoint.
        case trusted
        /// No key was given.
        case untrusted
        case invalid
    }

    /// A replayed view of the bundle.
    public struct View: Sendable {
        public let view: BundleManifest.View
        /// Whether the events, folded by the view's rules, give its rows, count, digest and tree root.
        public let isVerified: Bool
        /// Whether an event of the log recorded exactly these rule files for this version. It is also false if the
        /// version was promoted after the bundle's position.
        public let areRulesRecorded: Bool
    }

    public internal(set) var signature = Signature.untrusted
    /// What the cosignatures come to; nil without a policy or without cosignatures.
    public internal(set) var witnesses: WitnessPolicy.Verdict?
    /// Who claims to have cosigned, where no policy says whose keys count.
    public internal(set) var unverifiedCosigners: [String] = []
    /// The ledger of the manifest; nil if the manifest can't be read.
    public internal(set) var ledgerID: UniqueID?
    public internal(set) var position: Int64?
    /// The number of events in order.
    public internal(set) var events: Int64 = 0
    /// The root over the recomputed leaves; nil if an event is at fault.
    public internal(set) var root: Digest32?
    public internal(set) var views: [View] = []
    /// The faults in the order of the checks; at most one for the content of each file.
    public internal(set) var faults: [BundleFault] = []

    public var isVerified: Bool { faults.isEmpty }

    /// The JSON that `audit verify-bundle --json` prints.
    public var node: JSONNode {
        .object([
            ("verified", .bool(isVerified)), ("signature", .string(signature.rawValue)),
            ("ledger_id", ledgerID.map { .string($0.description) } ?? .null),
            ("position", position.map { .integer($0) } ?? .null), ("events", .integer(events)),
            ("root_hash", root.map { .string($0.description) } ?? .null),
            ("witnesses", witnesses?.node ?? .null), ("unverified_cosigners", .array(unverifiedCosigners.map(JSONNode.string))),
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

extension WitnessPolicy.Verdict {
    /// Who counts, who is missing, and the newest time, in seconds since 1970.
    public var node: JSONNode {
        .object([
            ("log", log.map { .string($0) } ?? .null), ("quorum", .bool(hasQuorum)), ("counted", .array(counted.map(JSONNode.string))),
            ("missing", .array(missing.map(JSONNode.string))), ("newest_time", newest.map { .integer(Int64($0)) } ?? .null),
        ])
    }
}
