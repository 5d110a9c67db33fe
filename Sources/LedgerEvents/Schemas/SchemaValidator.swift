import Glibc
import LedgerJSON

extension SchemaNode {
    /// Checks a value and all of its contents, in the order of the payload.
    ///
    /// - Parameter source: the document's bytes. Most checks run on these bytes; a string is unescaped only if its check
    ///   fails because of escapes.
    func check(_ value: JSONValue, in source: Span<UInt8>) throws(SchemaFault) {
        switch value.kind {
        case .string: try checkString(value, in: source)
        case .null: try require(.null)
        case .bool: try require(.boolean)
        case .number: try checkNumber(value)
        case .array:
            try require(.array)
            if let array { try checkArray(value, array, in: source) }
        case .object:
            try require(.object)
            if let object { try checkObject(value, object, in: source) }
        }
        if let choice { try checkChoice(value, choice, in: source) }
        if let literals, !literals.contains(where: { $0.equals(value) }) {
            throw SchemaFault(literals.map(\.description).joined(separator: " or "))
        }
    }

    private func checkChoice(
        _ value: JSONValue, _ choice: Choice, in source: Span<UInt8>
    ) throws(SchemaFault) {
        guard value.kind == .object else { throw SchemaFault("an object") }
        guard let name = value[choice.property] else { throw SchemaFault("the key \(choice.property)") }
        guard let chosen = choice.alternatives.first(where: { $0.constant.equals(name) }) else {
            let names = choice.alternatives.map(\.constant.description).joined(separator: " or ")
            throw SchemaFault(names, path: [choice.property])
        }
        try chosen.schema.check(value, in: source)
    }

    @inline(__always)
    private func require(_ type: SchemaTypes) throws(SchemaFault) {
        guard types.contains(type) else { throw SchemaFault(types.description) }
    }

    private func checkNumber(_ value: JSONValue) throws(SchemaFault) {
        let number = value.integer
        try require(number == nil ? .number : .integer)
        if let minimum {
            guard let number, number >= minimum else { throw SchemaFault("at least \(minimum)") }
        }
        if let maximum {
            guard let number, number <= maximum else { throw SchemaFault("at most \(maximum)") }
        }
    }

    private func checkString(_ value: JSONValue, in source: Span<UInt8>) throws(SchemaFault) {
        try require(.string)
        if let text {
            let range = value.sourceRange
            if text.matches(escaped: source.extracting(range.lowerBound + 1..<range.upperBound - 1)),
                value.stringIssue == nil
            {
                return
            }
            if value.withUnescapedUTF8({ text.matches($0) }) == false { throw SchemaFault(text.meaning) }
        }
        if value.hasUnpairedSurrogate { throw SchemaFault("a string of Unicode text") }
    }

    private func checkArray(
        _ value: JSONValue, _ rule: ArrayRule, in source: Span<UInt8>
    ) throws(SchemaFault) {
        guard value.count >= rule.minimumCount else { throw SchemaFault("at least \(rule.minimumCount) elements") }
        guard value.count <= rule.maximumCount else { throw SchemaFault("at most \(rule.maximumCount) elements") }
        var index = 0
        var seen: Set<[UInt8]> = []
        for element in value.elements {
            if let items = rule.items {
                do {
                    try items.check(element, in: source)
                } catch {
                    throw error.inside("\(index)")
                }
            }
            if rule.areUnique,
                let text = element.withUnescapedUTF8({ text in text.withUnsafeBufferPointer { [UInt8]($0) } }),
                !seen.insert(text).inserted
            {
                throw SchemaFault("no element twice", path: ["\(index)"])
            }
            index += 1
        }
    }

