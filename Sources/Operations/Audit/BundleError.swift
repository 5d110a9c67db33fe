import LedgerBundle
import LedgerEvents

/// The reason why a bundle was not exported, or a row not proven.
package enum BundleError: Error, Equatable, CustomStringConvertible {
    /// The path exists and is not an empty directory.
    case targetExists(path: String)
    /// The view is served by code that this program lacks.
    case frozen(projection: String, codeVersion: Int)
    /// The log does not match its hashes.
    case alteredLog(position: Int64, problem: String)
    /// The rows do not match the events.
    case alteredRows(problem: String)
    /// The key has the wrong number of parts.
    case badKey(columns: [String])
    case noSuchRow(position: Int64)
    /// A file cannot be written or read.
    case files(problem: String)

    /// Exit code of the commands (docs/contract/command-line.md, "Exit codes").
    package var exitCode: Int32 {
        switch self {
        case .alteredLog, .alteredRows, .noSuchRow, .files: 1
        case .targetExists, .badKey: 2
        case .frozen: 3
        }
    }

    package var description: String {
        switch self {
        case .targetExists(let path): "\(path) exists and is not an empty directory: nothing was written"
        case .frozen(let projection, let codeVersion):
            "\(projection) is served by its code version \(codeVersion), which this program does not have: run it with the program that has it, or promote first"
        case .alteredLog(let position, let problem): "position \(position): \(problem)"
        case .alteredRows(let problem): "the stored rows are not what the events say: \(problem)"
        case .badKey(let columns): "the key has \(columns.count) parts: \(columns.joined(separator: ", "))"
        case .noSuchRow(let position): "the view has no row with that key as of position \(position)"
        case .files(let problem): problem
        }
    }
}
