package import LedgerJSON
package import LedgerValues

/// Reads the members of an object whose keys are known. One pass is enough if the keys come in canonical order, as they
/// do everywhere in the log; otherwise each key is looked up.
///
/// The caller asks for every key once, in canonical order, and then calls ``finish(_:)``.
package struct MemberCursor {
    private let object: JSONValue
    private let pointer: String
    private var members: JSONMemberViews.Iterator
    private var next: JSONValue.Member?
    private var taken = 0

    package init(_ object: JSONValue, pointer: String = "") throws(PayloadError) {
        guard object.kind == .object else { throw PayloadError(pointer: pointer, problem: "is not an object") }
        self.object = object
        self.pointer = pointer
        members = object.memberViews.makeIterator()
        next = members.next()
    }

    /// The value of a required key.
    package mutating func value(_ key: StaticString) throws(PayloadError) -> JSONValue {
        taken += 1
        if let member = next, member.keyIs(key) {
            next = members.next()
            return member.value
        }
        // A member that nobody asks for stands between, or the keys are in another order.
        var rest = object.memberViews.makeIterator()
        while let member = rest.next() {
            guard member.keyIs(key) else { continue }
            next = rest.next()
            members = rest
            return member.value
        }
        throw PayloadError(pointer: pointer, problem: "lacks the key \(key)")
    }

    /// Throws if the object has a key that was not asked for.
    package func finish(_ keys: [StaticString]) throws(PayloadError) {
        guard taken != object.count else { return }
        let stranger = object.memberViews.first { member in !keys.contains { member.keyIs($0) } }
        throw PayloadError(pointer: pointer, problem: "has the unknown key \(stranger?.key ?? "")")
    }

    package func error(_ key: StaticString, _ problem: String) -> PayloadError {
        PayloadError(pointer: "\(pointer)/\(key)", problem: problem)
    }

    /// The JSON pointer of a member.
    package func pointer(of key: StaticString) -> String { "\(pointer)/\(key)" }
}

// MARK: - Values

extension MemberCursor {
    package mutating func text(_ key: StaticString) throws(PayloadError) -> String {
        try present(try optionalText(key), key)
    }

    package mutating func optionalText(_ key: StaticString) throws(PayloadError) -> String? {
        let value = try value(key)
        if value.isNull { return nil }
        guard let text = value.string else { throw error(key, "is not a string") }
        return text
    }

    package mutating func texts(_ key: StaticString) throws(PayloadError) -> [String] {
        let value = try value(key)
        guard value.kind == .array else { throw error(key, "is not an array") }
        var texts: [String] = []
        texts.reserveCapacity(value.count)
        for element in value.elements {
            guard let text = element.string else { throw error(key, "has an element that is not a string") }
            texts.append(text)
        }
        return texts
    }

    package mutating func bool(_ key: StaticString) throws(PayloadError) -> Bool {
        try present(try optionalBool(key), key)
    }

    package mutating func optionalBool(_ key: StaticString) throws(PayloadError) -> Bool? {
        let value = try value(key)
        if value.isNull { return nil }
        guard let truth = value.bool else { throw error(key, "is not true or false") }
        return truth
    }

    package mutating func integer(_ key: StaticString) throws(PayloadError) -> Int64 {
        try present(try optionalInteger(key), key)
    }

    package mutating func optionalInteger(_ key: StaticString) throws(PayloadError) -> Int64? {
        let value = try value(key)
        if value.isNull { return nil }
        guard let number = value.integer else { throw error(key, "is not an integer") }
        return number
    }

    package mutating func count(_ key: StaticString) throws(PayloadError) -> Int { Int(try integer(key)) }

    package mutating func optionalCount(_ key: StaticString) throws(PayloadError) -> Int? {
        try optionalInteger(key).map(Int.init)
    }

    package mutating func decimal(_ key: StaticString) throws(PayloadError) -> FixedDecimal {
        try present(try optionalDecimal(key), key)
    }

    package mutating func optionalDecimal(_ key: StaticString) throws(PayloadError) -> FixedDecimal? {
        let value = try value(key)
        if value.isNull { return nil }
        guard value.kind == .string, let decimal = value.decimal else { throw error(key, "is not a decimal string") }
        return decimal
    }

    package mutating func instant(_ key: StaticString) throws(PayloadError) -> Instant {
        try present(try optionalInstant(key), key)
    }

    package mutating func optionalInstant(_ key: StaticString) throws(PayloadError) -> Instant? {
        let value = try value(key)
        if value.isNull { return nil }
        let parsed: Instant?? = value.withUnescapedUTF8 { Instant(parsing: $0) }
        guard case .some(.some(let instant)) = parsed else { throw error(key, "is not an instant") }
        return instant
    }

    package mutating func date(_ key: StaticString) throws(PayloadError) -> CalendarDate {
        try present(try optionalDate(key), key)
    }

    package mutating func optionalDate(_ key: StaticString) throws(PayloadError) -> CalendarDate? {
        let value = try value(key)
        if value.isNull { return nil }
        let parsed: CalendarDate?? = value.withUnescapedUTF8 { CalendarDate(parsing: $0) }
        guard case .some(.some(let date)) = parsed else { throw error(key, "is not a date") }
        return date
    }

    package mutating func enumeration<Value: RawRepresentable<String>>(_ key: StaticString) throws(PayloadError) -> Value {
        try present(try optionalEnumeration(key), key)
    }

    package mutating func optionalEnumeration<Value: RawRepresentable<String>>(
        _ key: StaticString
    ) throws(PayloadError) -> Value? {
        let value = try value(key)
        if value.isNull { return nil }
        guard let text = value.string, let known = Value(rawValue: text) else {
            throw error(key, "is not one of the known values")
        }
        return known
    }

    /// A value that another type reads, which receives the value's JSON pointer for its errors.
    package mutating func object<Value>(
        _ key: StaticString, _ read: (JSONValue, String) throws(PayloadError) -> Value
    ) throws(PayloadError) -> Value {
        try read(try value(key), pointer(of: key))
    }

    package mutating func optionalObject<Value>(
        _ key: StaticString, _ read: (JSONValue, String) throws(PayloadError) -> Value
    ) throws(PayloadError) -> Value? {
        let value = try value(key)
        return value.isNull ? nil : try read(value, pointer(of: key))
    }

    package func present<Value>(_ value: Value?, _ key: StaticString) throws(PayloadError) -> Value {
        guard let value else { throw error(key, "is null") }
        return value
    }
}
