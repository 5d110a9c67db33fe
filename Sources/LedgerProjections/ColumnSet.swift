import LedgerEvents
public import LedgerJSON
public import LedgerValues

/// The contents of `projections/<name>/columns.json`: the key, the part of it that identifies an entity, the columns that are
/// stored beside the document for filters, which of these are never null, each column's type and role, and the columns that
/// the digest covers. A version's tables and indexes follow from it.
///
/// A row is stored as one canonical JSON document in event encoding (decimals are strings). The types here turn the
/// document into the answer over HTTP (decimals are numbers) and into the line that is digested.
public struct ColumnSet: Sendable {
    /// The type of a column.
    public enum Kind: String, Sendable {
        case text, texts, instant, date, decimal, integer, boolean, object
    }

    /// A column of the document.
    public struct Column: Sendable {
        public let name: String
        public let kind: Kind
        /// Nil if the column has no role.
        public let role: Role?
        /// Whether the digest covers the column.
        public let isDigested: Bool
        let nameBytes: [UInt8]
        /// The names of decimal members inside an object or a list.
        public let decimals: Set<ByteKey>

        init(name: String, kind: Kind, role: Role?, isDigested: Bool, decimals: Set<ByteKey>) {
            self.name = name
            self.kind = kind
            self.role = role
            self.isDigested = isDigested
            self.decimals = decimals
            nameBytes = Array(name.utf8)
        }

        func isNamed(_ member: JSONValue.Member) -> Bool {
            member.withKeyBytes { key in
                guard key.count == nameBytes.count else { return false }
                for index in key.indices where key[index] != nameBytes[index] { return false }
                return true
            } ?? false
        }
    }

    /// A column that is stored beside the document.
    public struct StoredColumn: Sendable {
        public let name: String
        /// Whether it holds instants; if not, it holds texts.
        public let isInstant: Bool
        /// Whether it is never null.
        public let isRequired: Bool
    }

    /// The columns of the primary key, in order.
    public let key: [String]
    /// The first columns of the key, which identify the entity of a row; all of them if `columns.json` does not say.
    public let entity: [String]
    /// The columns stored beside the document, in order.
    public let storedColumns: [StoredColumn]
    /// The names of ``storedColumns``.
    public let stored: [String]
    /// All columns of the document, in canonical order.
    public let columns: [Column]
    private let byName: [ByteKey: Int]
    /// The columns that every version's table has besides.
    fileprivate static let reserved = ["valid_from", "valid_to", "era", "document"]

    /// Reads `columns.json`. Throws ``ColumnSetError``, and `JSONError` if it is no JSON.
    public init(parsing bytes: [UInt8]) throws {
        let root = try JSONDocument(parsing: bytes).root
        func names(_ key: String) throws -> [String] {
            guard let value = root[key], value.kind == .array else { throw ColumnSetError.notAList(key) }
            return value.elements.compactMap(\.string)
        }
        key = try names("key")
        entity = root["entity"] == nil ? key : try names("entity")
        guard !entity.isEmpty || key.isEmpty, key.starts(with: entity, by: { $0.isBytewiseEqual(to: $1) }) else {
            throw ColumnSetError.badEntity(key: key)
        }
        stored = try names("stored")
        let required = root["required"] == nil ? [] : Set(try names("required").map { ByteKey($0) })
        guard let members = root["columns"], members.kind == .object else {
            throw ColumnSetError.noColumns
        }
        var columns: [Column] = []
        for (name, value) in members.members {
            guard let kind = value["type"]?.string.flatMap(Kind.init(rawValue:)), let digested = value["digested"]?.bool
            else { throw ColumnSetError.malformed(column: name) }
            let decimals = value["decimals"]?.elements.compactMap(\.string).map { ByteKey($0) } ?? []
            let role = try Role(value, of: kind, name)
            columns.append(Column(name: name, kind: kind, role: role, isDigested: digested, decimals: Set(decimals)))
        }
        self.columns = columns
        let byName = Dictionary(uniqueKeysWithValues: columns.enumerated().map { (ByteKey($0.element.name), $0.offset) })
        self.byName = byName
        for name in key where byName[ByteKey(name)] == nil {
            throw ColumnSetError.unknownKey(column: name)
        }
        var storedColumns: [StoredColumn] = []
        for name in stored {
            // The one stored column that no document has: the valid time of the row.
            let kind = byName[ByteKey(name)].map { columns[$0].kind } ?? (name == "effective_at" ? .instant : nil)
            guard let kind, kind == .text || kind == .instant else {
                throw ColumnSetError.unstorable(column: name)
            }
            storedColumns.append(StoredColumn(name: name, isInstant: kind == .instant, isRequired: required.contains(ByteKey(name))))
        }
        self.storedColumns = storedColumns
        for name in required where !stored.contains(where: { ByteKey($0) == name }) {
            throw ColumnSetError.requiredNotStored(column: name.text)
        }
        let identifier = /[a-z][a-z0-9_]*/
        for name in key + stored where name.wholeMatch(of: identifier) == nil || Self.reserved.contains(name) {
            throw ColumnSetError.badName(name)
        }
    }

