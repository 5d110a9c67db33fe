import LedgerJSON

/// A compiled schema with its references resolved.
struct CompiledSchema: Sendable {
    let root: SchemaNode
    /// The payload fields that make up the content, in the order of the file.
    let content: [String]
}

/// The constraints that one (sub)schema puts on a value. A keyword that does not apply to a value's type does not
/// constrain it.
///
/// A class, so that following a node does not copy its contents.
final class SchemaNode: Sendable {
    let types: SchemaTypes
    /// The values of `enum` or `const`; nil if the schema has neither.
    let literals: [SchemaLiteral]?
    let text: TextRule?
    let minimum: Int64?
    let maximum: Int64?
    let object: ObjectRule?
    let array: ArrayRule?
    let choice: Choice?

    init(
        types: SchemaTypes, literals: [SchemaLiteral]?, text: TextRule?, minimum: Int64?, maximum: Int64?,
        object: ObjectRule?, array: ArrayRule?, choice: Choice? = nil
    ) {
        self.types = types
        self.literals = literals
        self.text = text
        self.minimum = minimum
        self.maximum = maximum
        self.object = object
        self.array = array
        self.choice = choice
    }

    /// The alternatives of `oneOf`: objects told apart by the constant text of one required property.
    struct Choice: Sendable {
        let property: String
        let alternatives: [(constant: SchemaLiteral, schema: SchemaNode)]
    }

    struct TextRule: Sendable {
        var pattern: SchemaPattern?
        var minimumLength: Int?
        var maximumLength: Int?
    }

    final class Property: Sendable {
        let name: [UInt8]
        let schema: SchemaNode
        let isRequired: Bool

        init(name: [UInt8], schema: SchemaNode, isRequired: Bool) {
            self.name = name
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    struct ObjectRule: Sendable {
        /// The properties in canonical key order, which is their order in payloads.
        var properties: [Property] = []
        var requiredCount = 0
        var additional: Additional = .anything
    }

    enum Additional: Sendable {
        case anything
        case nothing
        case schema(SchemaNode)
    }

    struct ArrayRule: Sendable {
        var items: SchemaNode?
        var minimumCount = 0
        var maximumCount = Int.max
        /// Whether the elements must be unique; for strings only.
        var areUnique = false
    }
}

/// A set of JSON types.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    /// Any number, including integers.
    static let number = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)
    static let all: SchemaTypes = [.null, .boolean, .integer, .number, .string, .array, .object]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The type with that name in JSON Schema.
    init?(name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = [.number, .integer]
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    /// The names of the types, for error messages.
    var description: String {
        let names: [(SchemaTypes, String)] = [
            (.object, "an object"), (.array, "an array"), (.string, "a string"), (.number, "a number"),
            (.integer, "an integer"), (.boolean, "true or false"), (.null, "null"),
        ]
        return names.filter { contains($0.0) && !($0.0 == .integer && contains(.number)) }.map(\.1)
            .joined(separator: " or ")
    }
}

/// A value of `enum` or `const`.
enum SchemaLiteral: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string([UInt8])

    func equals(_ value: JSONValue) -> Bool {
        switch self {
        case .null: value.isNull
        case .bool(let truth): value.bool == truth
        case .integer(let number): value.integer == number
        case .string(let text):
            value.withUnescapedUTF8 { found in
                guard found.count == text.count else { return false }
                for index in text.indices where found[index] != text[index] { return false }
                return true
            } ?? false
        }
    }

    /// The literal as JSON, for error messages.
    var description: String {
        switch self {
        case .null: "null"
        case .bool(let truth): "\(truth)"
        case .integer(let number): "\(number)"
        case .string(let text): "\"" + String(decoding: text, as: UTF8.self) + "\""
        }
    }
}
