public import LedgerJSON

/// The JSON Schemas of every event type and version, compiled to check payloads at an append.
public struct EventSchemas: Sendable {
    private let schemas: [Key: CompiledSchema]

    private struct Key: Hashable {
        let type: String
        let version: Int
    }

    /// Compiles the schema files, given by name (`<Type>.v<N>.json`) and bytes.
    ///
    /// A file may be the same as another one: its `$ref` is then the other's `$id`.
    ///
    /// Throws `SchemaFileError` for a name of any other form, and for any part of a file that the validator does not
    /// support.
    ///
    /// - Parameters:
    ///   - files: the schema files.
    ///   - patterns: the domain's own values of `pattern`.
    public init(files: [String: [UInt8]], patterns: [TextPattern] = []) throws(SchemaFileError) {
        let patterns = SchemaPattern.known + patterns.map(SchemaPattern.own)
        var schemas: [Key: CompiledSchema] = [:]
        var identified: [String: CompiledSchema] = [:]
        var references: [(key: Key, file: String, id: String)] = []
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            guard let key = Self.key(ofFile: name) else {
                throw SchemaFileError(file: name, pointer: "", problem: "is not named <Type>.v<N>.json")
            }
            switch try SchemaCompiler.compile(bytes, file: name, patterns) {
            case .schema(let schema, let id):
                schemas[key] = schema
                if let id { identified[id] = schema }
            case .sameAs(let id): references.append((key, name, id))
            }
        }
        for (key, file, id) in references {
            guard let schema = identified[id] else {
                throw SchemaFileError(file: file, pointer: "/$ref", problem: "refers to no schema file")
            }
            schemas[key] = schema
        }
        self.schemas = schemas
    }

    private static func key(ofFile name: String) -> Key? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "json", parts[1].first == "v", let version = Int(parts[1].dropFirst()),
            version >= 1, parts[1] == "v\(version)", !parts[0].isEmpty
        else { return nil }
        return Key(type: String(parts[0]), version: version)
    }

    /// The types and versions that have schemas, in order.
    public var versions: [(type: String, version: Int)] {
        schemas.keys.map { ($0.type, $0.version) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    func root(type: String, version: Int) -> SchemaNode? { schemas[Key(type: type, version: version)]?.root }

    /// The payload fields that make up the content, according to the schema's `x-content`; nil without a schema.
    public func contentFields(type: String, version: Int) -> [String]? {
        schemas[Key(type: type, version: version)]?.content
    }

    /// Checks a payload against the schema of its type and version.
    ///
    /// Throws the first violation in the order of the payload. Linear in the payload; fastest if the keys come in
    /// canonical order.
    public func validate(type: String, version: Int, payload: JSONDocument) throws(SchemaViolation) {
        guard let schema = schemas[Key(type: type, version: version)] else {
            throw SchemaViolation(
                type: type, version: version, pointer: "", expected: "a type and version with a schema")
        }
        do {
            let source = payload.bytes
            try schema.root.check(payload.root, in: source.span)
        } catch {
            throw SchemaViolation(type: type, version: version, pointer: error.pointer, expected: error.expected)
        }
    }
}
