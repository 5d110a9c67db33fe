import JSON

extension SchemaNode {
    /// Checks a value, and all that it holds, in the order of the payload.
    func check(_ value: JSONValue) throws(SchemaFault) {
        switch value.kind {
        case .string: try checkString(value)
        case .null: try require(.null)
        case .bool: try require(.boolean)
        case .number: try checkNumber(value)
        case .array:
            try require(.array)
            if let array { try checkArray(value, array) }
        case .object:
            try require(.object)
            if let object { try checkObject(value, object) }
        }
        if let literals, !literals.contains(where: { $0.equals(value) }) {
            throw SchemaFault(literals.map(\.description).joined(separator: " or "))
        }
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

    private func checkString(_ value: JSONValue) throws(SchemaFault) {
        try require(.string)
        guard let text else {
            guard !value.hasUnpairedSurrogate else { throw SchemaFault("a string of Unicode text") }
            return
        }
        guard let matches = value.withUnescapedUTF8({ text.matches($0) }) else {
            throw SchemaFault("a string of Unicode text")
        }
        if !matches { throw SchemaFault(text.meaning) }
    }

    private func checkArray(_ value: JSONValue, _ rule: ArrayRule) throws(SchemaFault) {
        guard value.count >= rule.minimumCount else { throw SchemaFault("at least \(rule.minimumCount) elements") }
        var index = 0
        var seen: Set<[UInt8]> = []
        for element in value.elements {
            if let items = rule.items {
                do {
                    try items.check(element)
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

    private func checkObject(_ value: JSONValue, _ rule: ObjectRule) throws(SchemaFault) {
        var next = 0
        var required = 0
        for member in value.memberViews {
            let schema: SchemaNode
            if let place = rule.place(of: member, expecting: next) {
                next = place + 1
                if rule.properties[place].isRequired { required += 1 }
                schema = rule.properties[place].schema
            } else {
                switch rule.additional {
                case .anything: continue
                case .nothing: throw SchemaFault("no such key", path: [member.key])
                case .schema(let node): schema = node
                }
            }
            do {
                try schema.check(member.value)
            } catch {
                throw error.inside(member.key)
            }
        }
        // Keys are unique in a parsed document: as many required ones as there are means all of them.
        guard required == rule.requiredCount else {
            let missing = rule.properties.first {
                $0.isRequired && value[String(decoding: $0.name, as: UTF8.self)] == nil
            }
            throw SchemaFault("the key \(missing.map { String(decoding: $0.name, as: UTF8.self) } ?? "")")
        }
    }
}

extension SchemaNode.TextRule {
    /// Whether a text keeps the rule. Without allocation.
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
    /// The place of a member's key among the properties: most often the one that follows the previous member's.
    fileprivate func place(of member: JSONValue.Member, expecting next: Int) -> Int? {
        member.withKeyBytes { key -> Int? in
            if next < properties.count, equal(key, properties[next].name) { return next }
            return properties.firstIndex { equal(key, $0.name) }
        } ?? nil
    }
}

@inline(__always)
private func equal(_ left: Span<UInt8>, _ right: [UInt8]) -> Bool {
    let count = left.count
    guard count == right.count else { return false }
    for index in 0..<count where left[index] != right[index] { return false }
    return true
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
