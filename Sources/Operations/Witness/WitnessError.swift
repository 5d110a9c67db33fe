/// Why a witness does not start or can't answer.
package enum WitnessError: Error, Equatable, CustomStringConvertible {
    /// Another program has the directory.
    case inUse(path: String)
    /// The directory has nothing yet: `--init` was not said.
    case notInitialized(path: String)
    /// `--init` was said of a directory that has a key or a state.
    case alreadyInitialized(path: String)
    /// Key and state do not go together, or one can't be read. A witness never takes this for a log of which it has seen nothing.
    case state(problem: String)
    /// A log of the policy has the witness's own key.
    case logKey
    /// The system refused.
    case file(problem: String)

    package var description: String {
        switch self {
        case .inUse(let path): "witness_in_use: another program has the directory \(path)"
        case .notInitialized(let path): "witness_state: \(path) has neither a key nor a state; --init makes both"
        case .alreadyInitialized(let path): "witness_state: \(path) has a key or a state already: serve it without --init"
        case .state(let problem):
            "witness_state: \(problem). Without its whole state a witness could cosign two histories: make a new one with --init in another directory, and give out its new key"
        case .logKey: "witness_key: a log of the policy has this witness's key; a witness has a key of its own"
        case .file(let problem): problem
        }
    }
}
