/// Why a capture did not run, or did not go on.
package enum CaptureError: Error, Equatable, CustomStringConvertible {
    /// Another capture is in progress.
    case alreadyRunning
    /// The vendor did not answer at all. What was captured before stays.
    case unreachable(String)
    /// An option is invalid. The text begins with its name.
    case badOptions(String)
    /// The vendor needs a key that is not configured.
    case notConfigured(String)

    package var description: String {
        switch self {
        case .alreadyRunning: "another capture is already running"
        case .unreachable(let problem), .badOptions(let problem), .notConfigured(let problem): problem
        }
    }
}
