import LedgerJSON
import LedgerValues

/// A problem of a schema, or of what the generator was told about it.
package struct GeneratorError: Error, CustomStringConvertible, Equatable {
    package let description: String

    package init(description: String) { self.description = description }
}

/// A property of a schema as a field of a Swift type.
struct PayloadProperty: Equatable {
    enum Kind: Equatable {
        case text(isDistinct: Bool)
        case decimal, instant, date, truth, count, position, texts
        /// Only fields of listed types.
        case digest, uniqueID
        case enumeration(String, values: [String])
        case object(String)
        case list(of: String)
        /// A type with a method of its own in `FieldCoder`; only for fields of listed types.
        case method(String)
    }

    let key: String
    /// The key in lower camel case, with the usual abbreviations in capitals, unless the description names it otherwise.
    let name: String
    let kind: Kind
    let isOptional: Bool
    let isContent: Bool
    /// The schema's description of the property, for the doc comment.
    let documentation: String?

    /// A key in lower camel case, with the usual abbreviations in capitals: `source_trade_id` is `sourceTradeID`.
    static func name(_ key: String) -> String {
        let words = key.lowercased().split(separator: "_").map(String.init)
        return words[0] + words.dropFirst().map { abbreviations[$0] ?? $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static let abbreviations = ["id": "ID", "iv": "IV", "usd": "USD"]

    /// The type without the question mark of an optional.
    var type: String {
        switch kind {
        case .text: "String"
        case .decimal: "FixedDecimal"
        case .instant: "Instant"
        case .date: "CalendarDate"
        case .truth: "Bool"
        case .count: "Int"
        case .position: "Int64"
        case .texts: "[String]"
        case .digest: "Digest32"
        case .uniqueID: "UniqueID"
        case .enumeration(let type, _), .object(let type), .method(let type): type
        case .list(let element): "[\(element)]"
        }
    }

    /// Whether everything but the documentation agrees.
    func agrees(with other: PayloadProperty) -> Bool { key == other.key && kind == other.kind && isOptional == other.isOptional }
}

/// The properties of an object in a schema file.
struct PayloadSchema {
    let properties: [PayloadProperty]
    /// Whether the object may be null.
    let isOptional: Bool

    /// The order in which canonical JSON has the keys. All of them are ASCII.
    var inKeyOrder: [PayloadProperty] { properties.sorted { $0.key.isBytewiseLess(than: $1.key) } }

    init(_ file: String, _ root: JSONValue, _ extent: PayloadDescription.Extent, _ types: PayloadTypes) throws(GeneratorError) {
        var object = root
        var foreign: Set<ByteKey> = []
        switch extent {
        case .part(let pointer): object = try Self.object(file, root, pointer)
        case .listed(let pointer, let without):
            object = try Self.object(file, root, pointer)
            foreign = Set(without.map { ByteKey($0) })
        case .payload, .content: break
        }
        let required = Set((object["required"]?.elements.compactMap(\.string) ?? []).map { ByteKey($0) })
        let content = Set((root["x-content"]?.elements.compactMap(\.string) ?? []).map { ByteKey($0) })
        var properties: [PayloadProperty] = []
        for (key, schema) in object["properties"].map({ $0.members.map { ($0.key, $0.value) } }) ?? [] {
            let isContent = content.contains(ByteKey(key))
            if case .content = extent, !isContent { continue }
            if foreign.remove(ByteKey(key)) != nil { continue }
            guard required.contains(ByteKey(key)) else {
                throw GeneratorError(description: "\(file): \(key) is not required; a payload has every key, null for an absent value")
            }
            properties.append(try PayloadProperty(file, key, schema, in: root, extent, isContent: isContent, types))
        }
        if let stranger = foreign.min() { throw GeneratorError(description: "\(file): the object has no \(stranger.text)") }
        guard !properties.isEmpty else { throw GeneratorError(description: "\(file): the object has no properties") }
        self.properties = properties
        isOptional = object["type"]?.elements.contains { $0.string == "null" } ?? false
    }

    private static func object(_ file: String, _ root: JSONValue, _ pointer: String) throws(GeneratorError) -> JSONValue {
        var object = root
        for name in pointer.split(separator: "/") {
            guard let next = object[String(name)] else { throw GeneratorError(description: "\(file) has nothing at \(pointer)") }
            object = next
        }
        return object
    }
}

extension PayloadProperty {
    init(
        _ file: String, _ key: String, _ schema: JSONValue, in root: JSONValue, _ extent: PayloadDescription.Extent,
        isContent: Bool, _ types: PayloadTypes
    ) throws(GeneratorError) {
        let reference = schema["$ref"]?.string
        let definition = reference.map { String($0.dropFirst("#/$defs/".count)) }
        guard let resolved = definition.map({ root["$defs"]?[$0] }) ?? schema else {
            throw GeneratorError(description: "\(file): \(key) refers to nothing")
        }
        let named = resolved["type"].map { $0.string.map { [$0] } ?? $0.elements.compactMap(\.string) } ?? []
        let values = resolved["enum"].map { Array($0.elements) } ?? []
        let pattern = resolved["pattern"]?.string ?? ""
        let isListed = if case .listed = extent { true } else { false }
        let kind: Kind? =
            if let type = types.enumerations[key] {
                .enumeration(type, values: values.compactMap(\.string))
            } else if let type = types.objects[key] {
                .object(type)
            } else if isListed, let type = types.methods[key] {
                .method(type)
            } else if let element = types.lists[key] {
                .list(of: element)
            } else if pattern.hasSuffix(Self.decimalEnd) {
                .decimal
            } else if definition?.contains("instant") == true {
                .instant
            } else if definition?.contains("date") == true {
                .date
            } else if named.contains("boolean") {
                .truth
            } else if named.contains("integer") {
                isListed || types.positions.contains(key) ? .position : .count
            } else if named.contains("array"), resolved["items"]?["$ref"]?.string == "#/$defs/text" {
                .texts
            } else if isListed, pattern == Self.digest, !types.textDigests.contains(key) {
                .digest
            } else if isListed, pattern == Self.uniqueID {
                .uniqueID
            } else if named.contains("string") || !values.isEmpty {
                .text(isDistinct: types.distinctTexts.contains(key))
            } else {
                nil
            }
        guard let kind else { throw GeneratorError(description: "\(file): \(key) has a type that the generator does not know") }
        self.init(
            key: key, name: types.names[key] ?? Self.name(key), kind: kind,
            isOptional: named.contains("null") || values.contains(where: \.isNull), isContent: isContent,
            documentation: schema["description"]?.string)
    }

    /// How the pattern of a decimal ends.
    private static let decimalEnd = #"[0-9]{0,9}[1-9])$"#
    private static let digest = "^[0-9a-f]{64}$"
    private static let uniqueID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
}
