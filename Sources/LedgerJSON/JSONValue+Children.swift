extension JSONValue {
    /// The number of an array's elements or an object's members, or 0 for other values. Constant time up to 2^24.
    public var count: Int {
        let node = node
        guard node.kind == Node.array || node.kind == Node.object else { return 0 }
        let stored = Int(node.info >> Node.countShift)
        if stored < Node.countLimit { return stored }
        var count = 0
        for _ in JSONElements(self) { count += 1 }
        return node.kind == Node.object ? count / 2 : count
    }

    /// An array's elements in order; empty for other values.
    public var elements: JSONElements {
        JSONElements(self, onlyIf: Node.array)
    }

    /// An object's members in source order, as views that read nothing until asked; empty for other values.
    public var memberViews: JSONMemberViews {
        JSONMemberViews(self)
    }

    /// An object's members in source order, with keys as strings (see ``Member/key``); empty for other values.
    public var members: JSONMembers {
        JSONMembers(views: memberViews)
    }

    /// The member with that key, or nil if the key is absent or the value is not an object. Linear in the number of
    /// members, without allocation unless keys have escapes.
    public subscript(_ key: String) -> JSONValue? {
        document.member(key.utf8Span.span, ofObjectAt: index).map { JSONValue(document: document, index: $0) }
    }

    /// A key and its value.
    public struct Member: Sendable {
        let document: JSONDocument
        let index: Int

        /// The value.
        public var value: JSONValue { JSONValue(document: document, index: index + 1) }

        /// Whether the unescaped key is that text, byte for byte. Without allocation unless the key has escapes.
        public func keyIs(_ text: StaticString) -> Bool {
            document.string(at: index, is: text)
        }

        /// The unescaped key. An unpaired surrogate, which ``keyIssue`` reports, is replaced by U+FFFD.
        public var key: String {
            document.unescapedString(at: index)
        }

        /// What keeps the key from being ordinary text, or nil for a good key.
        public var keyIssue: StringIssue? { keyValue.stringIssue }

        /// Calls `body` with the bytes of the unescaped key; nil if the key has an unpaired surrogate.
        public func withKeyBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result? {
            try keyValue.withUnescapedUTF8(body)
        }

        /// The key as a string value, which gives access to its source text and offset.
        public var keyValue: JSONValue { JSONValue(document: document, index: index) }
    }
}

extension JSONDocument {
    /// The node of the value of an object's member; nil if the object has no such key, or if the node is none of an object.
    func member(_ key: Span<UInt8>, ofObjectAt index: Int) -> Int? { member(key, ofObjectAt: index, from: index + 1) }

    /// The same, first among the members from the node of a key on, then among those before it.
    ///
    /// Every reader of documents comes through here. The loop therefore holds the document once and makes no value of the
    /// members that it passes.
    func member(_ key: Span<UInt8>, ofObjectAt index: Int, from start: Int) -> Int? {
        let nodes = nodes
        let bytes = bytes
        let tape = nodes.span
        let text = bytes.span
        let object = tape[index]
        guard object.kind == Node.object else { return nil }
        var end = Int(object.next)
        var at = start
        var isBehind = true
        while true {
            while at < end {
                let name = tape[at]
                let isFound =
                    name.info & Node.hasEscape == 0
                    ? Int(name.end &- name.start) == key.count &+ 2 && equalBytes(text, Int(name.start) + 1, key, 0, count: key.count)
                    : string(at: at, is: key)
                if isFound { return at + 1 }
                at = Int(tape[at + 1].next)
            }
            guard isBehind else { return nil }
            (at, end, isBehind) = (index + 1, start, false)
        }
    }
}

/// The values of an array.
public struct JSONElements: Sequence, Sendable {
    private let document: JSONDocument
    private let first: Int
    private let end: Int

    init(_ value: JSONValue, onlyIf kind: UInt32? = nil) {
        let node = value.node
        document = value.document
        first = value.index + 1
        end = kind == nil || node.kind == kind ? Int(node.next) : first
    }

    /// Iterates over the values in order.
    public struct Iterator: IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var index: Int
        fileprivate let end: Int

        /// The next value.
        public mutating func next() -> JSONValue? {
            guard index < end else { return nil }
            defer { index = Int(document.nodes[index].next) }
            return JSONValue(document: document, index: index)
        }
    }

    /// Starts at the first value.
    public func makeIterator() -> Iterator {
        Iterator(document: document, index: first, end: end)
    }
}

/// The members of an object, read only on access.
public struct JSONMemberViews: Sequence, Sendable {
    private let document: JSONDocument
    private let first: Int
    private let end: Int

    init(_ value: JSONValue) {
        let node = value.node
        document = value.document
        first = value.index + 1
        end = node.kind == Node.object ? Int(node.next) : first
    }

    /// Iterates over the members in source order.
    public struct Iterator: IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var index: Int
        fileprivate let end: Int

        /// The next member.
        public mutating func next() -> JSONValue.Member? {
            guard index < end else { return nil }
            defer { index = Int(document.nodes[index + 1].next) }
            return JSONValue.Member(document: document, index: index)
        }
    }

    /// Starts at the first member.
    public func makeIterator() -> Iterator {
        Iterator(document: document, index: first, end: end)
    }
}

/// The members of an object with their keys as strings.
public struct JSONMembers: Sequence, Sendable {
    fileprivate let views: JSONMemberViews

    /// Iterates over the members in source order.
    public struct Iterator: IteratorProtocol {
        fileprivate var views: JSONMemberViews.Iterator

        /// The next member.
        public mutating func next() -> (key: String, value: JSONValue)? {
            views.next().map { ($0.key, $0.value) }
        }
    }

    /// Starts at the first member.
    public func makeIterator() -> Iterator {
        Iterator(views: views.makeIterator())
    }
}
