import LedgerValues

extension PayloadSource {
    // MARK: - Payloads

    /// Writes the canonical writer and the strict decoder of a payload.
    mutating func writePayloadCoding() {
        let outside = keys.filter { !$0.isContent }.map { "`\($0.key)`" }
        let hasInputs = keys.contains { $0.key == "inputs" }
        let bytes = "JSONWriter.bytes(reservingCapacity: \(description.capacity))"
        block(0, "\nextension \(name) {")
        comment(1, "The canonical JSON of the payload.")
        block(1, "package func encode() -> [UInt8] { \(bytes) { write(to: &$0) } }\n")
        comment(1, "Writes the canonical JSON of the payload.")
        if hasInputs {
            comment(1, "\n- Parameter withInputs: whether to write the events behind the figures. If false, `inputs` is empty.")
            line(1, "package func write(to out: inout JSONWriter, withInputs: Bool = true) {")
            block(1, "    write(contentOnly: false, withInputs: withInputs, to: &out)\n}\n")
        } else {
            block(1, "package func write(to out: inout JSONWriter) { write(contentOnly: false, to: &out) }\n")
        }
        comment(1, "The canonical JSON of the content: the payload without \(Self.list(outside)).")
        line(1, "package func contentBytes() -> [UInt8] {")
        line(2, "\(bytes) { write(contentOnly: true,\(hasInputs ? " withInputs: false," : "") to: &$0) }")
        block(1, "}\n")
        comment(1, "The SHA-256 of ``contentBytes()``.")
        block(1, "package var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }\n")
        line(1, "private func write(contentOnly: Bool,\(hasInputs ? " withInputs: Bool," : "") to out: inout JSONWriter) {")
        writeMembers(2, keys)
        block(1, "}\n")
        writeKeys()
        comment(1, "Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.")
        block(
            1,
            """
            package init(decoding payload: [UInt8]) throws(PayloadError) {
                if let canonical = CanonicalReader.read(payload, { $0.\(reader)() }) {
                    self = canonical
                } else {
                    try self.init(decoding: try PayloadReader.document(payload))
                }
            }

            """)
        comment(1, "Reads a parsed payload. Members in canonical order need a single pass.")
        line(1, "package init(decoding payload: JSONValue) throws(PayloadError) {")
        block(2, "var members = try MemberCursor(payload)\nvar fields = Fields.unread")
        for property in keys { line(2, "fields.\(property.name) = \(decoded(property))") }
        block(2, "try members.finish(Self.keys)\nself.init(fields)")
        block(1, "}")
        block(0, "}\n\nextension \(name): Equatable {")
        comment(1, "Two payloads are equal if they encode to the same bytes.")
        line(1, "package static func == (left: \(name), right: \(name)) -> Bool { left.encode() == right.encode() }")
        line(0, "}")
    }

    // MARK: - Parts

    /// Writes the writer and the strict decoder of an object inside a payload.
    mutating func writePartCoding() {
        block(0, "\nextension \(name) {")
        comment(1, "Writes the value as an object.")
        line(1, "package func write(to out: inout JSONWriter) {")
        writeMembers(2, keys)
        block(1, "}\n")
        writeKeys()
        comment(1, "Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.")
        line(1, "package init(decoding value: JSONValue, pointer: String) throws(PayloadError) {")
        block(2, "var members = try MemberCursor(value, pointer: pointer)\nself = .unread")
        for property in keys { line(2, "\(property.name) = \(decoded(property))") }
        line(2, "try members.finish(Self.keys)")
        line(1, "}")
        line(0, "}")
    }

    // MARK: - Contents

    /// Writes the writer and the decoder of a content, in two parts around the key that interrupts it.
    mutating func writeContentCoding(_ interruption: String) {
        let (before, after) = parts(interruption)
        let place = PayloadProperty.name(interruption)
        let suffix = place.prefix(1).uppercased() + place.dropFirst()
        block(0, "\nextension \(name) {")
        comment(1, "The canonical JSON object of the content: every content key, null for an absent field, decimals as strings.")
        line(1, "package func contentBytes() -> [UInt8] {")
        line(2, "JSONWriter.bytes(reservingCapacity: \(description.capacity)) { writeContent(to: &$0) }")
        block(1, "}\n")
        comment(1, "Writes the object of ``contentBytes()``.")
        line(1, "package func writeContent(to out: inout JSONWriter) {")
        block(2, "out.beginObject()\nwriteFieldsBefore\(suffix)(to: &out)\nwriteFieldsAfter\(suffix)(to: &out)\nout.endObject()")
        block(1, "}\n")
        comment(1, "The SHA-256 of ``contentBytes()``.")
        block(1, "package var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }\n")
        for (word, part, isFirst) in [("Before", before, true), ("After", after, false)] {
            comment(1, "Writes the fields whose keys come \(word.lowercased()) `\(interruption)`.")
            line(1, "func writeFields\(word)\(suffix)(to out: inout JSONWriter) {")
            for (index, property) in part.enumerated() { writeMember(2, property, isFirst: isFirst && index == 0) }
            block(1, "}\n")
        }
        comment(1, "Reads the content from an object that has all of it, such as a payload or a stored row. Other members are ignored.")
        comment(1, "The time is linear in the members if they are in canonical order.")
        line(1, "package init(decoding object: JSONValue) throws(PayloadError) {")
        block(2, "var members = try MemberCursor(object)\nself = try Self(reading: &members)")
        block(1, "}\n")
        comment(1, "Reads the content from among the members of an object.")
        line(1, "init(reading members: inout MemberCursor) throws(PayloadError) {")
        line(2, "var fields = Fields.unread")
        for property in keys {
            let isAlias = !properties.contains { $0.key == property.key }
            line(2, "\(isAlias ? "_" : "fields.\(property.name)") = \(decoded(property))")
        }
        line(2, "self.init(fields)")
        line(1, "}")
        line(0, "}")
    }

