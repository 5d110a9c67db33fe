import Curl
import LedgerEvents
import LedgerValues
package import OptionTrades
import SampleScope

/// Level-1 quotes from Amberdata.
///
/// Neighbouring look-ups of a contract share the quotes fetched for the previous one. The widened search first requests
/// hours, and then only the minutes of those hours that can hold the nearest quote.
package struct AmberdataQuotes: QuoteSource {
    package static let baseURL = "https://api.amberdata.com/markets/derivatives"

    package let name = "amberdata"
    package let lookupsPerBatch = 32
    package let concurrency = CurlTransport.maximumConcurrentRequests
    private let client: AmberdataClient

    package init(_ configuration: AmberdataConfiguration) {
        self.init(client: AmberdataClient(configuration))
    }

    init(client: AmberdataClient) { self.client = client }

    package var callsMade: Int { client.callsMade }

    package func label(for use: QuoteUse) -> String {
        if use.isAdjustedRoot { return "amberdata_tradfi_level1_adjusted_root" }
        if use.isWidened { return "amberdata_tradfi_level1_chunked_recovery" }
        return use.isExpiry ? "amberdata_tradfi_level1_expiry_quote" : "amberdata_tradfi_level1"
    }

    package func answers(to lookups: [QuoteLookup]) async -> [Result<QuoteAnswer, QuoteError>] {
        var answers: [Result<QuoteAnswer, QuoteError>] = []
        var minutes: FetchedMinutes?
        for lookup in lookups {
            do throws(AmberdataError) {
                answers.append(.success(try await answer(lookup, &minutes)))
            } catch {
                let failure = QuoteError(kind(of: error), "\(error)")
                answers.append(.failure(failure))
                if failure.endsRun || error.isCancelled { break }
            }
        }
        return answers
    }

    package func leastCalls(for lookups: [QuoteLookup]) -> Int {
        var calls = 0
        var known: (contract: OptionContract, from: Instant, to: Instant)?
        for lookup in lookups {
            let (from, to) = Self.buckets(lookup.window, of: Self.minute)
            if let last = known, last.contract == lookup.contract, last.from <= from, from <= last.to {
                calls += AmberdataClient.calls(from: last.to, to: to, interval: .minute)
                known = (lookup.contract, from, max(last.to, to))
            } else {
                calls += AmberdataClient.calls(from: from, to: to, interval: .minute)
                known = (lookup.contract, from, to)
            }
        }
        return calls
    }

    private func kind(of error: AmberdataError) -> QuoteError.Kind {
        if error.isNotEntitled { return .notEntitled }
        if error.isUnreachable { return .unreachable }
        // The address is checked before anything is sent.
        return client.callsMade == 0 && !error.isCancelled ? .notConfigured : .other
    }

    private func answer(
        _ lookup: QuoteLookup, _ minutes: inout FetchedMinutes?
    ) async throws(AmberdataError) -> QuoteAnswer {
        var nearest = NearestQuote(to: lookup.target)
        for quote in try await fetchMinutes(lookup.contract, lookup.window, &minutes)
        where lookup.window.contains(quote.time) {
            nearest.consider(SourcedQuote(quote))
        }
        guard nearest.best == nil, let widened = lookup.widened else {
            return QuoteAnswer(found: nearest.best, window: lookup.window, isWidened: false)
        }
        return QuoteAnswer(
            found: try await nearestInHours(lookup, widened), window: widened, isWidened: true)
    }

    // MARK: - Minutes

    /// The minutes of a contract fetched so far: buckets in [from, to).
    private struct FetchedMinutes {
        var from: Instant
        var to: Instant
        var quotes: [OptionQuote]
    }

    /// The largest delay of a quote after its bucket (118 s in recorded data).
    private static let lagMinutes: Int64 = 5
    private static let minute: Int64 = 60_000_000
    private static let hour: Int64 = 3_600_000_000

    /// All quotes whose time can lie in a window. Only minutes that the contract's last fetch does not cover are requested.
    private func fetchMinutes(
        _ contract: OptionContract, _ window: QuoteWindow, _ fetched: inout FetchedMinutes?
    ) async throws(AmberdataError) -> [OptionQuote] {
        let (from, to) = Self.buckets(window, of: Self.minute)
        if var known = fetched, known.from <= from, from <= known.to {
            if known.to < to {
                known.quotes += try await client.quotes(contract, from: known.to, to: to, interval: .minute)
                known.to = to
            }
            known.from = from
            known.quotes.removeAll { $0.timestamp < from }
            fetched = known
            return known.quotes
        }
        let quotes = try await client.quotes(contract, from: from, to: to, interval: .minute)
        fetched = FetchedMinutes(from: from, to: to, quotes: quotes)
        return quotes
    }

    /// The buckets that can hold the quotes of a window, with an exclusive end.
    private static func buckets(_ window: QuoteWindow, of length: Int64) -> (from: Instant, to: Instant) {
        let lag = window.from.advanced(byMicroseconds: -lagMinutes * minute) ?? .minimum
        let start = lag.microseconds - lag.microseconds % length
        let end = window.through.microseconds - window.through.microseconds % length + length
        return (Instant(microseconds: start) ?? .minimum, Instant(microseconds: end) ?? .maximum)
    }

    // MARK: - Hours

    /// The nearest quote of a wide window.
    ///
    /// The bounds of an hour with a quote limit how near its quotes can be. Hours are searched in the order of this
    /// limit, until no remaining hour can hold a nearer quote than the best so far.
    private func nearestInHours(
        _ lookup: QuoteLookup, _ window: QuoteWindow
    ) async throws(AmberdataError) -> SourcedQuote? {
        let (from, to) = Self.buckets(window, of: Self.hour)
        let hourly = try await client.quotes(lookup.contract, from: from, to: to, interval: .hour)
        var nearest = NearestQuote(to: lookup.target)
        // The bucket of an hour does not say when its quote was made.
        for quote in hourly where quote.exchangeTimestamp.map(window.contains) ?? false {
            nearest.consider(SourcedQuote(quote))
        }
        for hour in Self.hours(hourly, byDistanceTo: lookup.target) {
            let bound = Self.distance(from: lookup.target, toHour: hour)
            if let best = nearest.best, best.quote.time.distance(to: lookup.target) < bound { break }
            guard let start = Instant(microseconds: hour) else { continue }
            let end = Instant(microseconds: hour + Self.hour) ?? .maximum
            for quote in try await client.quotes(lookup.contract, from: start, to: end, interval: .minute)
            where window.contains(quote.time) {
                nearest.consider(SourcedQuote(quote))
            }
        }
        return nearest.best
    }

    /// The starts of the hours that have a quote, ordered by their smallest possible distance to the target.
    private static func hours(_ quotes: [OptionQuote], byDistanceTo target: Instant) -> [Int64] {
        Set(quotes.map { $0.timestamp.microseconds - $0.timestamp.microseconds % hour }).sorted { left, right in
            (distance(from: target, toHour: left), left) < (distance(from: target, toHour: right), right)
        }
    }

    /// The smallest distance that a quote in an hour's buckets can have.
    private static func distance(from target: Instant, toHour start: Int64) -> UInt64 {
        let end = start + hour + lagMinutes * minute
        if target.microseconds < start { return UInt64(start - target.microseconds) }
        return target.microseconds > end ? UInt64(target.microseconds - end) : 0
    }
}

extension QuoteVendor {
    /// Amberdata's quotes of options on stocks.
    package static let amberdata = QuoteVendor(
        name: "amberdata", settings: [Setting("AMBERDATA_BASE_URL"), Setting("AMBERDATA_API_KEY", isSecret: true)],
        key: ("AMBERDATA_API_KEY", "Amberdata's key"),
        open: { values, key in
            AmberdataQuotes(AmberdataConfiguration(baseURL: values["AMBERDATA_BASE_URL"] ?? AmberdataQuotes.baseURL, apiKey: key))
        },
        sample: {
            var random = SystemRandomNumberGenerator()
            let key = UniqueID(random: &random).description
            let server = try await SampleQuoteServer.start(apiKey: key)
            // A server of our own need not be spared.
            let configuration = AmberdataConfiguration(baseURL: server.baseURL, apiKey: key, maximumRequestsPerSecond: 10_000)
            return (
                SampleServer(settings: ["AMBERDATA_BASE_URL": server.baseURL, "AMBERDATA_API_KEY": key], stop: server.stop),
                AmberdataQuotes(configuration)
            )
        })
}
