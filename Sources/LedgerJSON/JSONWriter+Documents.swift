/// Writes values of documents without reading them: the bytes of canonical JSON are canonical JSON.
extension JSONWriter {
    /// Writes a value as it stands in its canonical document; nil is `null`.
    package mutating func value(_ value: JSONValue?) {
        guard let value else { return null() }
        let bytes = value.documentBytes
        raw(bytes.span.extracting(value.sourceRange))
    }

    /// Writes a decimal, which stands in its canonical document as a string, as a number. Anything but a string is `null`.
    package mutating func decimalNumber(of value: JSONValue?) {
        guard let value, value.kind == .string, value.sourceRange.count > 2 else { return null() }
        let (bytes, range) = (value.documentBytes, value.sourceRange)
        raw(bytes.span.extracting(range.lowerBound + 1..<range.upperBound - 1))
    }

    /// Writes an array of objects as it stands in its canonical document, but with the strings under some keys, which hold
    /// decimals, as numbers. Anything but an array is `null`.
    package mutating func objects(_ array: JSONValue?, decimals: [StaticString]) {
        guard let array, array.kind == .array else { return null() }
        let (document, range) = (array.document, array.sourceRange)
        let nodes = document.nodes
        write(atMost: range.count &+ 1) { out, needsComma in
            var to = 0
            if needsComma {
                out[0] = UInt8(ascii: ",")
                to = 1
            }
            return document.bytes.withUnsafeBufferPointer { bytes in
                guard let text = bytes.baseAddress else { return to }
                var from = range.lowerBound
                func copy(until end: Int) {
                    (out + to).update(from: text + from, count: end - from)
                    to &+= end - from
                }
                let end = Int(nodes[array.index].next)
                var object = array.index + 1
                while object < end {
                    let next = Int(nodes[object].next)
                    var key = object + 1
                    while nodes[object].kind == Node.object, key < next {
                        let value = nodes[key + 1]
                        if value.kind == Node.string, value.end - value.start > 2,
                            decimals.contains(where: { document.string(at: key, is: $0) })
                        {
                            copy(until: Int(value.start))
                            from = Int(value.start) + 1
                            copy(until: Int(value.end) - 1)
                            from = Int(value.end)
                        }
                        key = Int(value.next)
                    }
                    object = next
                }
                copy(until: range.upperBound)
                return to
            }
        }
    }
}
