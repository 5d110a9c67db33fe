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
    /// Keys that another field's type has: the field's name and type.
    let embedded: [(name: String, type: String)]
    /// What fields of a listed type are before anybody sets them, by key.
    let initial: [String: String]
    private var lines: [String] = []

    /// The source of a type as a file.
    ///
    /// - Parameters:
    ///   - description: the type, one of the group's.
    ///   - group: has the types that its properties can have.
    ///   - file: gives the contents of a schema file by its name without `.json`.
    /// - Throws: `GeneratorError` if a schema is absent, has a type not known here, or if the schemas differ.
    package static func text(
        of description: PayloadDescription, in group: PayloadGroup, file: (String) -> [UInt8]?
    ) throws(GeneratorError) -> String {
        let schema = try schema(of: description, group.types, file)
        var foreign: Set<ByteKey> = []
        for (_, type) in description.embedded {
            guard let other = group.payloads.first(where: { $0.name == type }) else {
                throw GeneratorError(description: "\(description.name): there is no \(type) in \(group.folder)")
            }
            foreign.formUnion(try Self.schema(of: other, group.types, file).properties.map { ByteKey($0.key) })
        }
        let fields = schema.properties.filter { property in
            !description.aliases.contains { $0.key == property.key } && !foreign.contains(ByteKey(property.key))
        }
        var source = PayloadSource(
            description: description, properties: fields,
            keys: schema.inKeyOrder.filter { !foreign.contains(ByteKey($0.key)) }, isOptional: schema.isOptional,
            initial: group.types.initial)
        try source.write()
        return source.lines.joined(separator: "\n") + "\n"
    }

    /// The schema on which all files of a description agree.
    private static func schema(
        of description: PayloadDescription, _ types: PayloadTypes, _ file: (String) -> [UInt8]?
    ) throws(GeneratorError) -> PayloadSchema {
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
        return schema
    }

    private init(
        description: PayloadDescription, properties: [PayloadProperty], keys: [PayloadProperty], isOptional: Bool,
        initial: [String: String]
    ) {
        self.description = description
        self.properties = properties
        self.keys = keys
        self.isOptional = isOptional
        self.initial = initial
        embedded = description.embedded
    }

    var name: String { description.name }

    /// Whether copies share the fields.
    var isShared: Bool {
        switch description.extent {
        case .payload, .content: true
        case .part, .listed: false
        }
    }

    var isListed: Bool { if case .listed = description.extent { true } else { false } }

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

    private mutating func write() throws(GeneratorError) {
        let schema = "schema/events/\(description.schemas[0]).json"
        line(0, "// Made by `swift run payload-generator` from \(schema). Change the schema, not this file.")
        if isListed {
            try writeListed()
            writeEquality()
            return
        }
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
        case .listed: break
        }
    }
}