    /// The content's keys before and after a key that is not part of it.
    func parts(_ interruption: String) -> ([PayloadProperty], [PayloadProperty]) {
        (keys.filter { $0.key.isBytewiseLess(than: interruption) }, keys.filter { interruption.isBytewiseLess(than: $0.key) })
    }

    // MARK: - Members

    private mutating func writeMembers(_ indentation: Int, _ properties: [PayloadProperty]) {
        line(indentation, "out.beginObject()")
        var isInside = true
        for (index, property) in properties.enumerated() {
            let isContent = property.isContent || !isPayload
            if isInside != isContent {
                line(indentation, isContent ? "}" : "if !contentOnly {")
                isInside = isContent
            }
            writeMember(indentation + (isContent ? 0 : 1), property, isFirst: index == 0)
        }
        if !isInside { line(indentation, "}") }
        line(indentation, "out.endObject()")
    }

    private var isPayload: Bool { if case .payload = description.extent { true } else { false } }

    /// Writes key and value. A key after the first one is written together with its comma: writers are the hot end of appends.
    private mutating func writeMember(_ indentation: Int, _ property: PayloadProperty, isFirst: Bool) {
        line(indentation, isFirst ? #"out.key("\#(property.key)")"# : ##"out.append(#","\##(property.key)":"#)"##)
        let value = "self.\(property.name)"
        let text: String =
            switch property.kind {
            case .text: "out.string(\(value))"
            case .decimal: "out.decimalString(\(value))"
            case .instant: "out.instant(\(value))"
            case .date: "out.date(\(value))"
            case .truth: "out.bool(\(value))"
            case .count, .position: "out.integer(\(value))"
            case .texts: "out.strings(\(value))"
            case .digest, .uniqueID, .method: preconditionFailure("a field of listed types only")
            case .enumeration: "out.string(\(value)\(property.isOptional ? "?" : "").rawValue)"
            case .object where property.isOptional:
                "if let \(property.name) = \(value) { \(property.name).write(to: &out) } else { out.null() }"
            case .object: "\(value).write(to: &out)"
            case .list(let element):
                "\(element).write(\(property.key == "inputs" ? "withInputs ? \(value) : []" : value), to: &out)"
            }
        line(indentation, text)
    }

    private mutating func writeKeys() {
        line(1, "private static let keys: [StaticString] = [")
        block(2, Self.wrapped(keys.map { "\"\($0.key)\"," }.joined(separator: " "), width: 120))
        block(1, "]\n")
    }

    /// The expression that reads a property's value from `members`.
    private func decoded(_ property: PayloadProperty) -> String {
        func call(_ name: String) -> String {
            let capital = name.prefix(1).uppercased() + name.dropFirst()
            return "try members.\(property.isOptional ? "optional\(capital)" : name)(\"\(property.key)\")"
        }
        return switch property.kind {
        case .text: call("text")
        case .decimal: call("decimal")
        case .instant: call("instant")
        case .date: call("date")
        case .truth: call("bool")
        case .position: call("integer")
        case .count: call("count")
        case .texts: call("texts")
        case .enumeration: call("enumeration")
        case .object(let type):
            "try members.\(property.isOptional ? "optionalObject" : "object")(\"\(property.key)\", \(type).init(decoding:pointer:))"
        case .digest, .uniqueID, .method: preconditionFailure("a field of listed types only")
        case .list(let element): "try members.object(\"\(property.key)\", \(element).read)"
        }
    }

    private static func list(_ texts: [String]) -> String {
        texts.count < 2 ? texts.joined() : texts.dropLast().joined(separator: ", ") + " and " + texts[texts.count - 1]
    }
}