    /// The columns that the digest does not cover.
    public var undigested: [String] { columns.filter { !$0.isDigested }.map(\.name) }

    /// The column with the given name. Nil if the document has none.
    package func column(named name: String) -> Column? { byName[ByteKey(name)].map { columns[$0] } }

    /// Visits a document's members beside this set's columns. Both are in canonical order, so a look-up by name is the
    /// exception.
    private func forEachMember(of document: JSONDocument, _ body: (Column, JSONValue) -> Void) {
        var next = 0
        for member in document.root.memberViews {
            if next < columns.count, columns[next].isNamed(member) {
                body(columns[next], member.value)
                next += 1
            } else if let index = byName[ByteKey(member.key)] {
                body(columns[index], member.value)
                next = index + 1
            }
        }
    }

    /// Appends the row in its form for HTTP and the command line: decimals are JSON numbers.
    public func appendPublished(_ document: JSONDocument, to out: inout [UInt8]) {
        append(document, to: &out, onlyDigested: false, decimalsAsNumbers: true)
    }

    /// Appends one line of `digest(projection, P)`: the digested columns in event encoding, and a newline.
    public func appendDigestLine(_ document: [UInt8], to out: inout [UInt8]) throws {
        try document.withUnsafeBufferPointer { try appendDigestLine($0, to: &out) }
    }

    /// Appends one line of `digest(projection, P)`: the digested columns in event encoding, and a newline.
    package func appendDigestLine(_ document: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) throws {
        if !appendDigestedMembers(document, to: &out) {
            append(try JSONDocument(parsing: Array(document)), to: &out, onlyDigested: true, decimalsAsNumbers: false)
        }
        out.append(UInt8(ascii: "\n"))
    }

