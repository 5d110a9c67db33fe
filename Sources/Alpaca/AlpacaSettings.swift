import Curl
package import LedgerValues
package import OptionTrades

/// Where orders go, and with which credentials.
package struct AlpacaSettings: Sendable {
    package static let all = [
        Setting("ALPACA_PAPER_API_KEY_ID", isSecret: true), Setting("ALPACA_PAPER_SECRET_KEY", isSecret: true),
        Setting("ALPACA_LIVE_API_KEY_ID", isSecret: true), Setting("ALPACA_LIVE_SECRET_KEY", isSecret: true),
        Setting("ALPACA_PAPER_URL"), Setting("ALPACA_LIVE_URL"), Setting("ALPACA_DATA_URL"), Setting("ALPACA_LIVE"),
    ]

    package let source: BrokerSource
    package let tradingURL: String
    package let dataURL: String
    let keyID: String
    let secret: String

    package init(source: BrokerSource, tradingURL: String, dataURL: String, keyID: String, secret: String) throws(SettingProblem) {
        self.source = source
        self.tradingURL = try Self.address(tradingURL, "the trading URL")
        self.dataURL = try Self.address(dataURL, "ALPACA_DATA_URL")
        (self.keyID, self.secret) = (keyID, secret)
    }

    /// Reads the settings of paper trading, or of live trading if that is said twice: by `ALPACA_LIVE` and by the caller.
    package init(_ values: SettingValues, live: Bool) throws(SettingProblem) {
        let isAllowed = try values.boolean("ALPACA_LIVE") ?? false
        guard isAllowed || !live else { throw SettingProblem("ALPACA_LIVE: expected true beside --live; live orders are asked for twice") }
        let (kind, standard) = live ? ("LIVE", "https://api.alpaca.markets") : ("PAPER", "https://paper-api.alpaca.markets")
        guard let keyID = values["ALPACA_\(kind)_API_KEY_ID"], let secret = values["ALPACA_\(kind)_SECRET_KEY"] else {
            throw SettingProblem(
                "ALPACA_\(kind)_API_KEY_ID and ALPACA_\(kind)_SECRET_KEY: expected the credentials of the \(kind.lowercased()) account; --sample trades with the bundled broker"
            )
        }
        source = live ? .alpacaLive : .alpacaPaper
        tradingURL = try Self.address(values["ALPACA_\(kind)_URL"] ?? standard, "ALPACA_\(kind)_URL")
        dataURL = try Self.address(values["ALPACA_DATA_URL"] ?? "https://data.alpaca.markets", "ALPACA_DATA_URL")
        (self.keyID, self.secret) = (keyID, secret)
    }

    private static func address(_ text: String, _ name: String) throws(SettingProblem) -> String {
        guard let parts = Parts(text), UpstreamSecurity.isSafe(scheme: parts.scheme, host: parts.host) else {
            throw SettingProblem("\(name): expected an https URL of a host and nothing else; http only on loopback")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Whether every address is this machine: only then may waits be shortened.
    package var isLoopback: Bool {
        [tradingURL, dataURL].allSatisfy { Parts($0).map { UpstreamSecurity.isSafe(scheme: "http", host: $0.host) } ?? false }
    }

    /// Scheme and host of an address without path, query and user.
    private struct Parts {
        let scheme: String
        let host: String

        init?(_ text: String) {
            let pieces = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            guard pieces.count == 2, pieces[0] == "https" || pieces[0] == "http" else { return nil }
            scheme = String(pieces[0])
            var rest = pieces[1].lowercased()
            if rest.hasSuffix("/") { rest.removeLast() }
            guard !rest.isEmpty, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !rest.contains(where: { "/?#@\\".contains($0) })
            else { return nil }
            if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                host = String(rest[...end])
            } else {
                host = String(rest.prefix { $0 != ":" })
            }
        }
    }
}
