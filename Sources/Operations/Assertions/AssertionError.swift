/// Why nothing was stated or withdrawn.
package enum AssertionError: Error, Equatable, CustomStringConvertible {
    /// A field is absent or has a bad value.
    case badField(name: String, expected: String)
    /// No assertion has the id.
    case unknown(id: String)
    /// The assertion was withdrawn before.
    case withdrawn(id: String)
    /// The id belongs to another statement.
    case taken(id: String)

    package var description: String {
        switch self {
        case .badField(let name, let expected): "\(name): expected \(expected)"
        case .unknown(let id): "no assertion has the id `\(id)`"
        case .withdrawn(let id): "the assertion `\(id)` was withdrawn; what is stated anew needs an id of its own"
        case .taken(let id): "the assertion `\(id)` says something else; withdraw it, or give this one an id of its own"
        }
    }
}
