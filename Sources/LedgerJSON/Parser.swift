/// The single pass over the text that builds the tape. It loops over an explicit stack, so that no input can exhaust
/// the thread's own stack.
struct Parser {
    private(set) var nodes: [Node] = []
    private var keys = KeyStack()
    private var enclosing: [Container] = []
    private var depth = 0
    private let maximumDepth: Int

    /// An array or object that is still open.
    private struct Container {
        var node = 0
        var isObject = false
        var count = 0
        var keys = KeyStack.Scope()
    }

    init(maximumDepth: Int, byteCount: Int) {
        self.maximumDepth = maximumDepth
        nodes.reserveCapacity(byteCount / 12 + 8)
    }

    mutating func parse(_ text: Span<UInt8>) throws(JSONError) {
        var container = Container()
        var at = skipSpace(text, from: 0)
        while true {
            at = try value(text, at: at, in: &container)
            // An opened container expects its first element or key; otherwise a value has just ended.
            if at < 0 {
                at = -at
                continue
            }
            while true {
                at = skipSpace(text, from: at)
                guard depth > 0 else {
                    guard at == text.count else { throw JSONError(.trailingBytes, offset: at) }
                    return
                }
                guard at < text.count else { throw JSONError(.unexpectedEnd, offset: at) }
                let byte = text[at]
                if byte == UInt8(ascii: ",") {
                    at = skipSpace(text, from: at + 1)
                    if container.isObject { at = try key(text, at: at, in: &container) }
                    break
                }
                guard byte == (container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONError(.unexpectedByte, offset: at)
                }
                at += 1
                close(&container, at: at)
            }
        }
    }

    /// Reads the start of a value. Returns the offset after a scalar or an empty container. If it opened a container, it
    /// returns the negated offset of the first element or the first member's value.
    private mutating func value(
        _ text: Span<UInt8>, at: Int, in container: inout Container
    ) throws(JSONError) -> Int {
        guard at < text.count else { throw JSONError(.unexpectedEnd, offset: at) }
        container.count += 1
        switch text[at] {
        case UInt8(ascii: "\""):
            let (end, flags) = try scanString(text, from: at)
            append(start: at, end: end, info: Node.string | flags)
            return end
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (end, flags) = try scanNumber(text, from: at)
            append(start: at, end: end, info: Node.number | flags)
            return end
        case UInt8(ascii: "{"):
            try open(&container, at: at, isObject: true)
            let first = skipSpace(text, from: at + 1)
            if first < text.count, text[first] == UInt8(ascii: "}") {
                close(&container, at: first + 1)
                return first + 1
            }
            return -(try key(text, at: first, in: &container))
        case UInt8(ascii: "["):
            try open(&container, at: at, isObject: false)
            let first = skipSpace(text, from: at + 1)
            if first < text.count, text[first] == UInt8(ascii: "]") {
                close(&container, at: first + 1)
                return first + 1
            }
            return -first
        case UInt8(ascii: "t"):
            return try literal("true", Node.trueLiteral, text, at: at)
        case UInt8(ascii: "f"):
            return try literal("false", Node.falseLiteral, text, at: at)
        case UInt8(ascii: "n"):
            return try literal("null", Node.null, text, at: at)
        default:
            throw JSONError(.unexpectedByte, offset: at)
        }
    }

    /// Reads a key and its colon, and returns the offset of the value.
    private mutating func key(
        _ text: Span<UInt8>, at: Int, in container: inout Container
    ) throws(JSONError) -> Int {
        guard at < text.count else { throw JSONError(.unexpectedEnd, offset: at) }
        guard text[at] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, offset: at) }
        let (end, flags) = try scanString(text, from: at)
        guard keys.insert(KeyStack.Key(start: at + 1, end: end - 1, flags: flags), in: &container.keys, of: text) else {
            throw JSONError(.duplicateKey(unescapedText(text, at + 1, end - 1)), offset: at)
        }
        append(start: at, end: end, info: Node.string | flags)
        let colon = skipSpace(text, from: end)
        guard colon < text.count else { throw JSONError(.unexpectedEnd, offset: colon) }
        guard text[colon] == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, offset: colon) }
        return skipSpace(text, from: colon + 1)
    }

    private func literal(_ name: StaticString, _ length: Int, _ text: Span<UInt8>, at: Int) throws(JSONError) {
        for index in 1..<length {
            guard at + index < text.count else { throw JSONError(.unexpectedEnd, offset: text.count) }
            guard text[at + index] == name.utf8Start[index] else {
                throw JSONError(.unexpectedByte, offset: at + index)
            }
        }
    }

    private mutating func literal(
        _ name: StaticString, _ info: UInt32, _ text: Span<UInt8>, at: Int
    ) throws(JSONError) -> Int {
        let length = name.utf8CodeUnitCount
        try literal(name, length, text, at: at)
        append(start: at, end: at + length, info: info)
        return at + length
    }

    private mutating func open(_ container: inout Container, at: Int, isObject: Bool) throws(JSONError) {
        guard depth < maximumDepth else { throw JSONError(.tooDeep, offset: at) }
        depth += 1
        enclosing.append(container)
        container = Container(node: nodes.count, isObject: isObject, keys: keys.scope)
        append(start: at, end: at, info: isObject ? Node.object : Node.array)
    }

    private mutating func close(_ container: inout Container, at end: Int) {
        depth -= 1
        let count = UInt32(truncatingIfNeeded: min(container.count, Node.countLimit))
        nodes[container.node].end = UInt32(truncatingIfNeeded: end)
        nodes[container.node].next = UInt32(truncatingIfNeeded: nodes.count)
        nodes[container.node].info |= count << Node.countShift
        if container.isObject { keys.leave(container.keys) }
        container = enclosing.removeLast()
    }

    @inline(__always)
    private mutating func append(start: Int, end: Int, info: UInt32) {
        nodes.append(
            Node(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: nodes.count + 1), info: info))
    }
}
