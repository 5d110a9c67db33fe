/// An ordered collection without duplicates. It nearly always holds no element or one, and then needs no memory of its own.
enum OneOrMore<Element: Sendable>: Sendable {
    case none
    case one(Element)
    case several([Element])

    /// Inserts an element at its place in the order. It replaces an element that is neither before nor after it.
    mutating func insert(_ element: Element, by precedes: (Element, Element) -> Bool) {
        switch self {
        case .none: self = .one(element)
        case .one(let other):
            if precedes(other, element) {
                self = .several([other, element])
            } else {
                self = precedes(element, other) ? .several([element, other]) : .one(element)
            }
        case .several(var elements):
            self = .none
            let index = elements.firstIndex { !precedes($0, element) } ?? elements.count
            if index < elements.count, !precedes(element, elements[index]) {
                elements[index] = element
            } else {
                elements.insert(element, at: index)
            }
            self = .several(elements)
        }
    }

    @inline(__always)
    func forEach(_ visit: (Element) -> Void) {
        switch self {
        case .none: break
        case .one(let element): visit(element)
        case .several(let elements): for element in elements { visit(element) }
        }
    }

    func filter(_ isIncluded: (Element) -> Bool) -> OneOrMore {
        switch self {
        case .none: return .none
        case .one(let element): return isIncluded(element) ? self : .none
        case .several(let elements):
            let left = elements.filter(isIncluded)
            return left.isEmpty ? .none : left.count == 1 ? .one(left[0]) : .several(left)
        }
    }

    /// The first element that satisfies a condition.
    func first(where condition: (Element) -> Bool) -> Element? {
        switch self {
        case .none: return nil
        case .one(let element): return condition(element) ? element : nil
        case .several(let elements): return elements.first(where: condition)
        }
    }
}
