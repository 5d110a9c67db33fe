import LedgerEvents
package import LedgerJSON
import LedgerValues

/// The events behind one field of a stamp, a benchmark or a mark.
package struct EventInput: Sendable, Equatable {
    /// The name of the field.
    package let field: String
    /// Nearly every input has a single position, which needs no list.
    private enum Positions: Sendable {
        case one(Int64)
        case several([Int64])
    }

    private let held: Positions

    /// The positions, ascending. There is at least one.
    package var positions: [Int64] {
        switch held {
        case .one(let position): [position]
        case .several(let positions): positions
        }
    }

    package init(field: String, positions: [Int64]) {
        self.field = field
        held = positions.count == 1 ? .one(positions[0]) : .several(positions)
    }

    /// A field with one event behind it.
    package init(field: String, position: Int64) {
        self.field = field
        held = .one(position)
    }

    package static func == (left: EventInput, right: EventInput) -> Bool {
        left.field.isBytewiseEqual(to: right.field) && left.positions == right.positions
    }

    /// Writes inputs as an object from field to position. A field with several positions gets a list of them.
    package static func write(_ inputs: [EventInput], to out: inout JSONWriter) {
        out.beginObject()
        for input in sorted(inputs) {
            out.key(input.field)
            switch input.held {
            case .one(let position): out.integer(position)
            case .several(let positions):
                out.beginArray()
                for position in positions { out.integer(position) }
                out.endArray()
            }
        }
        out.endObject()
    }

    /// The inputs in canonical key order.
    private static func sorted(_ inputs: [EventInput]) -> [EventInput] {
        inputs.count < 2 ? inputs : inputs.sorted { CanonicalKeyOrder.precedes($0.field, $1.field) }
    }

    /// Reads an object that ``write(_:to:)`` wrote.
    static func read(_ value: JSONValue, pointer: String) throws(PayloadError) -> [EventInput] {
        guard value.kind == .object else { throw PayloadError(pointer: pointer, problem: "is not an object") }
        var inputs: [EventInput] = []
        inputs.reserveCapacity(value.count)
        for member in value.memberViews {
            if let position = member.value.integer {
                inputs.append(EventInput(field: member.key, position: position))
                continue
            }
            var positions: [Int64] = []
            for element in member.value.elements {
                guard let position = element.integer else {
                    throw PayloadError(pointer: pointer, problem: "has a position that is not an integer")
                }
                positions.append(position)
            }
            guard !positions.isEmpty else {
                throw PayloadError(pointer: pointer, problem: "has a field without positions")
            }
            inputs.append(EventInput(field: member.key, positions: positions))
        }
        return sorted(inputs)
    }
}
