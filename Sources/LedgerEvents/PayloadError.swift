public import LedgerJSON
public import LedgerValues

/// Why a payload does not match its type and schema version.
public struct PayloadError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The JSON pointer of the value (RFC 6901); empty for the payload itself.
    public let pointer: String
    /// The fault of the value, as in `is not a string`.
    public let problem: String

    public init(pointer: String, problem: String) {
        self.pointer = pointer
        self.problem = problem
    }

    /// One sentence that quotes no value of the payload.
    public var description: String {
        pointer.isEmpty ? "the payload \(problem)" : "\(pointer) \(problem)"
    }
}

/// Reads the members of a payload's object by name.
public struct PayloadReader {
    /// The payload's object.
    public let object: JSONValue
    /// The JSON pointer of the object; empty for the payload itself.
    public let pointer: String

    /// Makes a reader of a value, which must be an object with exactly these keys.
    public init(_ object: JSONValue, pointer: String = "", keys: [StaticString]) throws(PayloadError) {
        guard object.kind == .object else { throw PayloadError(pointer: pointer, problem: "is not an object") }
        self.object = object
        self.pointer = pointer
        var known = 0
        for member in object.memberViews {
            guard keys.contains(where: { member.keyIs($0) }) else {
                throw PayloadError(pointer: pointer, problem: "has the unknown key \(member.key)")
            }
            known += 1
        }
        guard known == keys.count else {
            let missing = keys.first { object["\($0)"] == nil }
            throw PayloadError(pointer: pointer, problem: "lacks the key \(missing.map { "\($0)" } ?? "")")
        }
    }

    /// The parsed document of a whole payload.
    public static func document(_ payload: [UInt8]) throws(PayloadError) -> JSONValue {
        do {
            return try JSONDocument(parsing: payload).root
        } catch {
            throw PayloadError(pointer: "", problem: "is \(error)")
        }
    }

    /// The value of a key; throws if the key is absent.
    public func value(_ key: String) throws(PayloadError) -> JSONValue {
        guard let value = object[key] else { throw PayloadError(pointer: pointer, problem: "lacks the key \(key)") }
        return value
    }

    /// An error about the value of a key.
    public func error(_ key: String, _ problem: String) -> PayloadError {
        PayloadError(pointer: "\(pointer)/\(key)", problem: problem)
    }

    public func string(_ key: String) throws(PayloadError) -> String {
        guard let text = try value(key).string else { throw error(key, "is not a string") }
        return text
    }

    /// A string, or nil for `null`.
    public func optionalString(_ key: String) throws(PayloadError) -> String? {
        try value(key).isNull ? nil : string(key)
    }

    public func strings(_ key: String) throws(PayloadError) -> [String] {
        let value = try value(key)
        guard value.kind == .array else { throw error(key, "is not an array") }
        var texts: [String] = []
        texts.reserveCapacity(value.count)
        for element in value.elements {
            guard let text = element.string else { throw error("\(key)/\(texts.count)", "is not a string") }
            texts.append(text)
        }
        return texts
    }

    public func bool(_ key: String) throws(PayloadError) -> Bool {
        guard let truth = try value(key).bool else { throw error(key, "is not true or false") }
        return truth
    }

    public func integer(_ key: String) throws(PayloadError) -> Int64 {
        guard let number = try value(key).integer else { throw error(key, "is not an integer") }
        return number
    }

    /// A decimal, which payloads hold as text.
    public func decimal(_ key: String) throws(PayloadError) -> FixedDecimal {
        guard let decimal = try? FixedDecimal(try string(key)) else { throw error(key, "is not a decimal") }
        return decimal
    }

    public func instant(_ key: String) throws(PayloadError) -> Instant {
        guard let instant = Instant(try string(key)) else { throw error(key, "is not an instant") }
        return instant
    }

    /// An instant, or nil for `null`.
    public func optionalInstant(_ key: String) throws(PayloadError) -> Instant? {
        try value(key).isNull ? nil : instant(key)
    }

    public func uniqueID(_ key: String) throws(PayloadError) -> UniqueID {
        guard let id = UniqueID(try string(key)) else { throw error(key, "is not a UUID") }
        return id
    }

    /// The canonical JSON of a member that is an object.
    public func object(_ key: String) throws(PayloadError) -> [UInt8] {
        let value = try value(key)
        guard value.kind == .object else { throw error(key, "is not an object") }
        do {
            return try canonicalize(value)
        } catch {
            throw self.error(key, "has \(error)")
        }
    }
}
