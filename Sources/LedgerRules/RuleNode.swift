public import LedgerValues

/// A node of a rule file that reads typed values. If a value doesn't fit, the error says where it stands.
public struct RuleNode {
    let path: String
    let key: String?
    let tree: RuleTree

    var line: Int? { tree.line }
    var isMapping: Bool { tree.mapping != nil }
    var isList: Bool { tree.list != nil }

    private init(path: String, key: String, tree: RuleTree) {
        self.path = path
        self.key = key
        self.tree = tree
    }

    /// The root of a file.
    init(root tree: RuleTree, path: String) {
        self.path = path
        key = nil
        self.tree = tree
    }

    /// An error about this node, with its file, line and key.
    public func fail(_ problem: String) -> RuleError { RuleError(path: path, line: line, key: key, problem: problem) }

    private func child(_ name: String, _ tree: RuleTree) -> RuleNode {
        RuleNode(path: path, key: key.map { "\($0).\(name)" } ?? name, tree: tree)
    }

    /// The value of a required key.
    public func member(_ name: String) throws -> RuleNode {
        guard let mapping = tree.mapping else { throw fail("expected a mapping") }
        guard let member = mapping.first(where: { $0.name == name }) else { throw fail("the key `\(name)` is missing") }
        return child(name, member.value)
    }

    /// Refuses keys that no rule reads, because a misspelt threshold must not be ignored silently.
    public func allowOnly(_ names: Set<String>) throws {
        guard let mapping = tree.mapping else { throw fail("expected a mapping") }
        for member in mapping {
            guard let name = member.name, names.contains(name) else {
                throw RuleError(
                    path: path, line: member.line, key: key,
                    problem: "unknown key `\(member.name ?? "?")`; expected \(names.sorted().joined(separator: ", "))")
            }
        }
    }

    /// The members of a mapping, in the order of the file.
    public func members() throws -> [(name: String, value: RuleNode)] {
        guard let mapping = tree.mapping else { throw fail("expected a mapping") }
        return try mapping.map { member in
            guard let name = member.name else { throw fail("expected a text key") }
            return (name, child(name, member.value))
        }
    }

    /// The elements of a list.
    public func elements() throws -> [RuleNode] {
        guard let list = tree.list else { throw fail("expected a list") }
        return list.enumerated().map { child("\($0.offset)", $0.element) }
    }

    /// The text of a single value.
    public func scalar() throws -> String {
        guard let scalar = tree.scalar else { throw fail("expected a single value") }
        return scalar
    }

    /// The text of a required key.
    public func text(_ name: String) throws -> String { try member(name).scalar() }

    /// The texts of a required key's list.
    public func texts(_ name: String) throws -> [String] { try member(name).elements().map { try $0.scalar() } }

    /// The whole number of a required key.
    public func integer(_ name: String) throws -> Int {
        let value = try member(name)
        guard let integer = Int(try value.scalar()) else { throw value.fail("expected a whole number") }
        return integer
    }

    /// The decimal of a required key.
    public func decimal(_ name: String) throws -> FixedDecimal {
        let value = try member(name)
        do {
            return try FixedDecimal(try value.scalar())
        } catch let error as DecimalError {
            throw value.fail("expected a decimal number (\(error))")
        }
    }
}
