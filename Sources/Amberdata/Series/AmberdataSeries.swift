import Curl
import LedgerEvents
import LedgerJSON
import LedgerValues
package import OptionTrades

/// Series of observations from Amberdata.
package struct AmberdataSeries: SeriesSource {
    package let name = "amberdata"
    private let client: AmberdataClient
    private let intervals: FundingIntervals
    private let expiriesWithinDays: Int?

    /// - Parameter expiriesWithinDays: of chains the expiries up to so many days from the date; nil for all.
    package init(_ configuration: AmberdataConfiguration, _ intervals: FundingIntervals, expiriesWithinDays: Int? = nil) {
        self.init(client: AmberdataClient(configuration), intervals, expiriesWithinDays: expiriesWithinDays)
    }

    init(client: AmberdataClient, _ intervals: FundingIntervals, expiriesWithinDays: Int? = nil) {
        self.client = client
        self.intervals = intervals
        self.expiriesWithinDays = expiriesWithinDays
    }

    package var callsMade: Int { client.callsMade }

    package func observations(
        of series: CaptureSeries, currency: String, in window: SeriesWindow
    ) async throws(SeriesError) -> SeriesAnswer {
        var asking = SeriesQuestions(client: client, window: window, options: VendorMarket(options: currency))
        // An hour that has just begun may have no quotes yet: then those of the hour before it are the latest.
        let isChain = series == .chain
        var rows = SeriesRows(
            isChain
                ? SeriesWindow(from: window.from.advanced(byMicroseconds: -Instant.microsecondsPerHour) ?? window.from, to: window.to)
                : window)
        do throws(AmberdataError) {
            try await ask(series, VendorMarket(futures: currency), &asking, &rows)
        } catch {
            throw SeriesError(error)
        }
        var answer = SeriesAnswer()
        answer.observations = rows.observations
        answer.skippedRows = rows.skipped
        answer.pages = asking.pages
        return answer
    }

    private func ask(
        _ series: CaptureSeries, _ futures: VendorMarket, _ asking: inout SeriesQuestions, _ rows: inout SeriesRows
    ) async throws(AmberdataError) {
        let options = asking.options
        switch series {
        case .gex: rows.addGammaExposures(try await asking.options("trades-flow/gamma-exposures-snapshots"), options)
        case .volMetrics: rows.addVolatilityMetrics(try await asking.volatilities(), options)
        case .ivSurface:
            rows.addSurface(try await asking.options("volatility/delta-surfaces/constant", [("timeInterval", "h")]), options)
        case .termStructure:
            let path = "volatility/term-structures/forward-volatility/constant"
            for hour in asking.hours { rows.addTermStructure(try await asking.options(path, at: hour), options) }
        case .spot: rows.addSpots(try await asking.options("realized-volatility/implied-vs-realized"), options)
        case .oi: rows.addOpenInterest(try await asking.futures("open-interest-total"), futures)
        case .prints: rows.addPrints(try await asking.options("trades-flow/decorated-trades"), options)
        case .funding:
            for margin in ["coins", "stables"] {
                let answer = try await asking.futures("realized-funding-rates-cumulated", [("marginType", margin)])
                rows.addFunding(answer, intervals, futures)
            }
        case .basis:
            for tenor in [7, 30, 90, 180] {
                let answer = try await asking.futures("apr-basis/constant-maturities", [("interval", "\(tenor)d")])
                rows.addBasis(answer, tenorDays: tenor, futures)
            }
        case .liquidations: rows.addLiquidations(try await asking.futures("liquidations-total"), futures)
        case .putCall:
            for hour in asking.hours {
                let (onScreen, blocks) = try await asking.distribution(hour)
                var isThere = SeriesRows.flow(onScreen: onScreen, blocks: blocks)
                if isThere == .zero { isThere = try await asking.hasVolume(hour) ? .values : .empty }
                if isThere == .values { rows.addPutCall(onScreen: onScreen, blocks: blocks, of: hour, options) }
            }
        case .volume:
            rows.addVolumes(try await asking.options("trades-flow/volume-aggregates", [("timeInterval", "h")]), options)
        case .chain:
            let answer = try await asking.options(
                "volatility/level-1-quotes", [("timeInterval", "h")], from: rows.window.from, to: rows.window.to)
            rows.addChains(answer, options, withinDays: expiriesWithinDays)
        case .minuteBars, .dailyBars: throw AmberdataError.configuration("Amberdata is not asked for bars")
        case .volCone:
            for day in asking.days { rows.addCones(try await asking.cones(before: day), of: day, options) }
        }
    }
}

extension SeriesError {
    init(_ error: AmberdataError) {
        let kind: Kind =
            error.isNotEntitled
            ? .notEntitled
            : error.isCancelled
                ? .cancelled : error.isUnreachable ? .unreachable : error.isConfiguration ? .notConfigured : .failed
        self.init(kind, error.description)
    }
}

extension SeriesVendor {
    /// Amberdata's series of the crypto markets.
    package static let amberdata = SeriesVendor(
        name: "amberdata", key: ("AMBERDATA_API_KEY", "Amberdata's key"), currencies: ["BTC", "ETH", "SOL"],
        open: { values, key, intervals, isOwnServer in
            AmberdataSeries(AmberdataConfiguration(values, key: key, isOwnServer: isOwnServer), intervals)
        })
}

extension AmberdataConfiguration {
    /// That of series.
    init(_ values: SettingValues, key: String, isOwnServer: Bool) {
        self.init(baseURL: values["AMBERDATA_BASE_URL"] ?? AmberdataQuotes.baseURL, apiKey: key, timeoutSeconds: 60)
        if isOwnServer { maximumRequestsPerSecond = 10_000 }
    }
}
