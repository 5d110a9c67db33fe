package import LedgerRules
import LedgerValues

/// Option roots that belong to an underlying of another name (`shared/root_aliases.v<N>.yaml`).
package final class RootAliases: Sendable {
    package let file: RuleFile
    private let underlyings: [ByteKey: Set<ByteKey>]

    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "root_aliases", read: read)
        try document.root.allowOnly(["rules", "version", "aliases"])
        file = document.file
        var found: [ByteKey: Set<ByteKey>] = [:]
        for node in try document.root.member("aliases").elements() {
            try node.allowOnly(["root", "underlying"])
            found[ByteKey(try node.text("root")), default: []].insert(ByteKey(try node.text("underlying")))
        }
        underlyings = found
    }

    /// Whether the pair is listed. Both sides compare by their bytes.
    package func lists(root: String, underlying: String) -> Bool {
        underlyings[ByteKey(root)]?.contains(ByteKey(underlying)) ?? false
    }
}
