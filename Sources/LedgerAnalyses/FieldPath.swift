public import LedgerJSON
import LedgerValues

/// Where a figure stands in a document: names of members, and numbers of a list's elements from 0, with points between them.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    public let parts: [String]

    public init(_ text: String) { parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }

    private init(_ parts: [String]) { self.parts = parts }

    public var description: String { parts.joined(separator: ".") }

    /// What stands there; nil if nothing does.
    public func value(in document: JSONValue) -> JSONValue? {
        var value: JSONValue? = document
        for part in parts {
            guard let parent = value else { return nil }
            if parent.kind == .array {
                let elements = Array(parent.elements)
                value = Int(part).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            } else {
                value = parent[part]
            }
        }
        return value
    }

    /// The figures in a document, in its order: what is no object, and no list of objects.
    public static func figures(in document: JSONValue) -> [FieldPath] { figures(in: document, at: []) }

    /// The figures at or below the path.
    public func figures(in document: JSONValue) -> [FieldPath] { value(in: document).map { Self.figures(in: $0, at: parts) } ?? [] }

    private static func figures(in value: JSONValue, at parts: [String]) -> [FieldPath] {
        switch value.kind {
        case .object: value.members.flatMap { figures(in: $0.value, at: parts + [$0.key]) }
        case .array where value.elements.contains(where: { $0.kind == .object }):
            value.elements.enumerated().flatMap { figures(in: $0.element, at: parts + ["\($0.offset)"]) }
        default: [FieldPath(parts)]
        }
    }
}
