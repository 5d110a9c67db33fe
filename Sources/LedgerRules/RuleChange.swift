import LedgerValues

/// One value that two versions of a rule file do not share: it was added, removed or replaced.
///
/// Values are compared as text, as rules read them. Comments, formatting, quotes and the order of a mapping's keys are no
/// difference.
public struct RuleChange: Sendable, CustomStringConvertible {
    /// The keys from the root of the file, joined by dots: `signals.vrp.weight`. An element of a list is named by its
    /// `id` if every element of both lists has one of its own, and else numbered from 0. A key with other characters than
    /// letters, digits, `_` and `-` is quoted: `symbols."BRK.B".market_proxy`.
    public let path: String
    /// The old value; nil if the old file lacks the path. An empty mapping is `{}`, an empty list `[]`.
    public let from: String?
    /// The new value; nil if the new file lacks the path.
    public let to: String?

    /// `signals.vrp.weight: 70 → 65`, `signals.skew.limit: added 1` or `bid_above: removed 0`.
    public var description: String {
        switch (from, to) {
        case (let from?, let to?): "\(path): \(Self.shown(from)) → \(Self.shown(to))"
        case (nil, let to?): "\(path): added \(Self.shown(to))"
        case (let from?, nil): "\(path): removed \(Self.shown(from))"
        case (nil, nil): path
        }
    }

    private static func shown(_ value: String) -> String { value.isEmpty ? "\"\"" : value }
}

/// Collects the differences of two nodes, in the order of their paths.
private struct RuleComparison {
    private(set) var changes: [RuleChange] = []

    /// What a node holds. An absent node has no text, no members and no elements.
    private struct Content {
        /// The text of a single value, `{}` or `[]`; nil for an absent node and for one with children.
        var text: String?
        /// The members of a mapping; nil for a node of another kind.
        var members: [(name: ByteKey, value: RuleNode)]? = []
        /// The elements of a list; nil for a node of another kind.
        var elements: [RuleNode]? = []

        init(_ node: RuleNode?) throws {
            guard let node else { return }
            members = node.isMapping ? try node.members().map { (ByteKey($0.name), $0.value) } : nil
            elements = node.isList ? try node.elements() : nil
            if let members {
                text = members.isEmpty ? "{}" : nil
            } else if let elements {
                text = elements.isEmpty ? "[]" : nil
            } else {
                text = try node.scalar()
            }
        }

        var hasChildren: Bool { members?.isEmpty == false || elements?.isEmpty == false }
    }

    mutating func compare(_ old: RuleNode?, _ new: RuleNode?, at path: [ByteKey]) throws {
        let (from, to) = (try Content(old), try Content(new))
        if !from.hasChildren, !to.hasChildren {
            if from.text.map({ ByteKey($0) }) != to.text.map({ ByteKey($0) }) { add(path, from: from.text, to: to.text) }
        } else if let before = from.members, let after = to.members {
            try compare(before, after, at: path) { $0.sorted() }
        } else if let before = from.elements, let after = to.elements {
            try compareLists(before, after, at: path)
        } else {
            // Values of different kinds share nothing.
            try compare(old, nil, at: path)
            try compare(nil, new, at: path)
        }
    }

    private mutating func add(_ path: [ByteKey], from: String?, to: String?) {
        changes.append(RuleChange(path: path.map { Self.written($0.text) }.joined(separator: "."), from: from, to: to))
    }

    private static func written(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain && !key.isEmpty ? key : "\"\(key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    /// Compares named children. `order` gives the names in the order of the result.
    private mutating func compare(
        _ old: [(name: ByteKey, value: RuleNode)], _ new: [(name: ByteKey, value: RuleNode)], at path: [ByteKey],
        order: ([ByteKey]) -> [ByteKey]
    ) throws {
        let before = Dictionary(old.map { ($0.name, $0.value) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.name, $0.value) }) { first, _ in first }
        let names = old.map(\.name) + new.map(\.name).filter { before[$0] == nil }
        for name in order(names) { try compare(before[name], after[name], at: path + [name]) }
    }

    private mutating func compareLists(_ old: [RuleNode], _ new: [RuleNode], at path: [ByteKey]) throws {
        guard let before = Self.ids(old), let after = Self.ids(new) else {
            func numbered(_ nodes: [RuleNode]) -> [(name: ByteKey, value: RuleNode)] {
                nodes.enumerated().map { (ByteKey("\($0.offset)"), $0.element) }
            }
            return try compare(numbered(old), numbered(new), at: path) { $0 }
        }
        try compare(Array(zip(before, old)), Array(zip(after, new)), at: path) { $0 }
        // The first element that applies may win, so an order of its own is a rule.
        let (kept, now) = (before.filter(Set(after).contains), after.filter(Set(before).contains))
        if kept != now { add(path, from: Self.order(kept), to: Self.order(now)) }
    }

    /// The ids of a list's elements; nil unless every element is a mapping with an `id` of its own.
    private static func ids(_ elements: [RuleNode]) -> [ByteKey]? {
        let ids = elements.compactMap { try? $0.text("id") }.map { ByteKey($0) }
        return ids.count == elements.count && Set(ids).count == ids.count ? ids : nil
    }

    private static func order(_ ids: [ByteKey]) -> String { "order \(ids.map(\.text).joined(separator: ", "))" }
}

/// The differences of one rule file between two versions that read it.
public struct RuleFileChanges: Sendable {
    /// The file that the old version reads; nil if it reads no version of this file.
    public let from: RuleFile?
    /// The file that the new version reads; nil if it reads no version of this file.
    public let to: RuleFile?
    /// The differences in the order of their paths, without the key `version`, which names the file.
    public let changes: [RuleChange]

    /// The differences of the rule files that two versions read, in the order of their paths. A file that both read is
    /// left out.
    ///
    /// - Parameters:
    ///   - old: the files of the old version.
    ///   - new: the files of the new version.
    ///   - read: returns a file's bytes by its path; they must be those that were read before.
    public static func between(_ old: [RuleFile], _ new: [RuleFile], read: RuleFileReader) throws -> [RuleFileChanges] {
        let before = Dictionary(old.map { (ByteKey($0.family), $0) }) { first, _ in first }
        let after = Dictionary(new.map { (ByteKey($0.family), $0) }) { first, _ in first }
        return try Set(before.keys).union(after.keys).sorted().compactMap { family in
            let (from, to) = (before[family], after[family])
            if from == to { return nil }
            var comparison = RuleComparison()
            try comparison.compare(try from.map { try root(of: $0, read) }, try to.map { try root(of: $0, read) }, at: [])
            return RuleFileChanges(
                from: from, to: to, changes: comparison.changes.filter { !$0.path.isBytewiseEqual(to: "version") })
        }
    }

    private static func root(of file: RuleFile, _ read: RuleFileReader) throws -> RuleNode {
        RuleNode(root: try RuleTree(parsing: try file.bytes(read), path: file.path), path: file.path)
    }
}