    private func checkObject(
        _ value: JSONValue, _ rule: ObjectRule, in source: Span<UInt8>
    ) throws(SchemaFault) {
        var next = 0
        var required = 0
        for member in value.memberViews {
            let schema: SchemaNode
            if next < rule.properties.count, member.isNamed(rule.properties[next], in: source) {
                // The key after the previous one, as in canonical order.
                if rule.properties[next].isRequired { required += 1 }
                schema = rule.properties[next].schema
                next += 1
            } else if let place = rule.place(of: member) {
                if rule.properties[place].isRequired { required += 1 }
                schema = rule.properties[place].schema
                next = place + 1
            } else {
                switch rule.additional {
                case .anything: continue
                case .nothing: throw SchemaFault("no such key", path: [member.key])
                case .schema(let node): schema = node
                }
            }
            do {
                try schema.check(member.value, in: source)
            } catch {
                throw error.inside(member.key)
            }
        }
        // Keys are unique in a parsed document, so the right number of required keys means all of them.
        guard required == rule.requiredCount else {
            let missing = rule.properties.first {
                $0.isRequired && value[String(decoding: $0.name, as: UTF8.self)] == nil
            }
            throw SchemaFault("the key \(missing.map { String(decoding: $0.name, as: UTF8.self) } ?? "")")
        }
    }
}

extension SchemaNode.TextRule {
    /// Whether a string whose escapes are still in place satisfies the rule. False may also be due to the escapes. The
    /// caller must refuse strings with U+0000 or half a surrogate pair.
    fileprivate func matches(escaped text: Span<UInt8>) -> Bool {
        switch pattern {
        case nil: break
        case .text?: if text.isEmpty { return false }
        // Of the others only a domain's pattern may allow a backslash, and an escape is none.
        case .own? where hasBackslash(text): return false
        case let pattern?: if !pattern.matches(text) { return false }
        }
        // An escape stands for at most one scalar and is at least two bytes long.
        if let maximumLength, text.count > maximumLength { return false }
        if let minimumLength, minimumLength > (text.isEmpty ? 0 : 1) { return false }
        return true
    }

    /// Whether a text satisfies the rule. Without allocation.
    fileprivate func matches(_ text: Span<UInt8>) -> Bool {
        if let pattern, !pattern.matches(text) { return false }
        if let minimumLength, !hasScalars(text, atLeast: minimumLength) { return false }
        if let maximumLength, hasScalars(text, atLeast: maximumLength + 1) { return false }
        return true
    }

    /// The rule in words.
    fileprivate var meaning: String {
        var words = pattern.map { [$0.meaning] } ?? []
        if let minimumLength { words.append("at least \(minimumLength) characters") }
        if let maximumLength { words.append("at most \(maximumLength) characters") }
        return words.joined(separator: ", ")
    }
}

extension SchemaNode.ObjectRule {
    /// The index of a member's key among the properties, or nil.
    fileprivate func place(of member: JSONValue.Member) -> Int? {
        member.withKeyBytes { key in properties.firstIndex { equal(key, $0.name) } } ?? nil
    }
}

extension JSONValue.Member {
    /// Whether the key's source bytes equal a property's name; names have no characters that need escapes.
    @inline(__always)
    fileprivate func isNamed(_ property: SchemaNode.Property, in source: Span<UInt8>) -> Bool {
        let range = keyValue.sourceRange
        return equal(source.extracting(range.lowerBound + 1..<range.upperBound - 1), property.name)
    }
}

@inline(__always)
private func equal(_ left: Span<UInt8>, _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            guard let found = left.baseAddress, let wanted = right.baseAddress else { return true }
            return memcmp(found, wanted, left.count) == 0
        }
    }
}

/// Whether well-formed UTF-8 has at least that many Unicode scalars.
private func hasScalars(_ text: Span<UInt8>, atLeast minimum: Int) -> Bool {
    // A scalar has one to four bytes.
    if text.count < minimum { return false }
    if text.count >= minimum * 4 { return true }
    var scalars = 0
    for index in text.indices where text[index] & 0xc0 != 0x80 { scalars += 1 }
    return scalars >= minimum
}

private func hasBackslash(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] == UInt8(ascii: "\\") { return true }
    return false
}
