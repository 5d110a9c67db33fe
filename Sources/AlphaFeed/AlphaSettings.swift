import LedgerJSON
import LedgerValues
package import OptionTrades
import SampleScope

/// What the Alpha feed's settings say.
struct AlphaSettings {
    enum Name {
        static let url = "ALPHA_TRADE_FEED_URL"
        static let key = "ALPHA_TRADE_FEED_API_KEY"
        static let portfolios = "ALPHA_TRADE_FEED_PORTFOLIOS"
        static let includePending = "ALPHA_TRADE_FEED_INCLUDE_PENDING"
        static let timeout = "ALPHA_TRADE_FEED_TIMEOUT_SECONDS"
        static let redaction = ["ALPHA_LEDGER_REDACT_FIELDS", "REDACT_FIELDS"]
    }

    static let names =
        [Setting(Name.url), Setting(Name.key, isSecret: true)]
        + ([Name.portfolios, Name.includePending, Name.timeout] + Name.redaction).map { Setting($0) }

    let url: String?
    let key: String?
    let portfolios: [String]
    let includePending: Bool
    let timeoutSeconds: Double
    let redaction: RowRedaction

    init(_ values: SettingValues, _ request: SourceRequest = SourceRequest()) throws(SettingProblem) {
        url = request.address ?? values[Name.url]
        key = values[Name.key]
        portfolios = request.portfolios ?? values.list(Name.portfolios)
        if let asked = request.includePending {
            includePending = asked
        } else {
            includePending = try values.boolean(Name.includePending) ?? false
        }
        timeoutSeconds = try values.seconds(Name.timeout) ?? 20
        do throws(RowRedactionError) {
            redaction = try RowRedaction(SettingValues.list(Name.redaction.lazy.compactMap { values[$0] }.first ?? ""))
        } catch {
            throw SettingProblem("redact_fields: \(error)")
        }
    }

    func scope() throws(SettingProblem) -> ExecutionScope {
        do throws(ExecutionScopeError) {
            return try ExecutionScope(portfolios: portfolios, includePending: includePending)
        } catch {
            throw SettingProblem("\(Name.portfolios): \(error)")
        }
    }

    func configuration() throws(SettingProblem) -> AlphaFeedConfiguration {
        guard let url else { throw SettingProblem("\(Name.url) is not set: expected the feed's export URL") }
        guard let key else { throw SettingProblem("\(Name.key) is not set: expected the feed's key") }
        return AlphaFeedConfiguration(url: url, apiKey: key, timeoutSeconds: timeoutSeconds)
    }
}

extension ExecutionSourceDefinition {
    /// The Alpha feed.
    package static let alphaFeed = ExecutionSourceDefinition(
        name: TradeLedger.standardSource, settings: AlphaSettings.names,
        check: { values throws(SettingProblem) in _ = try AlphaSettings(values) },
        reader: { values, row throws(SettingProblem) in
            let settings = try AlphaSettings(values)
            let name = "\(FeedKey.portfolioName.name)"
            let own = settings.portfolios.isEmpty ? [row[name]?.string ?? "none"] : settings.portfolios
            do throws(ExecutionScopeError) {
                let scope = try ExecutionScope(portfolios: own, includePending: settings.includePending)
                return AlphaReader(scope: scope, redaction: settings.redaction)
            } catch {
                throw SettingProblem("\(name): \(error)")
            }
        },
        open: { values, request throws(SettingProblem) in
            let settings = try AlphaSettings(values, request)
            let client = AlphaFeedClient(try settings.configuration())
            return AlphaSource(client, scope: try settings.scope(), redaction: settings.redaction)
        },
        sample: {
            var random = SystemRandomNumberGenerator()
            let key = UniqueID(random: &random).description
            let server = try await SampleFeedServer.start(feed: .sample, apiKey: key)
            return SampleServer(
                settings: [
                    AlphaSettings.Name.url: server.url, AlphaSettings.Name.key: key,
                    AlphaSettings.Name.portfolios: SampleScope.portfolios.joined(separator: ","),
                    AlphaSettings.Name.includePending: nil,
                ], stop: server.stop)
        })
}
