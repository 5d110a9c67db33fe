import LedgerProjections
import LedgerStore
import Operations
import OptionTrades

/// What shells offer after `--sort`.
enum SortColumns {
    /// The columns that the rows of the view on the command line can be ordered by, up and down. Nothing where the program's
    /// files are not found.
    @Sendable static func completions(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        guard let view = words.lazy.compactMap({ View.named($0) }).first,
            let file = try? SettingsOptions.resources().files.projectionFile("\(view.projection)/columns.json"),
            let columns = try? ColumnSet(parsing: file)
        else { return [] }
        return columns.sortable.flatMap { [$0.name, "-\($0.name)"] }
    }
}
