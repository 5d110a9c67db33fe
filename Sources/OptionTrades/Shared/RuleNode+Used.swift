import LedgerRules

extension RuleNode {
    /// The path of a used rule file by how it begins.
    func used(_ prefix: String) throws -> String {
        guard let path = try texts("uses").first(where: { $0.hasPrefix(prefix) }) else {
            throw try member("uses").fail("no \(prefix)…yaml is listed")
        }
        return path
    }
}
