import LedgerValues

/// The text of a rule file, so that an explanation can quote the line it applied.
public struct RuleSource: Sendable {
    /// A key of a rule file with its line.
    public struct Quote: Sendable, Equatable {
        /// The line number, from 1.
        public let line: Int
        /// The text of the line, without surrounding space.
        public let text: String
    }

    public let file: RuleFile
    private let lines: [String]
    private let lineOfKey: [ByteKey: Int]

    /// Reads the file again. Throws if it is absent, is not YAML, or is no longer the file that `file` was read from.
    public init(_ file: RuleFile, read: RuleFileReader) throws {
        let bytes = try file.bytes(read)
        let tree = try RuleTree(parsing: bytes, path: file.path)
        self.file = file
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var rest = line[...]
            while rest.first == " " { rest = rest.dropFirst() }
            while rest.last == " " || rest.last == "\r" { rest = rest.dropLast() }
            return String(rest)
        }
        var found: [ByteKey: Int] = [:]
        Self.collect(tree, [], &found)
        lineOfKey = found
    }

    /// The line of a key by its path from the root, or nil if the key is absent. List elements are numbered from 0.
    public func quote(_ path: [String]) -> Quote? {
        guard let line = lineOfKey[Self.key(path)], lines.indices.contains(line - 1) else { return nil }
        return Quote(line: line, text: lines[line - 1])
    }

    private static func collect(_ tree: RuleTree, _ path: [String], _ found: inout [ByteKey: Int]) {
        if let mapping = tree.mapping {
            for member in mapping {
                guard let name = member.name else { continue }
                if let line = member.line { found[key(path + [name])] = line }
                collect(member.value, path + [name], &found)
            }
        } else if let list = tree.list {
            for (index, element) in list.enumerated() {
                if let line = element.line { found[key(path + ["\(index)"])] = line }
                collect(element, path + ["\(index)"], &found)
            }
        }
    }

    /// Joins a path into one key. U+001F is safe as the separator because names of rule keys hold no control characters.
    private static func key(_ path: [String]) -> ByteKey { ByteKey(path.joined(separator: "\u{1f}")) }
}
