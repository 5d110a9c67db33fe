import Crypto
package import Events
import JSON
package import Values

/// A bundle's description of itself: canonical JSON, signed through the checkpoint's extension line.
package struct BundleManifest: Sendable, Equatable {
    package static let format = "alpha-ledger-bundle/1"

    /// A file's length and SHA-256.
    package struct File: Sendable, Equatable {
        package let path: String
        package let bytes: Int64
        /// The lower-case hex SHA-256 of the file's bytes.
        package let sha256: String

        package init(path: String, bytes: Int64, sha256: String) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    /// A view's rows as of the position, with the version and rules that they follow from.
    package struct View: Sendable, Equatable {
        package let projection: String
        package let version: String
        package let codeVersion: Int
        /// Every rule file that the version reads, in path order.
        package let rules: [ProjectionPromotedPayload.Rule]
        package let tree: RowTree.Summary

        package init(
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

    package let ledgerID: UniqueID
    /// The position of the last event in the bundle.
    package let position: Int64
    /// The root of the log's tree at that position.
    package let root: Digest32
    /// All files except the manifest and the checkpoint, by path, bytewise.
    package let files: [File]
    /// The views by projection, bytewise.
    package let views: [View]

    package init(ledgerID: UniqueID, position: Int64, root: Digest32, files: [File], views: [View]) {
        self.ledgerID = ledgerID
        self.position = position
        self.root = root
        self.files = files.sorted { $0.path.isBytewiseLess(than: $1.path) }
        self.views = views.sorted { $0.projection.isBytewiseLess(than: $1.projection) }
    }

    /// The origin of the bundle's checkpoint: `alpha-ledger/<ledger id>`.
    package var origin: String { "alpha-ledger/\(ledgerID)" }

    /// The manifest as canonical JSON and a newline.
    package func encode() -> [UInt8] { node.canonicalBytes() + [UInt8(ascii: "\n")] }

    /// The lower-case hex SHA-256 of the encoded manifest, which the checkpoint's extension line names.
    package var digest: String { hexadecimal(SHA256.hash(data: encode())) }

    private var node: JSONNode {
        .object([
            (
                "files",
                .array(
                    files.map {
                        .object([("bytes", .integer($0.bytes)), ("path", .string($0.path)), ("sha256", .string($0.sha256))])
                    })
            ),
            ("format", .string(Self.format)), ("ledger_id", .string(ledgerID.description)),
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
