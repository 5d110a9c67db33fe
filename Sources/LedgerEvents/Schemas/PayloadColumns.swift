import LedgerJSON
import LedgerValues

extension EventSchemas {
    /// What all schemas together say about a payload's member.
    package struct PayloadColumn: Sendable, Equatable {
        package let name: String
        package let kind: Kind
        /// The event types that have the member, in order.
        package let types: [String]

        package enum Kind: String, Sendable {
            case text, instant, date, decimal, integer, boolean
            /// An object or a list, or values of different types.
            case json
        }
    }

    /// The members of all payloads, in order of their names. A member has a type of its own only if every schema that has the
    /// member agrees on it; texts of different forms are text.
    package var payloadColumns: [PayloadColumn] {
        var found: [ByteKey: (kinds: Set<PayloadColumn.Kind>, types: Set<String>)] = [:]
        for (type, version) in versions {
            guard let schema = root(type: type, version: version) else { continue }
            for object in [schema] + (schema.choice?.alternatives.map(\.schema) ?? []) {
                for property in object.object?.properties ?? [] {
                    let name = ByteKey(String(decoding: property.name, as: UTF8.self))
                    found[name, default: ([], [])].types.insert(type)
                    if let kind = Self.kind(of: property.schema) { found[name, default: ([], [])].kinds.insert(kind) }
                }
            }
        }
        return found.sorted { $0.key < $1.key }.map { name, member in
            let texts: Set<PayloadColumn.Kind> = [.text, .instant, .date, .decimal]
            let kind = member.kinds.count == 1 ? member.kinds.first : member.kinds.isSubset(of: texts) ? .text : .json
            return PayloadColumn(
                name: name.text, kind: kind ?? .json, types: member.types.sorted { $0.isBytewiseLess(than: $1) })
        }
    }

    /// The kind of a member; nil if it can only be null.
    private static func kind(of schema: SchemaNode) -> PayloadColumn.Kind? {
        if let literals = schema.literals {
            let kinds = Set(literals.compactMap(\.kind))
            return kinds.count > 1 ? .json : kinds.first
        }
        let types = schema.types.subtracting(.null)
        if types.isEmpty { return nil }
        if types == .boolean { return .boolean }
        if types == .integer { return .integer }
        guard types == .string else { return .json }
        if accepts(schema, "x") { return .text }
        for (sample, kind) in [("2026-01-31T00:00:00Z", PayloadColumn.Kind.instant), ("2026-01-31", .date), ("1.5", .decimal)]
        where accepts(schema, sample) { return kind }
        return .text
    }

    /// Whether a schema takes a text.
    private static func accepts(_ schema: SchemaNode, _ text: String) -> Bool {
        guard let document = try? JSONDocument(parsing: Array("\"\(text)\"".utf8)) else { return false }
        let source = document.bytes
        return (try? schema.check(document.root, in: source.span)) != nil
    }
}

extension SchemaLiteral {
    fileprivate var kind: EventSchemas.PayloadColumn.Kind? {
        switch self {
        case .null: nil
        case .bool: .boolean
        case .integer: .integer
        case .string: .text
        }
    }
}
