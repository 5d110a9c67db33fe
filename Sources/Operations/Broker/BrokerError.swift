/// Why an operation on intents or on a dispatcher was refused.
package enum BrokerError: Error, Equatable, CustomStringConvertible {
    /// A field of an intent, and what was expected.
    case badField(name: String, expected: String)
    /// An intent of that id wants something else.
    case differentIntent(String)
    case unknownIntent(String)
    /// The intent has ended.
    case ended(String, mode: String)
    /// What stands against it, in a sentence.
    case refused(String)
    case notConfigured(String)
    /// Another dispatcher has the lease of the source.
    case otherDispatcher(source: String)
    case unreachable(String)

    package var description: String {
        switch self {
        case .badField(let name, let expected): "\(name): expected \(expected)"
        case .differentIntent(let id): "an intent \(id) with other content exists"
        case .unknownIntent(let id): "there is no intent \(id)"
        case .ended(let id, let mode): "the intent \(id) has ended: \(mode)"
        case .refused(let problem), .notConfigured(let problem), .unreachable(let problem): problem
        case .otherDispatcher(let source): "another dispatcher of \(source) is running"
        }
    }
}
