// Made by `swift run payload-generator` from schema/events/ExecutionBenchmarkRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The value of a contract according to an option model.
package struct ModelMark: Sendable {
    /// `mark`: Per contract.
    package var mark: FixedDecimal
    /// `iv`: Vol points.
    package var iv: FixedDecimal?

    package init(
        mark: FixedDecimal,
        iv: FixedDecimal? = nil
    ) {
        self.mark = mark
        self.iv = iv
    }
}

extension ModelMark {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            mark: .zero)
    }
}

extension ModelMark {
    /// Writes the value as an object.
    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("iv")
        out.decimalString(self.iv)
        out.append(#","mark":"#)
        out.decimalString(self.mark)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "iv", "mark",
    ]

    /// Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.
    package init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        self = .unread
        iv = try members.optionalDecimal("iv")
        mark = try members.decimal("mark")
        try members.finish(Self.keys)
    }
}

extension CanonicalReader {
    /// Reads a `ModelMark` or null.
    mutating func modelMark(_ value: inout ModelMark?) -> Bool {
        if isNull() { return true }
        var read = ModelMark.unread
        guard take(#"{"iv":"#), decimal(&read.iv),
            take(#","mark":"#), decimal(&read.mark), take("}")
        else { return false }
        value = read
        return true
    }
}

extension ModelMark: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: ModelMark, right: ModelMark) -> Bool {
        guard left.mark == right.mark,
            left.iv == right.iv
        else { return false }
        return true
    }
}
