import Curl
import LedgerJSON
package import LedgerValues
package import OptionTrades
import SampleScope

/// Chains and bars of shares from Alpaca's data interface.
package struct AlpacaSeries: SeriesSource {
    package let name = "alpaca"
    private static let expiriesDays = 3_653
    private let client: AlpacaClient
    private let patience: Patience
    private let question: SymbolQuestion
    private let now: @Sendable () -> Instant

    package init(_ settings: AlpacaSettings, _ question: SymbolQuestion, now: @escaping @Sendable () -> Instant) {
        let transport = CurlTransport(upstream: "alpaca")
        self.init(settings, question, now: now, sleep: { try await Task.sleep(for: .seconds($0)) }) {
            (request) async throws(TransportError) in try await transport.send(request)
        }
    }

    /// - Parameter sleep: waits before a request is sent again; throws if the task is cancelled.
    package init(
        _ settings: AlpacaSettings, _ question: SymbolQuestion, now: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void, send: @escaping AlpacaClient.Send
    ) {
        let patience = Patience(send: send, sleep: sleep)
        self.patience = patience
        client = patience.client(settings)
        self.question = question
        self.now = now
    }

    package var callsMade: Int { patience.calls }

    package func observations(
        of series: CaptureSeries, currency: String, in window: SeriesWindow
    ) async throws(SeriesError) -> SeriesAnswer {
        do throws(BrokerFailure) {
            switch series {
            case .chain: return try await chain(of: currency)
            case .minuteBars, .dailyBars: return try await bars(of: currency, isDaily: series == .dailyBars, in: window)
            default: throw BrokerFailure(.malformed, "Alpaca is not asked for \(series.rawValue)")
            }
        } catch {
            throw failure(error, currency)
        }
    }

    private func failure(_ error: BrokerFailure, _ symbol: String) -> SeriesError {
        if Task.isCancelled { return SeriesError(.cancelled, "the request was cancelled") }
        let status = patience.lastStatus
        let kind: SeriesError.Kind =
            error.kind == .unauthorized || status == 403
            ? .notEntitled : error.kind == .unreachable && status == nil ? .unreachable : .failed
        return SeriesError(kind, "\(error.message) (asked for \(symbol))")
    }

    private func chain(of symbol: String) async throws(BrokerFailure) -> SeriesAnswer {
        guard let today = NewYorkDay.date(at: now()) else { throw BrokerFailure(.malformed, "the clock shows no date of New York") }
        var filters = ChainFilters()
        filters.expiryFrom = today
        filters.expiryThrough = today.advanced(byDays: question.expiriesWithinDays ?? Self.expiriesDays)
        filters.root = question.root
        let joined = try await client.joinedMarket(ChainQuestion(ticker: symbol, filters: filters))
        let chains = CapturedChains(
            of: joined.market, symbol: symbol, root: question.root, lastTimes: joined.lastTimes, source: name)
        var answer = SeriesAnswer()
        answer.observations = chains.observations
        answer.leftOut = chains.leftOut
        answer.pages = Int(joined.market.pages)
        return answer
    }

    private func bars(of symbol: String, isDaily: Bool, in window: SeriesWindow) async throws(BrokerFailure) -> SeriesAnswer {
        var answer = SeriesAnswer()
        var bars = CapturedBars(symbol: symbol, isDaily: isDaily, adjustment: question.adjustment, source: name)
        // Both ends are inclusive, and a bar is named by its start.
        let end = window.to.advanced(byMicroseconds: -1_000_000) ?? window.to
        let found = try await client.stockBars(
            symbol, timeframe: isDaily ? "1Day" : "1Min", from: window.from, through: end, adjustment: question.adjustment)
        answer.pages = Int(found.pages)
        for (row, time) in found.bars {
            guard let time, let bar = Self.bar(row, at: time, isDaily: isDaily) else {
                answer.skippedRows += 1
                continue
            }
            if Self.isOver(bar.bar, isDaily: isDaily, in: window) { bars.add(bar.bar, rounded: bar.rounded) }
        }
        guard let observations = bars.observations() else {
            throw BrokerFailure(.malformed, "/v2/stocks/bars: the bars of a period can't be stored")
        }
        answer.observations = observations
        return answer
    }

    /// Nil without any figure. A daily bar has midnight of New York, and is stored at 00:00Z of that date.
    private static func bar(_ row: JSONValue, at time: Instant, isDaily: Bool) -> (bar: Bar, rounded: Bool)? {
        guard let start = isDaily ? NewYorkDay.date(at: time).flatMap({ Instant(startOf: $0) }) : time else { return nil }
        var rounded = false
        func figure(_ key: String) -> FixedDecimal? {
            Wire.decimal(row[key], rounded: &rounded).flatMap { $0.isNegative ? nil : $0 }
        }
        let bar = Bar(
            timestamp: start, open: figure("o"), high: figure("h"), low: figure("l"), close: figure("c"), volume: figure("v"),
            vwap: figure("vw"))
        guard bar.open != nil || bar.high != nil || bar.low != nil || bar.close != nil || bar.vwap != nil else { return nil }
        return (bar, rounded)
    }

    /// Whether a bar lies in the window and had ended with it: a bar that still grows is none.
    private static func isOver(_ bar: Bar, isDaily: Bool, in window: SeriesWindow) -> Bool {
        let end = isDaily ? NewYorkDay.end(of: bar.timestamp.date) : bar.timestamp.advanced(byMicroseconds: 60_000_000)
        return window.from <= bar.timestamp && end.map { $0 <= window.to } ?? false
    }
}

extension SymbolVendor {
    /// Alpaca's chains and bars of shares, with the credentials of paper trading.
    package static let alpaca = SymbolVendor(
        name: "alpaca", covers: { series, symbol in series.isOfSymbols && !MarketSymbol.isCoin(symbol) },
        open: { (values, question, _, now, _) throws(SettingProblem) in
            guard values["ALPACA_PAPER_API_KEY_ID"] != nil, values["ALPACA_PAPER_SECRET_KEY"] != nil else {
                throw SettingProblem(
                    "ALPACA_PAPER_API_KEY_ID and ALPACA_PAPER_SECRET_KEY: expected the credentials of the paper account, with which data are read"
                )
            }
            return AlpacaSeries(try AlpacaSettings(values, live: false), question, now: now)
        },
        sample: {
            var random = SystemRandomNumberGenerator()
            let (keyID, secret) = (UniqueID(random: &random).description, UniqueID(random: &random).description)
            let server = try await SampleShareServer.start(keyID: keyID, secret: secret)
            let settings = [
                "ALPACA_PAPER_API_KEY_ID": keyID, "ALPACA_PAPER_SECRET_KEY": secret, "ALPACA_PAPER_URL": server.url,
                "ALPACA_DATA_URL": server.url,
            ]
            return (SampleServer(settings: settings, stop: server.stop), { server.set(now: $0) })
        })
}
