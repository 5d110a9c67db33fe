/// Where and how a payload does not match its schema.
public struct SchemaViolation: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the event type that the payload was checked against.
    public let type: String
    public let version: Int
    /// The JSON pointer (RFC 6901) of the first value that does not match; empty for the payload itself.
    public let pointer: String
    /// The expected value, in words.
    public let expected: String

    public init(type: String, version: Int, pointer: String, expected: String) {
        self.type = type
        self.version = version
        self.pointer = pointer
        self.expected = expected
    }

    /// One sentence that quotes no value of the payload.
    public var description: String {
        "\(type).v\(version): \(pointer.isEmpty ? "the payload" : pointer): expected \(expected)"
    }
}

/// A violation on its way out of nested values, with its pointer still in parts, innermost first.
struct SchemaFault: Error {
    var path: [String]
    let expected: String

    init(_ expected: String, path: [String] = []) {
        self.expected = expected
        self.path = path
    }

    func inside(_ part: String) -> SchemaFault {
        SchemaFault(expected, path: path + [part])
    }

    var pointer: String {
        path.reversed().map { part in
            var escaped = "/"
            for scalar in part.unicodeScalars {
                switch scalar {
                case "~": escaped += "~0"
                case "/": escaped += "~1"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }.joined()
    }
}
