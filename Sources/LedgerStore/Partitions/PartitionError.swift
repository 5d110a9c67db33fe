/// Why the partitions of a log were not changed. Nothing that an answer depends on has changed.
package enum PartitionError: Error, Equatable, CustomStringConvertible {
    /// Another program changes the partitions.
    case alreadyRunning
    /// The locks were not to be had.
    case busy
    /// Objects that somebody made depend on the log's table, and would not follow.
    case dependents([String])
    /// The log does not agree with what was made of it.
    case differs([String])

    package var description: String {
        switch self {
        case .alreadyRunning: "partition_running: another program changes the partitions of the log"
        case .busy:
            "partition_busy: the log is read by long statements, and its lock was not to be had; the work so far is kept: run it again when they have ended"
        case .dependents(let names):
            "partition_refused: \(names.joined(separator: ", ")): it depends on ledger.events and would not follow; drop it first, and make it again afterwards"
        case .differs(let problems): "partition_refused: \(problems.joined(separator: "; "))"
        }
    }
}
