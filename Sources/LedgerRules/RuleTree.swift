internal import Yams

/// The parsed text of a rule file: values with the lines on which they stand. It is never changed, so many rules may read it at once,
/// which the parser's own nodes don't allow: these resolve their tags while they are read.
struct RuleTree: Sendable {
    /// A key of a mapping with its value.
    struct Member: Sendable {
        /// The text of the key; nil for a key that is not a single value.
        let name: String?
        let line: Int?
        let value: RuleTree
    }

    enum Content: Sendable {
        case scalar(String)
        case mapping([Member])
        case list([RuleTree])
        /// Something that rules have no use for.
        case other
    }

    /// The line number, from 1.
    let line: Int?
    let content: Content

    init(_ node: Node) {
        line = node.mark?.line
        content =
            switch node {
            case .scalar(let scalar): .scalar(scalar.string)
            case .mapping(let mapping):
                .mapping(mapping.map { Member(name: $0.scalar?.string, line: $0.mark?.line, value: RuleTree($1)) })
            case .sequence(let sequence): .list(sequence.map { RuleTree($0) })
            case .alias: .other
            }
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
        self.init(node)
    }

    var scalar: String? { if case .scalar(let text) = content { text } else { nil } }
    var mapping: [Member]? { if case .mapping(let members) = content { members } else { nil } }
    var list: [RuleTree]? { if case .list(let elements) = content { elements } else { nil } }
}
