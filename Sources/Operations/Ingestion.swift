import AlphaFeed
import Amberdata
public import OptionTrades

/// Where executions and quotes come from: a line a source.
public enum Ingestion {
    public static let executions: [ExecutionSourceDefinition] = [.alphaFeed]
    public static let quotes: [QuoteVendor] = [.amberdata]

    /// The source that is meant if nobody names one.
    public static let standard = executions[0]

    /// The settings of all sources.
    static let settings = executions.flatMap(\.settings) + quotes.flatMap(\.settings)

}
