import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import OptionTrades
import Testing

@testable import Amberdata

/// Rows and windows for tests of normalizers.
enum Series {
    static let bitcoin = VendorMarket(options: "BTC")
    /// 2024-04-01T00:00:00Z in milliseconds.
    static let midnight = 1_711_929_600_000

    static func window(_ from: String, _ to: String) -> SeriesWindow {
        SeriesWindow(from: Wire.instant(from), to: Wire.instant(to))
    }

    /// The first hours of 2024-04-01.
    static func hours(_ count: Int) -> SeriesWindow {
        SeriesWindow(from: Wire.instant("2024-04-01T00:00:00Z"), to: Instant(microseconds: Int64(midnight + count * 3_600_000) * 1000)!)
    }

    static func rows(_ texts: String...) throws -> [JSONValue] {
        try Envelope(parsing: Array(Wire.page(texts).utf8)).rows.elements.map { $0 }
    }

    static func recorded(_ name: String) throws -> [JSONValue] {
        try Envelope(parsing: try RecordedBodies.bytes(name)).rows.elements.map { $0 }
    }

    static func intervals() throws -> FundingIntervals {
        try FundingIntervals(path: "shared/funding_intervals.v1.yaml") { _ in
            Array(
                """
                rules: funding_intervals
                version: 1
                hourly: [deribit, kraken]
                eight_hours: [binance, bitmex, bybit, huobi, okex]

                """.utf8)
        }
    }

    static func sum(_ observations: [MarketObservedPayload], _ name: StaticString) -> String {
        FixedDecimal(units: observations.reduce(0) { $0 + ($1.decimal(name)?.units ?? 0) }).description
    }

    /// Figures of an observation in one line, `-` for null.
    static func line(_ observation: MarketObservedPayload?, _ names: StaticString...) -> String {
        names.map { name in
            switch observation?.value(name) ?? .null {
            case .null: "-"
            case .text(let text): text
            case .instant(let instant): "\(instant)"
            case .date(let date): "\(date)"
            case .decimal(let decimal): "\(decimal)"
            case .integer(let integer): "\(integer)"
            case .optionType(let type): type.rawValue
            case .rows(let rows): "\(rows)"
            }
        }.joined(separator: " ")
    }
}
