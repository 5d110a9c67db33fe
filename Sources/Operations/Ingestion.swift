import Alpaca
import AlphaFeed
import Amberdata
import ObjectStore
package import OptionTrades

/// Where executions and quotes come from: a line a source.
package enum Ingestion {
    package static let executions = ExecutionSources([.alphaFeed])
    package static let quotes: [QuoteVendor] = [.amberdata]
    package static let series: [SeriesVendor] = [.amberdata]
    package static let symbols: [SymbolVendor] = [.amberdata, .alpaca]

    /// The settings of all sources, and of what else the program speaks with.
    static let settings = executions.all.flatMap(\.settings) + quotes.flatMap(\.settings) + AlpacaSettings.all + S3Settings.all
}
