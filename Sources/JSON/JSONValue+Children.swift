extension JSONValue {
    /// The number of an array's elements or an object's members, 0 for other values. Constant time up to 2^24.
    public var count: Int {
        let node = node
        guard node.kind == Node.array || node.kind == Node.object else { return 0 }
        let stored = Int(node.info >> Node.countShift)
        if stored < Node.countLimit { return stored }
        var count = 0
        for _ in JSONElements(self) { count += 1 }
        return node.kind == Node.object ? count / 2 : count
    }

    /// An array's elements in order; none for other values.
    public var elements: JSONElements {
        JSONElements(self, onlyIf: Node.array)
    }

    /// An object's members in source order, as views that read nothing until asked; none for other values.
    public var memberViews: JSONMemberViews {
        JSONMemberViews(self)
    }

    /// An object's members in source order, keys as strings (see ``Member/key``); none for other values.
    public var members: JSONMembers {
        JSONMembers(views: memberViews)
    }

    /// The member with that key, nil where there is none or the value is no object. Linear in the number of
    /// members, without allocation unless keys have escapes; to read many members go through ``memberViews``.
    public subscript(_ key: String) -> JSONValue? {
        let wanted = key.utf8Span.span
        for member in memberViews where document.string(at: member.index, is: wanted) {
            return member.value
        }
        return nil
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

        /// The unescaped key. A key with an unpaired surrogate, which ``keyIssue`` tells, has U+FFFD in its place.
        public var key: String {
            document.unescapedString(at: index)
        }

        /// What is wrong with the key as text, nil for good keys.
        public var keyIssue: StringIssue? { keyValue.stringIssue }

        /// Calls `body` with the bytes of the unescaped key; nil where it has an unpaired surrogate.
        public func withKeyBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result? {
            try keyValue.withUnescapedUTF8(body)
        }

        /// The key as a string value, for its source text and offset.
        public var keyValue: JSONValue { JSONValue(document: document, index: index) }
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

    /// Goes over the values in order.
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

/// The members of an object, read only where asked.
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

    /// Goes over the members in source order.
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

    /// Goes over the members in source order.
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
