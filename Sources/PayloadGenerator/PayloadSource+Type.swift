extension PayloadSource {
    /// Writes the type, its fields and its initializers.
    mutating func writeType() {
        comment(0, description.documentation)
        if isShared {
            line(0, "@dynamicMemberLookup")
            line(0, "package struct \(name): Sendable {")
            line(1, "/// The fields. Dynamic member lookup exposes them as members of the value.")
            line(1, "package struct Fields: Sendable {")
            for property in properties { writeField(2, property) }
            line(1, "}")
            block(1, "\n@usableFromInline var shared: Shared<Fields>\n\ninit(_ fields: Fields) { shared = Shared(fields) }\n")
            block(
                1,
                """
                @inlinable package subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
                    get { shared.fields[keyPath: field] }
                    set { shared.fields[keyPath: field] = newValue }
                }

                """)
        } else {
            line(0, "package struct \(name): Sendable {")
            for property in properties { writeField(1, property) }
            line(0, "")
        }
        for alias in description.aliases { writeAlias(alias) }
        line(1, "package init(")
        for property in properties {
            line(2, "\(property.name): \(declared(property))\(defaultValue(property))\(property == properties.last ? "" : ",")")
        }
        line(1, ") {")
        if isShared {
            line(2, "self.init(")
            line(3, "Fields(")
            for property in properties {
                line(4, "\(property.name): \(property.name)\(property == properties.last ? "))" : ",")")
            }
        } else {
            for property in properties { line(2, "self.\(property.name) = \(property.name)") }
        }
        line(1, "}")
        line(0, "}")
        writeUnread()
    }

    private mutating func writeField(_ indentation: Int, _ property: PayloadProperty) {
        comment(indentation, documentation(property))
        line(indentation, "package var \(property.name): \(declared(property))")
    }

    func documentation(_ property: PayloadProperty) -> String {
        guard let text = property.documentation else { return "`\(property.key)`" }
        return "`\(property.key)`: " + Self.wrapped(text, width: 118 - property.key.count)
    }

    /// The text with line breaks before what passes the width; later lines have the same width.
    static func wrapped(_ text: String, width: Int) -> String {
        var lines: [String] = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count >= width { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines.joined(separator: "\n")
    }

    private mutating func writeAlias(_ alias: (key: String, of: String)) {
        guard let property = properties.first(where: { $0.key == alias.of }) else { return }
        comment(1, "`\(alias.key)`: another name of `\(alias.of)`.")
        line(1, "package var \(PayloadProperty.name(alias.key)): \(declared(property)) { self.\(property.name) }")
        line(0, "")
    }

    func declared(_ property: PayloadProperty) -> String { property.type + (property.isOptional ? "?" : "") }

    private func defaultValue(_ property: PayloadProperty) -> String {
        if property.isOptional { return " = nil" }
        return switch property.kind {
        case .truth: " = false"
        case .texts, .list: " = []"
        default: ""
        }
    }

    /// The state before reading: each mandatory field has a value that no caller sees.
    private mutating func writeUnread() {
        let values = properties.filter { !$0.isOptional }.map { "\($0.name): \(unread($0))" }
        block(0, "\nextension \(fields) {")
        comment(1, "The initial state for reading. Every field is read before a caller sees it.")
        line(1, "static var unread: Self {")
        line(2, "Self(")
        for value in values { line(3, value + (value == values.last ? ")" : ",")) }
        line(1, "}")
        line(0, "}")
    }

    func unread(_ property: PayloadProperty) -> String {
        switch property.kind {
        case .text: "\"\""
        case .decimal: ".zero"
        case .instant: ".minimum"
        case .date: ".minimum"
        case .truth: "false"
        case .count, .position: "0"
        case .texts, .list: "[]"
        case .digest: "Digest32([UInt8](repeating: 0, count: 32))"
        case .uniqueID: "UniqueID(high: 0, low: 0)"
        case .method(let type): "\(type)()"
        case .enumeration(_, let values): ".\(caseName(values[0]))"
        case .object(let type): isListed ? "\(type)()" : "\(type).unread"
        }
    }

    func caseName(_ value: String) -> String { PayloadProperty.name(value) }
}
