import LedgerValues

extension PayloadSource {
    /// Writes a type that lists its fields once: fields, initializers, and the list that a `FieldCoder` writes and reads by.
    mutating func writeListed() throws(GeneratorError) {
        let own = properties.filter { property in !description.derived.contains { $0.key == property.key } }
        line(0, "package import LedgerEvents")
        block(0, own.contains(where: Self.isOfValues) ? "package import LedgerValues\n" : "import LedgerValues\n")
        comment(0, description.documentation)
        line(0, "package struct \(name): CodedFields {")
        for (field, type) in embedded { line(1, "package var \(field) = \(type)()") }
        for property in own { writeListedField(property) }
        block(1, "\npackage init() {}\n")
        try writeInitializer(embedded.map { (name: $0.name, type: $0.type) } + own.map { (name: $0.name, type: declared($0)) })
        for derived in description.derived {
            guard let property = properties.first(where: { $0.key == derived.key }) else { continue }
            comment(1, documentation(property))
            block(1, "package var \(property.name): \(declared(property)) { \(derived.expression) }\n")
        }
        line(1, "package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {")
        for (field, _) in embedded { line(2, "try \(field).code(&fields)") }
        for property in keys where own.contains(property) { line(2, coded(property, "&\(property.name)")) }
        for derived in description.derived {
            guard let property = properties.first(where: { $0.key == derived.key }) else { continue }
            line(2, "var \(property.name) = \(property.name)")
            line(2, coded(property, "&\(property.name)"))
            let comparison: String =
                if case .text = property.kind { ".isBytewiseEqual(to: self.\(property.name))" } else { " == self.\(property.name)" }
            line(2, "try fields.check(\"\(property.key)\", \(property.name)\(comparison), \"\(derived.problem)\")")
        }
        line(1, "}")
        line(0, "}")
    }

    /// Whether the type of a field is one of `LedgerValues`. A text is compared with its help, and has a type of the language.
    private static func isOfValues(_ property: PayloadProperty) -> Bool {
        switch property.kind {
        case .decimal, .instant, .date, .digest, .uniqueID: true
        case .enumeration(let type, _): type == "OptionType"
        default: false
        }
    }

    private typealias Parameter = (name: String, type: String)

    private mutating func writeInitializer(_ listed: [Parameter]) throws(GeneratorError) {
        let parameters: [Parameter]
        switch description.parameters {
        case .none: return
        case .asListed: parameters = listed
        case .inOrder(let names):
            guard names.sorted() == listed.map(\.name).sorted() else {
                throw GeneratorError(description: "\(name): its initializer has other parameters than the type has fields")
            }
            parameters = names.compactMap { name in listed.first { $0.name == name } }
        }
        line(1, "package init(")
        block(2, Self.wrapped(parameters.map { "\($0.name): \($0.type)" + ($0.type.hasSuffix("?") ? " = nil" : "") }, width: 122))
        line(1, ") {")
        for (name, _) in parameters { line(2, "self.\(name) = \(name)") }
        block(1, "}\n")
    }

    private mutating func writeListedField(_ property: PayloadProperty) {
        comment(1, documentation(property))
        let value = property.isOptional ? nil : initial[property.key] ?? unread(property)
        // A value that names its type needs no annotation.
        let isNamed = value?.hasPrefix("\(property.type)(") ?? false
        line(1, "package var \(property.name)\(isNamed ? "" : ": \(declared(property))")\(value.map { " = \($0)" } ?? "")")
    }

    private func coded(_ property: PayloadProperty, _ place: String) -> String {
        let method =
            switch property.kind {
            case .text: "text"
            case .decimal: "decimal"
            case .instant: "instant"
            case .date: "date"
            case .truth: "truth"
            case .count, .position: "integer"
            case .texts: "texts"
            case .digest: "digest"
            case .uniqueID: "uniqueID"
            case .enumeration: "choice"
            case .object: "object"
            case .list: "objects"
            case .method: property.name
            }
        return "try fields.\(method)(\"\(property.key)\", \(place))"
    }

    /// The texts with commas, and with line breaks before what passes the width.
    private static func wrapped(_ texts: [String], width: Int) -> String {
        var lines = [""]
        for (index, text) in texts.enumerated() {
            let text = text + (index == texts.count - 1 ? "" : ",")
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = text
            } else if last.count + 1 + text.count > width {
                lines.append(text)
            } else {
                lines[lines.count - 1] += " " + text
            }
        }
        return lines.joined(separator: "\n")
    }
}
