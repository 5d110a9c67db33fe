package import LedgerValues

/// What is asked of the series of a symbol beyond the window.
package struct SymbolQuestion: Sendable {
    /// Chains of expiries up to so many days from the market date. Nil for all.
    package var expiriesWithinDays: Int?
    /// Contracts of this root alone, which then names the chain. Nil for those of the symbol itself.
    package var root: String?
    package var adjustment = "raw"

    package init() {}
}

/// A vendor of chains and bars as a program registers it.
package struct SymbolVendor: Sendable {
    package typealias Open =
        @Sendable (
            _ values: SettingValues, _ question: SymbolQuestion, _ intervals: FundingIntervals, _ now: @escaping @Sendable () -> Instant,
            _ isOwnServer: Bool
        ) throws(SettingProblem) -> any SeriesSource

    /// What a user calls it, for example `alpaca`.
    package let name: String
    /// Whether it is asked for a series of a symbol. The first vendor that is counts.
    package let covers: @Sendable (CaptureSeries, _ symbol: String) -> Bool
    /// The source, ready to be asked. A server of the program's own need not be spared.
    package let open: Open
    /// Starts a server that stands for the vendor, and gives what sets the moment of its chains. Nil if another sample's server does.
    package let sample: (@Sendable () async throws -> (server: SampleServer, setNow: @Sendable (Instant) -> Void))?

    package init(
        name: String, covers: @escaping @Sendable (CaptureSeries, _ symbol: String) -> Bool, open: @escaping Open,
        sample: (@Sendable () async throws -> (server: SampleServer, setNow: @Sendable (Instant) -> Void))? = nil
    ) {
        self.name = name
        self.covers = covers
        self.open = open
        self.sample = sample
    }
}

extension MarketSymbol {
    /// Markets of coins, whose options no vendor of shares has.
    package static func isCoin(_ symbol: String) -> Bool { ["BTC", "ETH", "SOL"].contains { $0.isBytewiseEqual(to: symbol) } }

    /// Whether a text can be the symbol of a share: a letter, then up to nine letters, digits and points, all upper-case.
    package static func isTicker(_ text: String) -> Bool {
        guard 1...10 ~= text.utf8.count, let first = text.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else { return false }
        return text.utf8.dropFirst().allSatisfy { byte in
            UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: ".")
        }
    }
}
