import LedgerJSON
import LedgerValues
import OptionTrades

/// What is asked for a window of a market, and how many answers came.
struct SeriesQuestions {
    let client: AmberdataClient
    let window: SeriesWindow
    /// The market as paths of options call it.
    let options: VendorMarket
    private(set) var pages = 0

    init(client: AmberdataClient, window: SeriesWindow, options: VendorMarket) {
        self.client = client
        self.window = window
        self.options = options
    }

    /// The starts of the window's hours.
    var hours: [Instant] { starts(every: Instant.microsecondsPerHour) }

    /// The starts of the window's days.
    var days: [Instant] { starts(every: 24 * Instant.microsecondsPerHour) }

    private func starts(every step: Int64) -> [Instant] {
        stride(from: window.from.microseconds, to: window.to.microseconds, by: Int(step)).compactMap { Instant(microseconds: $0) }
    }

    private mutating func rows(_ path: String, _ query: [(String, String)]) async throws(AmberdataError) -> [JSONValue] {
        let answer = try await client.rows("/analytics/\(path)", query + [("timeFormat", "ms")])
        pages += answer.pages
        return answer.rows
    }

    private static func dates(_ from: Instant, _ to: Instant) -> [(String, String)] {
        [("startDate", "\(from.microseconds / 1000)"), ("endDate", "\(to.microseconds / 1000)")]
    }

    private var market: [(String, String)] { [("exchange", "deribit"), ("currency", options.asked)] }

    /// A path of options, over the window or another one.
    mutating func options(
        _ path: String, _ query: [(String, String)] = [], from: Instant? = nil, to: Instant? = nil
    ) async throws(AmberdataError) -> [JSONValue] {
        try await rows(path, market + Self.dates(from ?? window.from, to ?? window.to) + query)
    }

    /// A path of options that takes one moment.
    mutating func options(_ path: String, at moment: Instant) async throws(AmberdataError) -> [JSONValue] {
        try await rows(path, market + [("timestamp", "\(moment.microseconds / 1000)")])
    }

    /// A path of perpetual futures, over the window.
    mutating func futures(_ path: String, _ query: [(String, String)] = []) async throws(AmberdataError) -> [JSONValue] {
        try await rows(
            "futures-perpetuals/\(path)", [("asset", options.stored)] + query + Self.dates(window.from, window.to))
    }

    /// The flow of an hour on screen and in blocks.
    mutating func distribution(_ hour: Instant) async throws(AmberdataError) -> (onScreen: [JSONValue], blocks: [JSONValue]) {
        let path = "trades-flow/put-call-distribution"
        let onScreen = try await options(path, [("blockTradeId", "false")], from: hour, to: hour.plusHour)
        let blocks = try await options(path, [("blockTradeId", "true")], from: hour, to: hour.plusHour)
        return (onScreen, blocks)
    }

    /// Whether the vendor has a row of an hour's volume: then zeros are zeros, and not an unknown name's.
    mutating func hasVolume(_ hour: Instant) async throws(AmberdataError) -> Bool {
        let market = options
        let rows = try await options("trades-flow/volume-aggregates", [("timeInterval", "h")], from: hour, to: hour.plusHour)
        return rows.contains { $0.isOf(market) && $0.instant("timestamp") == hour }
    }

    /// The cones of the 365 days before a day.
    mutating func cones(before day: Instant) async throws(AmberdataError) -> [JSONValue] {
        guard let start = day.advanced(byMicroseconds: -365 * 24 * Instant.microsecondsPerHour) else { return [] }
        let pair = "\(options.stored.lowercased())_usd"
        return try await rows("realized-volatility/cones", [("exchange", "gdax"), ("pair", pair)] + Self.dates(start, day))
    }

    /// The answers behind volatility metrics. One that fails is nil; if all fail, the first failure is thrown. What means that
    /// nothing can be asked is thrown at once.
    mutating func volatilities() async throws(AmberdataError) -> VolatilityAnswers {
        var answers = VolatilityAnswers()
        var failure: AmberdataError?
        answers.index = try await unlessFailed(&failure) { asking throws(AmberdataError) in
            try await asking.options("volatility/index", [("timeInterval", "h")])
        }
        answers.impliedVersusRealized = try await unlessFailed(&failure) { asking throws(AmberdataError) in
            try await asking.options("realized-volatility/implied-vs-realized")
        }
        answers.surface = try await unlessFailed(&failure) { asking throws(AmberdataError) in
            try await asking.options(
                "volatility/delta-surfaces/constant",
                [("daysToExpirationStart", "30"), ("daysToExpirationEnd", "30"), ("timeInterval", "h")])
        }
        answers.distributions = try await unlessFailed(&failure) { asking throws(AmberdataError) in
            var found: [Instant: (onScreen: [JSONValue], blocks: [JSONValue])] = [:]
            for hour in asking.hours { found[hour] = try await asking.distribution(hour) }
            return found
        }
        answers.volatilityOfVolatility = try await unlessFailed(&failure) { asking throws(AmberdataError) in
            try await asking.rows("volatility/volatility-of-volatility", asking.market)
        }
        if answers.missing.count == 5, let failure { throw failure }
        return answers
    }

    private mutating func unlessFailed<Answer>(
        _ first: inout AmberdataError?, _ ask: (inout SeriesQuestions) async throws(AmberdataError) -> Answer
    ) async throws(AmberdataError) -> Answer? {
        do throws(AmberdataError) {
            return try await ask(&self)
        } catch {
            if error.isCancelled || error.isUnreachable || error.isConfiguration { throw error }
            if first == nil { first = error }
            return nil
        }
    }
}
