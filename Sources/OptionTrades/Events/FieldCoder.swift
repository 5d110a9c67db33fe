package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// An object of a payload that lists its fields once, for writing and for reading.
package protocol CodedFields: Sendable, Equatable {
    /// The initial state for reading. Every field is read before a caller sees it.
    init()

    /// Passes each field to the coder under its key.
    mutating func code(_ fields: inout FieldCoder) throws(PayloadError)
}

/// Writes or reads the fields of an object, so that both follow from one list.
///
/// Writing gives canonical JSON: keys in order, decimals as text, null for an absent value. Fields that are listed in that order are
/// written at once. Reading is strict: every key is present, no other key is, and each value has its type.
package struct FieldCoder {
    private enum Mode {
        case writing
        case listing
        case reading(JSONValue)
    }

    private let mode: Mode
    private let pointer: String
    private var out: JSONWriter
    /// The key that was written last; nil as long as there is none.
    private var last: String?
    private var isInOrder = true
    private var listed: [(String, JSONNode)] = []
    private var read = 0

    private init(_ mode: Mode, _ pointer: String, reservingCapacity capacity: Int = 0) {
        self.mode = mode
        self.pointer = pointer
        out = JSONWriter(reservingCapacity: capacity, keyOrder: .given)
    }

    /// Writes the fields as a canonical JSON object.
    package static func write<Object: CodedFields>(_ object: Object, to out: inout JSONWriter) {
        var coder = FieldCoder(.writing, "", reservingCapacity: 512)
        coder.out.beginObject()
        var copy = object
        // Writing never throws: only values that were read can be wrong.
        try? copy.code(&coder)
        coder.out.endObject()
        guard coder.isInOrder else { return node(object).sorted.write(to: &out, decimals: .strings) }
        coder.out.withBytes { out.raw($0.span) }
    }

    private mutating func writeKey(_ key: String) {
        if let last, !last.isBytewiseLess(than: key) { isInOrder = false }
        last = key
        out.key(key)
    }

    /// Writes objects as a canonical JSON array.
    package static func write<Object: CodedFields>(_ objects: [Object], to out: inout JSONWriter) {
        out.beginArray()
        for object in objects { write(object, to: &out) }
        out.endArray()
    }

    /// The fields as a JSON object that becomes part of another document.
    package static func node<Object: CodedFields>(_ object: Object) -> JSONNode {
        var coder = FieldCoder(.listing, "")
        var copy = object
        try? copy.code(&coder)
        return .object(coder.listed)
    }

    /// Reads an object at its place in a payload.
    package static func object<Object: CodedFields>(
        _ value: JSONValue, _ pointer: String, as type: Object.Type = Object.self
    ) throws(PayloadError) -> Object {
        guard value.kind == .object else { throw PayloadError(pointer: pointer, problem: "is not an object") }
        var coder = FieldCoder(.reading(value), pointer)
        var object = Object()
        try object.code(&coder)
        guard coder.read == value.count else { throw PayloadError(pointer: pointer, problem: "has an unknown key") }
        return object
    }

    // MARK: - Values

    /// Codes a field: `write` gives its node, `take` reads its value with the pointer of its place.
    package mutating func field<Value>(
        _ key: String, _ value: inout Value, _ write: (Value) -> JSONNode,
        _ take: (JSONValue, String) throws(PayloadError) -> Value
    ) throws(PayloadError) {
        switch mode {
        case .writing:
            writeKey(key)
            write(value).sorted.write(to: &out, decimals: .strings)
        case .listing: listed.append((key, write(value)))
        case .reading(let object):
            guard let found = object[key] else { throw PayloadError(pointer: pointer, problem: "lacks the key \(key)") }
            read += 1
            value = try take(found, "\(pointer)/\(key)")
        }
    }

    /// The same for a field that may be null.
    private mutating func optional<Value>(
        _ key: String, _ value: inout Value?, _ write: (Value) -> JSONNode,
        _ take: (JSONValue, String) throws(PayloadError) -> Value
    ) throws(PayloadError) {
        try field(key, &value, { $0.map(write) ?? .null }) { (found, place) throws(PayloadError) in
            found.isNull ? nil : try take(found, place)
        }
    }

    private static func text(_ value: JSONValue, _ place: String) throws(PayloadError) -> String {
        guard let text = value.string else { throw PayloadError(pointer: place, problem: "is not a string") }
        return text
    }

    private static func parsed<Value>(
        _ value: JSONValue, _ place: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(PayloadError) -> Value {
        guard let text = value.string, let parsed = parse(text) else {
            throw PayloadError(pointer: place, problem: "is not \(expected)")
        }
        return parsed
    }

    private static func decimal(_ value: JSONValue, _ place: String) throws(PayloadError) -> FixedDecimal {
        guard value.kind == .string, let decimal = value.publishedDecimal else {
            throw PayloadError(pointer: place, problem: "is not a decimal")
        }
        return decimal
    }

    private static func instant(_ value: JSONValue, _ place: String) throws(PayloadError) -> Instant {
        try parsed(value, place, "an instant") { Instant($0) }
    }

    private static func integer(_ value: JSONValue, _ place: String) throws(PayloadError) -> Int64 {
        guard let integer = value.integer else { throw PayloadError(pointer: place, problem: "is not an integer") }
        return integer
    }

    private static func truth(_ value: JSONValue, _ place: String) throws(PayloadError) -> Bool {
        guard let truth = value.bool else { throw PayloadError(pointer: place, problem: "is not true or false") }
        return truth
    }

    package mutating func text(_ key: String, _ value: inout String) throws(PayloadError) {
        try field(key, &value, JSONNode.string, Self.text)
    }

    package mutating func text(_ key: String, _ value: inout String?) throws(PayloadError) {
        try optional(key, &value, JSONNode.string, Self.text)
    }

    package mutating func decimal(_ key: String, _ value: inout FixedDecimal) throws(PayloadError) {
        try field(key, &value, JSONNode.decimal, Self.decimal)
    }

    package mutating func decimal(_ key: String, _ value: inout FixedDecimal?) throws(PayloadError) {
        try optional(key, &value, JSONNode.decimal, Self.decimal)
    }

    package mutating func instant(_ key: String, _ value: inout Instant) throws(PayloadError) {
        try field(key, &value, { .string($0.description) }, Self.instant)
    }

    package mutating func instant(_ key: String, _ value: inout Instant?) throws(PayloadError) {
        try optional(key, &value, { .string($0.description) }, Self.instant)
    }

    package mutating func date(_ key: String, _ value: inout CalendarDate?) throws(PayloadError) {
        try optional(key, &value, { .string($0.description) }) { (found, place) throws(PayloadError) in
            try Self.parsed(found, place, "a date") { CalendarDate($0) }
        }
    }

    package mutating func date(_ key: String, _ value: inout CalendarDate) throws(PayloadError) {
        try field(key, &value, { .string($0.description) }) { (found, place) throws(PayloadError) in
            try Self.parsed(found, place, "a date") { CalendarDate($0) }
        }
    }

    package mutating func uniqueID(_ key: String, _ value: inout UniqueID) throws(PayloadError) {
        try field(key, &value, { .string($0.description) }) { (found, place) throws(PayloadError) in
            try Self.parsed(found, place, "a UUID") { UniqueID($0) }
        }
    }

    package mutating func digest(_ key: String, _ value: inout Digest32) throws(PayloadError) {
        try field(key, &value, { .string($0.description) }) { (found, place) throws(PayloadError) in
            try Self.parsed(found, place, "a digest") { Digest32(hex: $0) }
        }
    }

    package mutating func integer(_ key: String, _ value: inout Int64) throws(PayloadError) {
        try field(key, &value, JSONNode.integer, Self.integer)
    }

    package mutating func integer(_ key: String, _ value: inout Int64?) throws(PayloadError) {
        try optional(key, &value, JSONNode.integer, Self.integer)
    }

    package mutating func truth(_ key: String, _ value: inout Bool) throws(PayloadError) {
        try field(key, &value, JSONNode.bool, Self.truth)
    }

    package mutating func truth(_ key: String, _ value: inout Bool?) throws(PayloadError) {
        try optional(key, &value, JSONNode.bool, Self.truth)
    }

    package mutating func choice<Value: RawRepresentable<String>>(_ key: String, _ value: inout Value) throws(PayloadError) {
        try field(key, &value, { .string($0.rawValue) }) { (found, place) throws(PayloadError) in
            try Self.parsed(found, place, "one of the known words") { Value(rawValue: $0) }
        }
    }

    package mutating func choice<Value: RawRepresentable<String>>(_ key: String, _ value: inout Value?) throws(PayloadError) {
        try optional(key, &value, { .string($0.rawValue) }) { (found, place) throws(PayloadError) in
            try Self.parsed(found, place, "one of the known words") { Value(rawValue: $0) }
        }
    }

    package mutating func texts(_ key: String, _ value: inout [String]) throws(PayloadError) {
        try field(key, &value, { .array($0.map(JSONNode.string)) }) { (found, place) throws(PayloadError) in
            try Self.elements(found, place) { (element, place) throws(PayloadError) in try Self.text(element, place) }
        }
    }

    package mutating func object<Object: CodedFields>(_ key: String, _ value: inout Object) throws(PayloadError) {
        if case .writing = mode {
            writeKey(key)
            return Self.write(value, to: &out)
        }
        try field(key, &value, Self.node) { (found, place) throws(PayloadError) in try Self.object(found, place) }
    }

    package mutating func object<Object: CodedFields>(_ key: String, _ value: inout Object?) throws(PayloadError) {
        try optional(key, &value, { Self.node($0) }) { (found, place) throws(PayloadError) in try Self.object(found, place) }
    }

    package mutating func objects<Object: CodedFields>(_ key: String, _ value: inout [Object]) throws(PayloadError) {
        if case .writing = mode {
            writeKey(key)
            return Self.write(value, to: &out)
        }
        try field(key, &value, { .array($0.map { Self.node($0) }) }) { (found, place) throws(PayloadError) in
            try Self.elements(found, place) { (element, place) throws(PayloadError) in try Self.object(element, place) }
        }
    }

    /// The same for a list that is left out if it is empty, as one that an earlier program did not know.
    package mutating func objectsIfAny<Object: CodedFields>(_ key: String, _ value: inout [Object]) throws(PayloadError) {
        switch mode {
        case .writing, .listing: if value.isEmpty { return }
        case .reading(let object): if object[key] == nil { return }
        }
        try objects(key, &value)
    }

    package mutating func rules(_ key: String, _ value: inout [RuleReference]) throws(PayloadError) {
        try field(key, &value, { .array($0.map(\.node)) }) { (found, place) throws(PayloadError) in
            try RuleReference.read(found, pointer: place)
        }
    }

    /// Throws if a field that was just read does not agree with others.
    ///
    /// - Parameter problem: what is wrong with it otherwise.
    package func check(_ key: String, _ agrees: Bool, _ problem: String) throws(PayloadError) {
        guard agrees else { throw PayloadError(pointer: "\(pointer)/\(key)", problem: problem) }
    }

    private static func elements<Value>(
        _ value: JSONValue, _ place: String, _ take: (JSONValue, String) throws(PayloadError) -> Value
    ) throws(PayloadError) -> [Value] {
        guard value.kind == .array else { throw PayloadError(pointer: place, problem: "is not an array") }
        var values: [Value] = []
        for element in value.elements { values.append(try take(element, "\(place)/\(values.count)")) }
        return values
    }
}

extension RuleReference {
    fileprivate var node: JSONNode {
        .object([("digest", .string(digest)), ("file", .string(file)), ("version", .integer(Int64(version)))])
    }
}

/// A payload that lists its fields once, of the one version of its type.
package protocol CodedPayload: EventPayload, CodedFields {
    /// The type of its event.
    static var type: EventType { get }
}

extension CodedPayload {
    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1024) { FieldCoder.write(self, to: &$0) } }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        self = try FieldCoder.object(try PayloadReader.document(payload), "")
    }

    static var definition: EventDefinition {
        EventDefinition(type, readers: [1: { bytes throws(PayloadError) in try Self(decoding: bytes) }])
    }
}
