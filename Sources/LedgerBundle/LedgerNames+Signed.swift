package import LedgerProjections

/// The names in what a program signs.
extension LedgerNames {
    /// The `format` of a bundle's manifest.
    var bundleFormat: String { "\(program)-bundle/1" }

    /// The extension line by which a signed checkpoint vouches for a bundle: it names the manifest, which names the digest
    /// of every other file.
    package func manifestExtension(sha256: String) -> String { "\(program)/manifest sha256:\(sha256)" }

    /// The extension line by which a signed checkpoint vouches for all that a proof page shows.
    package func proofPageExtension(sha256: String) -> String { "\(program)/proof-page sha256:\(sha256)" }

    /// The extension line by which a signed checkpoint vouches for a row's proof: it names the tree over all rows of the
    /// view as of the checkpoint's size.
    package func rowsExtension(projection: String, version: String, codeVersion: Int, tree: RowTree.Summary) -> String {
        "\(program)/rows \(projection) \(version) c\(codeVersion) \(tree.rows) sha256:\(tree.root)"
    }
}
