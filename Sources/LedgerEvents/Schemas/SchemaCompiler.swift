import LedgerJSON
import LedgerValues

/// Why a schema file can't be used.
public struct SchemaFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// The JSON pointer of the faulty part.
    public let pointer: String
    public let problem: String

    /// One sentence.
    public var description: String { "schema \(file): \(pointer.isEmpty ? "" : pointer + " ")\(problem)" }
}

/// Compiles a schema file in the subset of JSON Schema (draft 2020-12) that this project writes. A keyword or a
/// pattern outside the subset is an error: no part of a schema is silently left unchecked.
struct SchemaCompiler {
    private static let annotations = ["$schema", "$id", "$comment", "title", "description"]

    private let file: String
    private let root: JSONValue
    private let patterns: [SchemaPattern]
    /// The nodes of `$defs`, each compiled when it is first referred to; nil while its compilation is in progress.
    private var definitions: [String: SchemaNode?] = [:]

    /// What a file says: a schema with its `$id`, or that it is the same as the schema of another `$id`.
    enum Content {
        case schema(CompiledSchema, id: String?)
        case sameAs(id: String)
    }

    static func compile(_ bytes: [UInt8], file: String, _ patterns: [SchemaPattern]) throws(SchemaFileError) -> Content {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw SchemaFileError(file: file, pointer: "", problem: "\(error)")
        }
        var compiler = SchemaCompiler(file: file, root: document.root, patterns: patterns)
        if let id = try compiler.otherFile() { return .sameAs(id: id) }
        let root = try compiler.node(of: document.root, at: "", isRoot: true)
        if let definitions = document.root["$defs"] {
            for (name, schema) in definitions.members where compiler.definitions[name] == nil {
                _ = try compiler.definition(name, schema)
            }
        }
        return .schema(
            CompiledSchema(root: root, content: try compiler.content(root)), id: document.root["$id"]?.string)
    }

    /// The `$id` that the whole file refers to; nil for a file with fields of its own.
    private func otherFile() throws(SchemaFileError) -> String? {
        guard root.kind == .object, let id = root["$ref"]?.string, !id.hasPrefix("#") else { return nil }
        for (keyword, _) in root.members where keyword != "$ref" && !Self.annotations.contains(keyword) {
            throw error("/\(keyword)", "stands beside $ref")
        }
        return id
    }

    private init(file: String, root: JSONValue, patterns: [SchemaPattern]) {
        self.file = file
        self.root = root
        self.patterns = patterns
    }

    private func error(_ pointer: String, _ problem: String) -> SchemaFileError {
        SchemaFileError(file: file, pointer: pointer, problem: problem)
    }

    private mutating func node(
        of schema: JSONValue, at pointer: String, isRoot: Bool = false
    ) throws(SchemaFileError) -> SchemaNode {
        guard schema.kind == .object else { throw error(pointer, "is not an object") }
        if let reference = schema["$ref"] { return try self.reference(reference, in: schema, at: pointer) }
        var types = SchemaTypes.all
        var literals: [SchemaLiteral]?
        var text = SchemaNode.TextRule()
        var (minimum, maximum): (Int64?, Int64?)
        var array = SchemaNode.ArrayRule()
        var choice: SchemaNode.Choice?
        var (constrainsTexts, constrainsObjects, constrainsArrays) = (false, false, false)
        for (keyword, value) in schema.members {
            let at = "\(pointer)/\(keyword)"
            switch keyword {
            case "type": types = try self.types(value, at: at)
            case "enum", "const":
                guard literals == nil else { throw error(at, "stands beside const or enum") }
                literals = keyword == "enum" ? try self.literals(value, at: at) : [try literal(value, at: at)]
            case "pattern": text.pattern = try pattern(value, at: at)
            case "minLength": text.minimumLength = try count(value, at: at)
            case "maxLength": text.maximumLength = try count(value, at: at)
            case "minimum": minimum = try integer(value, at: at)
            case "maximum": maximum = try integer(value, at: at)
            case "items": array.items = try node(of: value, at: at)
            case "minItems": array.minimumCount = try count(value, at: at)
            case "maxItems": array.maximumCount = try count(value, at: at)
            case "uniqueItems": array.areUnique = try truth(value, at: at)
            case "oneOf": choice = try self.choice(value, at: at)
            case "properties", "required", "additionalProperties": break
            case "$defs" where isRoot, "x-content" where isRoot: break
            default:
                guard Self.annotations.contains(keyword) else { throw error(at, "is not a keyword known here") }
            }
            constrainsTexts = constrainsTexts || ["pattern", "minLength", "maxLength"].contains(keyword)
            constrainsArrays = constrainsArrays || ["items", "minItems", "maxItems", "uniqueItems"].contains(keyword)
            constrainsObjects =
                constrainsObjects || ["properties", "required", "additionalProperties"].contains(keyword)
        }
        if array.areUnique, array.items?.types != .string {
            throw error("\(pointer)/uniqueItems", "is known here for arrays of strings only")
        }
        return SchemaNode(
            types: types, literals: literals, text: constrainsTexts ? text : nil, minimum: minimum, maximum: maximum,
            object: constrainsObjects ? try objectRule(of: schema, at: pointer) : nil,
            array: constrainsArrays ? array : nil, choice: choice)
    }

    /// Alternatives of which a value can match only one: objects that all require the same property, each with a constant
    /// text of its own.
    private mutating func choice(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> SchemaNode.Choice {
        var schemas: [SchemaNode] = []
        for element in value.elements { schemas.append(try node(of: element, at: "\(pointer)/\(schemas.count)")) }
        let candidates = schemas.first?.object?.properties.map(\.name) ?? []
        for name in candidates {
            var alternatives: [(constant: SchemaLiteral, schema: SchemaNode)] = []
            for schema in schemas where schema.types == .object {
                guard let property = schema.object?.properties.first(where: { $0.name == name }), property.isRequired,
                    let literals = property.schema.literals, literals.count == 1, case .string = literals[0],
                    !alternatives.contains(where: { $0.constant == literals[0] })
                else { break }
                alternatives.append((literals[0], schema))
            }
            if alternatives.count == schemas.count {
                return SchemaNode.Choice(property: String(decoding: name, as: UTF8.self), alternatives: alternatives)
            }
        }
        throw error(pointer, "is known here for objects told apart by a required constant text only")
    }

    private mutating func reference(
        _ reference: JSONValue, in schema: JSONValue, at pointer: String
    ) throws(SchemaFileError) -> SchemaNode {
        let prefix = "#/$defs/"
        for (keyword, _) in schema.members where keyword != "$ref" && !Self.annotations.contains(keyword) {
            throw error("\(pointer)/\(keyword)", "stands beside $ref")
        }
        guard let text = reference.string, text.hasPrefix(prefix) else {
            throw error("\(pointer)/$ref", "does not refer to #/$defs")
        }
        let name = String(text.dropFirst(prefix.count))
        if let known = definitions[name] {
            guard let known else { throw error("\(pointer)/$ref", "is part of a circle") }
            return known
        }
        guard let definition = root["$defs"]?[name] else { throw error("\(pointer)/$ref", "refers to nothing") }
        return try self.definition(name, definition)
    }

    private mutating func definition(_ name: String, _ schema: JSONValue) throws(SchemaFileError) -> SchemaNode {
        definitions[name] = .some(nil)
        let node = try node(of: schema, at: "/$defs/\(name)")
        definitions[name] = node
        return node
    }

    private mutating func objectRule(
        of schema: JSONValue, at pointer: String
    ) throws(SchemaFileError) -> SchemaNode.ObjectRule {
        var rule = SchemaNode.ObjectRule()
        var members: [(key: String, value: JSONValue)] = schema["properties"].map { Array($0.members) } ?? []
        members.sort { CanonicalKeyOrder.precedes($0.key, $1.key) }
        let required = try strings(schema["required"], at: "\(pointer)/required")
        for (index, name) in required.enumerated() where !members.contains(where: { $0.key.isBytewiseEqual(to: name) }) {
            throw error("\(pointer)/required/\(index)", "is not among the properties")
        }
        for (name, property) in members {
            guard !name.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
            else {
                throw error("\(pointer)/properties", "has a name with characters that JSON escapes")
            }
            rule.properties.append(
                SchemaNode.Property(
                    name: Array(name.utf8), schema: try node(of: property, at: "\(pointer)/properties/\(name)"),
                    isRequired: required.contains { $0.isBytewiseEqual(to: name) }))
        }
        rule.requiredCount = rule.properties.count { $0.isRequired }
        guard let additional = schema["additionalProperties"] else { return rule }
        switch additional.bool {
        case true?: rule.additional = .anything
        case false?: rule.additional = .nothing
        case nil: rule.additional = .schema(try node(of: additional, at: "\(pointer)/additionalProperties"))
        }
        return rule
    }

    private func content(_ compiled: SchemaNode) throws(SchemaFileError) -> [String] {
        let fields = try strings(root["x-content"], at: "/x-content")
        let objects = [compiled.object] + (compiled.choice?.alternatives.map(\.schema.object) ?? [])
        let known = objects.flatMap { $0?.properties.map(\.name) ?? [] }
        for (index, field) in fields.enumerated() where !known.contains(Array(field.utf8)) {
            throw error("/x-content/\(index)", "is not among the properties")
        }
        return fields
    }
}

