import AlphaFeed
import Amberdata
package import OptionTrades

/// Where executions and quotes come from: a line a source.
package enum Ingestion {
    package static let executions: [ExecutionSourceDefinition] = [.alphaFeed]
    package static let quotes: [QuoteVendor] = [.amberdata]

    /// The source that is meant if nobody names one.
    package static let standard = executions[0]

    /// The settings of all sources.
    static let settings = executions.flatMap(\.settings) + quotes.flatMap(\.settings)

}