    private func append(
        _ document: JSONDocument, to out: inout [UInt8], onlyDigested: Bool, decimalsAsNumbers: Bool
    ) {
        out.append(UInt8(ascii: "{"))
        var first = true
        forEachMember(of: document) { column, value in
            if onlyDigested && !column.isDigested { return }
            if !first { out.append(UInt8(ascii: ",")) }
            first = false
            // Column names are plain ASCII identifiers, which need no escaping.
            out.append(UInt8(ascii: "\""))
            out.append(contentsOf: column.name.utf8)
            out.append(UInt8(ascii: "\""))
            out.append(UInt8(ascii: ":"))
            Self.append(value, of: column, decimalsAsNumbers: decimalsAsNumbers, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends a column's value unchanged, or with its decimals as numbers.
    static func append(_ value: JSONValue, of column: Column, decimalsAsNumbers: Bool, to out: inout [UInt8]) {
        let bytes = value.documentBytes
        if decimalsAsNumbers, column.kind == .decimal || !column.decimals.isEmpty {
            append(value, bytes, isDecimal: column.kind == .decimal, decimals: column.decimals, to: &out)
        } else {
            out.append(contentsOf: bytes[value.sourceRange])
        }
    }

    /// Whether a string holds decimal text. A list's member may hold numbers in some elements and words in others.
    private static func isDecimalText(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.count > 2 else { return false }
        let first = bytes[range.lowerBound + 1]
        return first == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= first
    }

    /// Appends a value with its decimals as numbers. The digits between the quotes of decimal text are a JSON number
    /// already.
    private static func append(
        _ value: JSONValue, _ bytes: [UInt8], isDecimal: Bool, decimals: Set<ByteKey>, to out: inout [UInt8]
    ) {
        let range = value.sourceRange
        switch value.kind {
        case .string where isDecimal && isDecimalText(bytes, range):
            out.append(contentsOf: bytes[range.lowerBound + 1..<range.upperBound - 1])
        case .array:
            out.append(UInt8(ascii: "["))
            for (index, element) in value.elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                append(element, bytes, isDecimal: isDecimal, decimals: decimals, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object:
            out.append(UInt8(ascii: "{"))
            for (index, member) in value.memberViews.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.append(contentsOf: JSONNode.string(member.key).httpBytes())
                out.append(UInt8(ascii: ":"))
                append(member.value, bytes, isDecimal: decimals.contains(ByteKey(member.key)), decimals: decimals, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        default:
            out.append(contentsOf: bytes[range])
        }
    }
}

/// Why `columns.json` can't be used.
public enum ColumnSetError: Error, Equatable, CustomStringConvertible {
    /// A member that lists columns is not a list.
    case notAList(String)
    /// `columns` is not an object.
    case noColumns
    /// A column lacks its type, or whether the digest covers it.
    case malformed(column: String)
    /// A column has a role that does not exist, in its JSON form.
    case unknownRole(column: String, found: String)
    /// Money has no unit.
    case unitMissing(column: String)
    /// A column that is not money has a unit.
    case unitWithoutMoney(column: String)
    /// A column has a role that its type can't have.
    case roleOfOtherType(column: String, role: String, expected: ColumnSet.Kind, found: ColumnSet.Kind)
    case unknownKey(column: String)
    /// The key of an entity is not the beginning of the row's key.
    case badEntity(key: [String])
    /// A stored column has a type that can't be stored, or does not exist.
    case unstorable(column: String)
    case requiredNotStored(column: String)
    /// A table can't have a column of that name.
    case badName(String)

    public var description: String {
        switch self {
        case .notAList(let member): "`\(member)` must be a list"
        case .noColumns: "`columns` must be an object"
        case .malformed(let column): "`columns.\(column)` needs a known `type` and a boolean `digested`"
        case .unknownRole(let column, let found): "`columns.\(column)`: `role`: expected money, price or state, found \(found)"
        case .unitMissing(let column): "`columns.\(column)`: money needs a `unit`, for example USD"
        case .unitWithoutMoney(let column): "`columns.\(column)`: a `unit` needs the `role` money"
        case .roleOfOtherType(let column, let role, let expected, let found):
            "`columns.\(column)`: the `role` \(role) needs the type \(expected.rawValue), found \(found.rawValue)"
        case .badEntity(let key): "`entity`: expected the first of the key's columns \(key.joined(separator: ", "))"
        case .unknownKey(let column): "the key column `\(column)` is not among `columns`"
        case .unstorable(let column): "the stored column `\(column)` is not a text or an instant among `columns`"
        case .requiredNotStored(let column): "the required column `\(column)` is not among `stored`"
        case .badName(let name):
            "`\(name)` can't be the name of a column: expected a-z, 0-9 and _, and none of \(ColumnSet.reserved.joined(separator: ", "))"
        }
    }
}
