import LedgerJSON
import LedgerValues

/// The Swift source of a payload's type: fields, initializers, canonical writer, strict decoder, in-place reader and equality.
package struct PayloadSource {
    let description: PayloadDescription
    /// The order of the schema: that of fields and parameters.
    let properties: [PayloadProperty]
    /// The order of canonical JSON: that of writers and readers.
    let keys: [PayloadProperty]
    let isOptional: Bool
    private var lines: [String] = []

    /// The source of a type as a file.
    ///
    /// - Parameters:
    ///   - file: gives the contents of a schema file by its name without `.json`.
    /// - Throws: `GeneratorError` if a schema is absent, has a type not known here, or if the schemas differ.
    package static func text(
        of description: PayloadDescription, _ types: PayloadTypes, file: (String) -> [UInt8]?
    ) throws(GeneratorError) -> String {
        var first: PayloadSchema?
        for name in description.schemas {
            guard let bytes = file(name), let document = try? JSONDocument(parsing: bytes) else {
                throw GeneratorError(description: "\(name).json is not there, or is not JSON")
            }
            let schema = try PayloadSchema(name, document.root, description.extent, types)
            guard let known = first else {
                first = schema
                continue
            }
            let differ = zip(known.inKeyOrder, schema.inKeyOrder).first { !$0.agrees(with: $1) }
            if differ != nil || known.properties.count != schema.properties.count || known.isOptional != schema.isOptional {
                let place = differ.map { " in \($0.0.key)" } ?? ""
                throw GeneratorError(description: "\(description.name): \(name) and \(description.schemas[0]) differ\(place)")
            }
        }
        guard let schema = first else { throw GeneratorError(description: "\(description.name): no schema is named") }
        let fields = schema.properties.filter { property in !description.aliases.contains { $0.key == property.key } }
        var source = PayloadSource(
            description: description, properties: fields,
            keys: schema.inKeyOrder, isOptional: schema.isOptional)
        source.write()
        return source.lines.joined(separator: "\n") + "\n"
    }

    private init(
        description: PayloadDescription, properties: [PayloadProperty], keys: [PayloadProperty], isOptional: Bool
    ) {
        self.description = description
        self.properties = properties
        self.keys = keys
        self.isOptional = isOptional
    }

    var name: String { description.name }

    /// Whether copies share the fields.
    var isShared: Bool { if case .part = description.extent { false } else { true } }

    /// What holds the fields while they are read.
    var fields: String { isShared ? "\(name).Fields" : name }

    /// The name of the in-place reader.
    var reader: String {
        let plain = name.hasSuffix("Payload") ? String(name.dropLast("Payload".count)) : name
        return plain.prefix(1).lowercased() + plain.dropFirst()
    }

    mutating func line(_ indentation: Int, _ text: String) {
        lines.append(text.isEmpty ? "" : String(repeating: "    ", count: indentation) + text)
    }

    mutating func block(_ indentation: Int, _ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { self.line(indentation, String(line)) }
    }

    mutating func comment(_ indentation: Int, _ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            self.line(indentation, line.isEmpty ? "///" : "/// \(line)")
        }
    }

    private mutating func write() {
        let schema = "schema/events/\(description.schemas[0]).json"
        line(0, "// Made by `swift run payload-generator` from \(schema). Change the schema, not this file.")
        block(0, "package import LedgerEvents\npackage import LedgerJSON\npackage import LedgerValues\n")
        writeType()
        switch description.extent {
        case .payload:
            writePayloadCoding()
            writePayloadReader()
        case .content(let key):
            writeContentCoding(key)
            writeContentReader(key)
            if let enumeration = description.enumeration { writeEnumeration(enumeration) }
            writeEquality()
        case .part:
            writePartCoding()
            writePartReader()
            writeEquality()
        }
    }
}
