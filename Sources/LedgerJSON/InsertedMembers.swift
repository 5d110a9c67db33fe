extension JSONDocument {
    /// The text of a canonical object with further members at their places.
    ///
    /// The object is read up to the last of these places only, so what stands behind them costs no more than its copy.
    ///
    /// - Parameters:
    ///   - members: in canonical order of their keys, none of which the object has. Their values are canonical JSON.
    ///   - object: canonical JSON, which is not checked beyond the bytes that are read.
    package static func inserting(
        _ members: [(key: String, json: [UInt8])], into object: [UInt8]
    ) throws(JSONError) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(members.reduce(object.count) { $0 + $1.key.utf8.count + $1.json.count + 4 })
        var (copied, at) = (0, 1)
        for (key, json) in members {
            at = try place(of: key, in: object.span, from: at)
            out.append(contentsOf: object[copied..<at])
            copied = at
            let isLast = at == object.count - 1
            if isLast, out.last != UInt8(ascii: "{") { out.append(UInt8(ascii: ",")) }
            var name = JSONWriter()
            name.string(key)
            out.append(contentsOf: name.bytes)
            out.append(UInt8(ascii: ":"))
            out.append(contentsOf: json)
            if !isLast { out.append(UInt8(ascii: ",")) }
        }
        out.append(contentsOf: object[copied...])
        return out
    }

    /// The offset of the first own key, from one on, that does not precede another, or of the object's end.
    private static func place(of key: String, in text: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var at = start
        while at < text.count, text[at] == UInt8(ascii: "\"") {
            let (end, _) = try scanString(text, from: at)
            guard precedesInUTF16(text.extracting(at + 1..<end - 1), key.utf8Span.span) else { return at }
            at = try self.end(ofValueAt: end + 1, in: text)
            if at < text.count, text[at] == UInt8(ascii: ",") { at += 1 }
        }
        guard at == text.count - 1, text[at] == UInt8(ascii: "}") else { throw JSONError(.unexpectedByte, offset: at) }
        return at
    }

    /// The offset of the comma or the brace behind a member's value.
    private static func end(ofValueAt start: Int, in text: Span<UInt8>) throws(JSONError) -> Int {
        var (at, depth) = (start, 0)
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""):
                at = try scanString(text, from: at).end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ",") where depth == 0: return at
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return at }
                depth -= 1
            default: break
            }
            at += 1
        }
        throw JSONError(.unexpectedEnd, offset: at)
    }
}
