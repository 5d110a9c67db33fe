public import LedgerValues
internal import Yams

/// A node of a rule file that reads typed values. If a value doesn't fit, the error says where it stands.
public struct RuleNode {
    let path: String
    let key: String?
    let node: Node

    var line: Int? { node.mark?.line }
    var isMapping: Bool { node.mapping != nil }
    var isList: Bool { node.sequence != nil }

    init(path: String, key: String?, node: Node) {
        self.path = path
        self.key = key
        self.node = node
    }

    /// Parses a file's bytes. Throws if they are not YAML, or hold nothing.
    init(parsing bytes: [UInt8], path: String) throws(RuleError) {
        let node: Node?
        do {
            node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw RuleError(path: path, notYAML: error)
        }
        guard let node else { throw RuleError(path: path, problem: "the file is empty") }
        self.init(path: path, key: nil, node: node)
    }

    /// An error about this node, with its file, line and key.
    public func fail(_ problem: String) -> RuleError { RuleError(path: path, line: line, key: key, problem: problem) }

    private func child(_ name: String, _ node: Node) -> RuleNode {
        RuleNode(path: path, key: key.map { "\($0).\(name)" } ?? name, node: node)
    }

    /// The value of a required key.
    public func member(_ name: String) throws -> RuleNode {
        guard let mapping = node.mapping else { throw fail("expected a mapping") }
        guard let value = mapping[Node(name)] else { throw fail("the key `\(name)` is missing") }
        return child(name, value)
    }

    /// Refuses keys that no rule reads, because a misspelt threshold must not be ignored silently.
    public func allowOnly(_ names: Set<String>) throws {
        guard let mapping = node.mapping else { throw fail("expected a mapping") }
        for (name, _) in mapping {
            guard let text = name.scalar?.string, names.contains(text) else {
                throw RuleError(
                    path: path, line: name.mark?.line, key: key,
                    problem: "unknown key `\(name.scalar?.string ?? "?")`; expected \(names.sorted().joined(separator: ", "))")
            }
        }
    }

    /// The members of a mapping, in the order of the file.
    public func members() throws -> [(name: String, value: RuleNode)] {
        guard let mapping = node.mapping else { throw fail("expected a mapping") }
        return try mapping.map { name, value in
            guard let text = name.scalar?.string else { throw fail("expected a text key") }
            return (text, child(text, value))
        }
    }

    /// The elements of a list.
    public func elements() throws -> [RuleNode] {
        guard let sequence = node.sequence else { throw fail("expected a list") }
        return sequence.enumerated().map { child("\($0.offset)", $0.element) }
    }

    /// The text of a single value.
    public func scalar() throws -> String {
        guard let scalar = node.scalar else { throw fail("expected a single value") }
        return scalar.string
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