// MARK: - Values of keywords

extension SchemaCompiler {
    private func strings(_ value: JSONValue?, at pointer: String) throws(SchemaFileError) -> [String] {
        guard let value else { return [] }
        var texts: [String] = []
        for element in value.elements {
            guard let text = element.string else { throw error(pointer, "is not an array of strings") }
            texts.append(text)
        }
        guard value.kind == .array else { throw error(pointer, "is not an array of strings") }
        return texts
    }

    private func types(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> SchemaTypes {
        let names = value.kind == .string ? [value.string ?? ""] : try strings(value, at: pointer)
        var types: SchemaTypes = []
        for name in names {
            guard let type = SchemaTypes(name: name) else { throw error(pointer, "names an unknown type") }
            types.formUnion(type)
        }
        return types
    }

    private func pattern(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> SchemaPattern {
        let expression = Array((value.string ?? "").utf8)
        guard let pattern = patterns.first(where: { Array($0.expression.utf8) == expression }) else {
            throw error(pointer, "is not a pattern known here")
        }
        return pattern
    }

    private func literals(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> [SchemaLiteral] {
        guard value.kind == .array, value.count > 0 else { throw error(pointer, "is not an array of values") }
        var literals: [SchemaLiteral] = []
        for element in value.elements { literals.append(try literal(element, at: pointer)) }
        return literals
    }

    private func literal(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> SchemaLiteral {
        if value.isNull { return .null }
        if let truth = value.bool { return .bool(truth) }
        if let number = value.integer { return .integer(number) }
        if let text = value.string { return .string(Array(text.utf8)) }
        throw error(pointer, "has a value of a kind not known here")
    }

    private func integer(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> Int64 {
        guard let number = value.integer else { throw error(pointer, "is not an integer") }
        return number
    }

    private func count(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> Int {
        let number = try integer(value, at: pointer)
        guard number >= 0 else { throw error(pointer, "is below zero") }
        return Int(number)
    }

    private func truth(_ value: JSONValue, at pointer: String) throws(SchemaFileError) -> Bool {
        guard let truth = value.bool else { throw error(pointer, "is not true or false") }
        return truth
    }
}
