/// An address within the service: path segments and query parameters, percent-encoded on writing (RFC 3986).
///
/// It always starts with a slash and a segment, so no text can turn it into an address elsewhere.
package struct Address: Sendable {
    package var path: [String]
    package var query: [(name: String, value: String)]
    package var fragment: String?

    /// - Parameters:
    ///   - path: the segments, which are the program's own; text from outside belongs in the query
    ///   - query: the parameters, in the order of writing
    package init(_ path: [String], _ query: [(name: String, value: String)] = [], fragment: String? = nil) {
        self.path = path
        self.query = query
        self.fragment = fragment
    }

    /// The same address with parameters set or replaced. A nil value removes the parameter.
    package func with(_ changes: [(name: String, value: String?)], fragment: String? = nil) -> Address {
        var copy = self
        copy.fragment = fragment
        for (name, value) in changes {
            let at = copy.query.firstIndex { $0.name == name }
            switch (at, value) {
            case (let at?, let value?): copy.query[at].value = value
            case (let at?, nil): copy.query.remove(at: at)
            case (nil, let value?): copy.query.append((name, value))
            case (nil, nil): break
            }
        }
        return copy
    }

    package subscript(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The address in the form for links.
    package var text: String {
        var out: [UInt8] = []
        out.reserveCapacity(256)
        for segment in path {
            out.append(UInt8(ascii: "/"))
            Self.encode(segment, to: &out)
        }
        if out.isEmpty { out.append(UInt8(ascii: "/")) }
        for (index, parameter) in query.enumerated() {
            out.append(UInt8(ascii: index == 0 ? "?" : "&"))
            Self.encode(parameter.name, to: &out)
            out.append(UInt8(ascii: "="))
            Self.encode(parameter.value, to: &out)
        }
        if let fragment {
            out.append(UInt8(ascii: "#"))
            Self.encode(fragment, to: &out)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func encode(_ text: String, to out: inout [UInt8]) {
        func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "A") - 10) }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            default:
                out.append(UInt8(ascii: "%"))
                out.append(digit(byte >> 4))
                out.append(digit(byte & 15))
            }
        }
    }
}
