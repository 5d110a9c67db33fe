/// The paths of the files in a bundle.
public enum BundlePaths {
    public static let manifest = "manifest.json"
    /// The checkpoint, a C2SP signed note.
    public static let checkpoint = "checkpoint"
    public static let events = "events.ndjson"
    /// The directory of rule files and `columns.json`, laid out like the program's `projections/`.
    public static let rules = "projections/"

    /// The file of a projection's rows.
    public static func view(_ projection: String) -> String { "views/\(projection).ndjson" }

    /// The file of the projection's digested columns and key.
    public static func columns(_ projection: String) -> String { "\(rules)\(projection)/columns.json" }
}

/// The extension lines by which a signed checkpoint vouches for more than its head.
public enum CheckpointExtensions {
    /// The line for a bundle: it names the manifest, which names the digest of every other file.
    public static func manifest(sha256: String) -> String { "alpha-ledger/manifest sha256:\(sha256)" }

    /// The line for a row's proof: it names the tree over all rows of the view as of the checkpoint's size.
    public static func rows(projection: String, version: String, codeVersion: Int, tree: RowTree.Summary) -> String {
        "alpha-ledger/rows \(projection) \(version) c\(codeVersion) \(tree.rows) sha256:\(tree.root)"
    }
}
