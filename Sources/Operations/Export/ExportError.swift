/// Why rows were not exported.
package enum ExportError: Error, Equatable, CustomStringConvertible {
    /// A value has no place in its column's type.
    case doesNotFit(row: String, column: String, value: String, type: String)
    /// A row does not have the columns of its table.
    case otherColumns(row: String, problem: String)
    /// The log does not match its hashes.
    case alteredLog(position: Int64, problem: String)
    /// The rows for a partitioned export can't be kept on disk.
    case spool(problem: String)
    /// The files can't be written to an object store, or read from it.
    case objects(problem: String)

    /// Exit code of the command.
    package var exitCode: Int32 { 1 }

    package var description: String {
        switch self {
        case .doesNotFit(let row, let column, let value, let type):
            "row \(row), column \(column): \(value) does not fit \(type); nothing was written"
        case .otherColumns(let row, let problem): "row \(row): \(problem)"
        case .alteredLog(let position, let problem): "position \(position): \(problem)"
        case .spool(let problem), .objects(let problem): problem
        }
    }
}
