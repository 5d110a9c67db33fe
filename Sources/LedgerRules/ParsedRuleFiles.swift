import Synchronization

/// The contents of rule files that were parsed in a scope, each once, however many rules share a file.
final class ParsedRuleFiles: Sendable {
    @TaskLocal private static var current: ParsedRuleFiles?

    private let trees = Mutex<[String: RuleTree]>([:])

    /// Runs `body`, in which equal contents are parsed once.
    static func sharing<R>(_ body: () throws -> R) rethrows -> R {
        if current != nil { return try body() }
        return try $current.withValue(ParsedRuleFiles()) { try body() }
    }

    /// The content of a file, parsed now or before in the scope. An error is not kept, because it names the path.
    static func tree(of bytes: [UInt8], digest: String, path: String) throws(RuleError) -> RuleTree {
        guard let current else { return try RuleTree(parsing: bytes, path: path) }
        if let known = current.trees.withLock({ $0[digest] }) { return known }
        let tree = try RuleTree(parsing: bytes, path: path)
        current.trees.withLock { $0[digest] = tree }
        return tree
    }
}
