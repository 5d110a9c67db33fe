/// Finds members of an object whose keys are asked for in the order in which they stand, as in canonical JSON: each is looked
/// for from behind the one before. Keys in another order are found too, at the cost of a second look.
package struct OrderedMembers {
    private let document: JSONDocument
    private let object: Int
    /// The node of the key that stands behind the member found last.
    private var next: Int

    /// Finds no member if the value is not an object.
    package init(_ object: JSONValue) {
        document = object.document
        self.object = object.index
        next = object.index + 1
    }

    /// The value of a key. Nil if the object lacks the key.
    package mutating func value(_ key: StaticString) -> JSONValue? {
        let key = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        guard let found = document.member(key.span, ofObjectAt: object, from: next) else { return nil }
        next = Int(document.nodes[found].next)
        return JSONValue(document: document, index: found)
    }
}
