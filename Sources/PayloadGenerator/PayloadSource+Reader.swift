extension PayloadSource {
    /// Writes the in-place reader of a payload.
    mutating func writePayloadReader() {
        block(0, "\nextension CanonicalReader {")
        comment(1, "Reads a `\(name)`.")
        line(1, "mutating func \(reader)() -> \(name)? {")
        line(2, "var fields = \(fields).unread")
        writeGuard(keys, into: "fields", isWhole: true, end: #"take("}"), isAtEnd"#, failure: "nil")
        line(2, "return \(name)(fields)")
        block(1, "}")
        line(0, "}")
    }

    /// Writes the in-place reader of an object inside a payload.
    mutating func writePartReader() {
        block(0, "\nextension CanonicalReader {")
        comment(1, "Reads a `\(name)`\(isOptional ? " or null" : "").")
        line(1, "mutating func \(reader)(_ value: inout \(name)\(isOptional ? "?" : "")) -> Bool {")
        let place = isOptional ? "read" : "value"
        if isOptional { block(2, "if isNull() { return true }\nvar read = \(name).unread") }
        writeGuard(keys, into: place, isWhole: true, end: #"take("}")"#, failure: "false")
        if isOptional { line(2, "value = read") }
        line(2, "return true")
        block(1, "}")
        line(0, "}")
    }

    /// Writes the in-place readers of a content's two parts.
    mutating func writeContentReader(_ interruption: String) {
        let (before, after) = parts(interruption)
        let place = PayloadProperty.name(interruption)
        let suffix = place.prefix(1).uppercased() + place.dropFirst()
        block(0, "\nextension CanonicalReader {")
        for (word, part) in [("Before", before), ("After", after)] {
            comment(1, "Reads the fields whose keys come \(word.lowercased()) `\(interruption)`.")
            line(1, "mutating func fields\(word)\(suffix)(_ fields: inout \(fields)) -> Bool {")
            for property in part where !properties.contains(where: { $0.key == property.key }) {
                line(2, "var \(property.name): \(declared(property))")
            }
            writeGuard(part, into: "fields", isWhole: false, isFirst: word == "Before", end: nil, failure: "false")
            line(2, "return true")
            block(1, "}" + (word == "Before" ? "\n" : ""))
        }
        line(0, "}")
        writeEnumerationReaders()
    }

    /// Writes `guard`, which the compiler checks clause by clause; one long expression would take it seconds.
    private mutating func writeGuard(
        _ part: [PayloadProperty], into place: String, isWhole: Bool, isFirst: Bool = true, end: String?, failure: String
    ) {
        for (index, property) in part.enumerated() {
            let opening = isWhole ? "{" : ""
            let literal = index == 0 && isFirst ? #"\#(opening)"\#(property.key)":"# : #","\#(property.key)":"#
            let isAlias = !properties.contains { $0.key == property.key }
            let value = isAlias ? property.name : "\(place).\(property.name)"
            let isLast = index == part.count - 1
            let clause = ##"take(#"\##(literal)"#), \##(read(property))(&\##(value))\##(isLast ? end.map { ", \($0)" } ?? "" : ",")"##
            line(index == 0 ? 2 : 3, (index == 0 ? "guard " : "") + clause)
        }
        line(2, "else { return \(failure) }")
    }

    private func read(_ property: PayloadProperty) -> String {
        switch property.kind {
        case .text(let isDistinct): isDistinct ? "text" : "sharedText"
        case .decimal: "decimal"
        case .instant: "instant"
        case .date: "date"
        case .truth: "truth"
        case .count, .position: "integer"
        case .texts: "texts"
        case .enumeration: "enumeration"
        case .object(let type): type.prefix(1).lowercased() + type.dropFirst()
        case .list: property.name
        case .digest, .uniqueID, .method: preconditionFailure("a field of listed types only")
        }
    }

    /// Writes a reader for each enumeration of the content, which compares bytes with the schema's texts.
    private mutating func writeEnumerationReaders() {
        block(0, "\nextension CanonicalReader {")
        let choices = keys.filter { if case .enumeration = $0.kind { true } else { false } }
        for property in choices {
            guard case .enumeration(let type, let values) = property.kind else { continue }
            line(1, "mutating func enumeration(_ value: inout \(type)\(property.isOptional ? "?" : "")) -> Bool {")
            if property.isOptional { line(2, "if isNull() { return true }") }
            for (index, text) in values.enumerated() {
                line(2, (index == 0 ? "" : "} else ") + ##"if take(#""\##(text)""#) {"##)
                line(3, "value = .\(caseName(text))")
            }
            block(2, "} else {\n    return false\n}\nreturn true")
            block(1, "}" + (property == choices.last ? "" : "\n"))
        }
        line(0, "}")
    }

    // MARK: - Equality

    /// Writes equality field by field.
    mutating func writeEquality() {
        block(0, "\nextension \(name): Equatable {")
        comment(1, "Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.")
        line(1, "package static func == (left: \(name), right: \(name)) -> Bool {")
        // Texts come last: they are seldom what differs, and cost the most.
        let isText = { (property: PayloadProperty) in if case .text = property.kind { true } else { false } }
        let own = properties.filter { property in !description.derived.contains { $0.key == property.key } }
        let clauses =
            own.filter { !isText($0) }.map { "left.\($0.name) == right.\($0.name)" }
            + embedded.map { "left.\($0.name) == right.\($0.name)" }
            + own.filter(isText).map { "left.\($0.name).isBytewiseEqual(to: right.\($0.name))" }
        for (index, clause) in clauses.enumerated() {
            line(index == 0 ? 2 : 3, (index == 0 ? "guard " : "") + clause + (index == clauses.count - 1 ? "" : ","))
        }
        block(2, "else { return false }\nreturn true")
        line(1, "}")
        line(0, "}")
    }

    // MARK: - Fields by name

    /// Writes the enumeration of the content's keys, and a field's value by its key.
    mutating func writeEnumeration(_ type: String) {
        block(0, "")
        comment(0, "The keys of the content in canonical order.")
        line(0, "enum \(type): Int, CaseIterable {")
        for property in keys { line(1, "case \(property.name)") }
        line(0, "")
        comment(1, "The key in payloads, which is also the stored name.")
        line(1, "var name: StaticString {")
        line(2, "switch self {")
        for property in keys { line(2, "case .\(property.name): \"\(property.key)\"") }
        block(2, "}")
        block(1, "}\n")
        comment(1, "Whether the field holds a decimal.")
        line(1, "var isDecimal: Bool {")
        line(2, "switch self {")
        let decimals = keys.filter { $0.kind == .decimal }.map { ".\($0.name)," }.joined(separator: " ").dropLast()
        let wrapped = Self.wrapped(String(decimals), width: 110).split(separator: "\n")
        for (index, text) in wrapped.enumerated() {
            line(index == 0 ? 2 : 3, (index == 0 ? "case " : "") + text + (index == wrapped.count - 1 ? ":" : ""))
        }
        line(3, "true")
        block(2, "default: false\n}")
        block(1, "}")
        block(0, "}\n\nextension \(name) {")
        comment(1, "The value of a field as JSON; null if the field is absent.")
        line(1, "func value(of field: \(type)) -> JSONNode {")
        line(2, "switch field {")
        for property in keys { line(2, "case .\(property.name): \(node(property))") }
        line(2, "}")
        line(1, "}")
        line(0, "}")
    }

    private func node(_ property: PayloadProperty) -> String {
        let value = "self.\(property.name)"
        let text =
            switch property.kind {
            case .text, .decimal, .truth: value
            case .enumeration: "\(value)\(property.isOptional ? "?" : "").rawValue"
            default: "\(value)\(property.isOptional ? "?" : "").description"
            }
        return ".optional(\(text))"
    }
}
