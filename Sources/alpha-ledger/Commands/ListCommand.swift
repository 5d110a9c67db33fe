import ArgumentParser
import Operations
import OptionTrades

/// A list that `view` prints: what it says of itself. Its name and its alias are those of its view.
protocol ListedView {
    associatedtype Filters: ListFilters
    static var view: View { get }
    static var abstract: String { get }
    static var discussion: String { get }
    /// The columns of its table.
    static var columns: [(name: String, isNumber: Bool)] { get }
}

/// The filters of a list.
protocol ListFilters: ParsableArguments {
    var parameters: [(name: String, value: String?)] { get }

    /// What is read in place of rows as they are; nil for these.
    func reading() throws -> SeriesReading?
}

extension ListFilters {
    func reading() throws -> SeriesReading? { nil }
}

struct NoFilters: ListFilters {
    var parameters: [(name: String, value: String?)] { [] }
}

/// The command of a list.
struct ListCommand<Listed: ListedView>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        let view = Listed.view
        return CommandConfiguration(
            commandName: view.name, abstract: Listed.abstract, discussion: Listed.discussion,
            aliases: view.name == view.projection ? [] : [view.projection])
    }

    @OptionGroup var options: SettingsOptions
    @OptionGroup var paging: ViewCommand.Paging
    @OptionGroup var filters: Listed.Filters

    func run() async throws {
        try await showView(
            Listed.view, options, paging, filters.parameters, columns: Listed.columns, series: try filters.reading())
    }
}
