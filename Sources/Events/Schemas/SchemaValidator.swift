import JSON

/// Checks values against compiled schema nodes.
struct SchemaValidator {
    let nodes: [SchemaNode]

    func check(_ value: JSONValue, _ index: Int) throws(SchemaFault) {
        let node = nodes[index]
        let kind = value.kind
        switch kind {
        case .null: try require(node.types, .null)
        case .bool: try require(node.types, .boolean)
        case .number: try checkNumber(value, node)
        case .string: try checkString(value, node)
        case .array:
            try require(node.types, .array)
            if let rule = node.array { try checkArray(value, rule) }
        case .object:
            try require(node.types, .object)
            if let rule = node.object { try checkObject(value, rule) }
        }
        if let literals = node.literals, !literals.contains(where: { $0.equals(value) }) {
            throw SchemaFault(literals.map(\.description).joined(separator: " or "))
        }
    }

    @inline(__always)
    private func require(_ types: SchemaTypes, _ type: SchemaTypes) throws(SchemaFault) {
        guard types.contains(type) else { throw SchemaFault(types.description) }
    }

    private func checkNumber(_ value: JSONValue, _ node: SchemaNode) throws(SchemaFault) {
        let number = value.integer
        try require(node.types, number == nil ? .number : .integer)
        if let minimum = node.minimum {
            guard let number, number >= minimum else { throw SchemaFault("at least \(minimum)") }
        }
        if let maximum = node.maximum {
            guard let number, number <= maximum else { throw SchemaFault("at most \(maximum)") }
        }
    }

    private func checkString(_ value: JSONValue, _ node: SchemaNode) throws(SchemaFault) {
        try require(node.types, .string)
        if node.pattern == nil, node.minimumLength == nil, node.maximumLength == nil {
            guard !value.hasUnpairedSurrogate else { throw SchemaFault("a string of Unicode text") }
            return
        }
        let fault: SchemaFault?? = value.withUnescapedUTF8 { text in
            if let pattern = node.pattern, !pattern.matches(text) { return SchemaFault(pattern.meaning) }
            if let minimum = node.minimumLength, !hasScalars(text, atLeast: minimum) {
                return SchemaFault("at least \(minimum) characters")
            }
            if let maximum = node.maximumLength, hasScalars(text, atLeast: maximum + 1) {
                return SchemaFault("at most \(maximum) characters")
            }
            return nil
        }
        guard let fault else { throw SchemaFault("a string of Unicode text") }
        if let fault { throw fault }
    }

    private func checkArray(_ value: JSONValue, _ rule: SchemaNode.ArrayRule) throws(SchemaFault) {
        guard value.count >= rule.minimumCount else { throw SchemaFault("at least \(rule.minimumCount) elements") }
        var index = 0
        var seen: Set<[UInt8]> = []
        for element in value.elements {
            if let items = rule.items {
                do {
                    try check(element, items)
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

    private func checkObject(_ value: JSONValue, _ rule: SchemaNode.ObjectRule) throws(SchemaFault) {
        var next = 0
        var required = 0
        for member in value.memberViews {
            guard let place = rule.place(of: member, expecting: next) else {
                switch rule.additional {
                case .anything: continue
                case .nothing: throw SchemaFault("no such key", path: [member.key])
                case .schema(let schema):
                    do {
                        try check(member.value, schema)
                    } catch {
                        throw error.inside(member.key)
                    }
                }
                continue
            }
            next = place + 1
            if rule.isRequired[place] { required += 1 }
            do {
                try check(member.value, rule.properties[place])
            } catch {
                throw error.inside(member.key)
            }
        }
        // Keys are unique in a parsed document: as many required ones as there are means all of them.
        guard required == rule.requiredCount else {
            let missing = zip(rule.names, rule.isRequired).first { name, isRequired in
                isRequired && value[String(decoding: name, as: UTF8.self)] == nil
            }
            throw SchemaFault("the key \(missing.map { String(decoding: $0.0, as: UTF8.self) } ?? "")")
        }
    }
}

extension SchemaNode.ObjectRule {
    /// The place of a member's key among the properties: most often the one that follows the previous member's.
    @inline(__always)
    fileprivate func place(of member: JSONValue.Member, expecting next: Int) -> Int? {
        member.withKeyBytes { key -> Int? in
            if next < names.count, equal(key, names[next]) { return next }
            return names.indices.first { equal(key, names[$0]) }
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
