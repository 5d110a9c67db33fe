import Crypto
public import LedgerEvents
import LedgerJSON
public import LedgerProjections
public import LedgerValues

/// A bundle's description of itself: canonical JSON, signed through the checkpoint's extension line.
public struct BundleManifest: Sendable, Equatable {
    /// A file's length and SHA-256.
    public struct File: Sendable, Equatable {
        public let path: String
        public let bytes: Int64
        /// The lower-case hex SHA-256 of the file's bytes.
        public let sha256: String

        public init(path: String, bytes: Int64, sha256: String) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    /// A view's rows as of the position, with the version and rules that they follow from.
    public struct View: Sendable, Equatable {
        public let projection: String
        public let version: String
        public let codeVersion: Int
        /// Every rule file that the version reads, in path order.
        public let rules: [ProjectionPromotedPayload.Rule]
        public let tree: RowTree.Summary

        public init(
            projection: String, version: String, codeVersion: Int, rules: [ProjectionPromotedPayload.Rule],
            tree: RowTree.Summary
        ) {
            self.projection = projection
            self.version = version
            self.codeVersion = codeVersion
            self.rules = rules
            self.tree = tree
        }
    }

    /// The names of the program that exported the bundle.
    public let names: LedgerNames
    public let ledgerID: UniqueID
    /// The position of the last event in the bundle.
    public let position: Int64
    /// The root of the log's tree at that position.
    public let root: Digest32
    /// All files except the manifest and the checkpoint, by path, bytewise.
    public let files: [File]
    /// The views by projection, bytewise.
    public let views: [View]

    public init(names: LedgerNames, ledgerID: UniqueID, position: Int64, root: Digest32, files: [File], views: [View]) {
        self.names = names
        self.ledgerID = ledgerID
        self.position = position
        self.root = root
        self.files = files.sorted { $0.path.isBytewiseLess(than: $1.path) }
        self.views = views.sorted { $0.projection.isBytewiseLess(than: $1.projection) }
    }

    /// The origin of the bundle's checkpoint.
    public var origin: String { names.origin(of: ledgerID) }

    /// The manifest as canonical JSON and a newline.
    public func encode() -> [UInt8] { node.canonicalBytes() + [UInt8(ascii: "\n")] }

    /// The lower-case hex SHA-256 of the encoded manifest, which the checkpoint's extension line names.
    public var digest: String { hexadecimal(SHA256.hash(data: encode())) }

    private var node: JSONNode {
        .object([
            (
                "files",
                .array(
                    files.map {
                        .object([("bytes", .integer($0.bytes)), ("path", .string($0.path)), ("sha256", .string($0.sha256))])
                    })
            ),
            ("format", .string(names.bundleFormat)), ("ledger_id", .string(ledgerID.description)),
            ("position", .integer(position)), ("root_hash", .string(root.description)),
            ("views", .array(views.map(\.node))),
        ])
    }
}

extension BundleManifest.View {
    var node: JSONNode {
        .object([
            ("code_version", .integer(Int64(codeVersion))), ("digest", .string(tree.digest)),
            ("projection", .string(projection)), ("rows", .integer(tree.rows)),
            ("rows_root_hash", .string(tree.root.description)),
            (
                "rules",
                .array(
                    rules.map {
                        .object([
                            ("digest", .string($0.digest)), ("file", .string($0.file)),
                            ("version", .integer(Int64($0.version))),
                        ])
                    })
            ),
            ("version", .string(version)),
        ])
    }
}
