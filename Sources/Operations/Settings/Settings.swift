import LedgerRules
package import LedgerValues
import OptionTrades
internal import Yams

/// What the program is configured with (docs/contract/command-line.md, "Settings"): flags over environment over `alpha-ledger.yaml`.
package struct Settings: Sendable {
    package var databaseURL: String?
    package var databaseReadURL: String?
    package var dataDirectory: String
    package var postgresBinaries: String?
    package var readKey: String?
    package var adminKey: String?
    /// The key that trades, and reads. The administrator's does not trade.
    package var tradeKey: String?
    /// The file with the keys of people and programs by name; nil if there is none.
    package var keysFile: String?
    /// The keys of that file, once somebody read it.
    package var namedKeys = NamedKeys.none
    package var host: String
    package var port: Int
    /// Open connections of one address; nil for the service's own limit.
    package var connectionsPerAddress: Int?
    package var signingKeyFile: String?
    /// The C2SP policy file with the witnesses of this ledger; nil if none is asked.
    package var witnessPolicy: String?
    /// The parts of the open log that need no key; nil if all do.
    package var publicTiles: TileContent?
    /// When the service captures which series. Nil if it captures none.
    package var captureSchedule: CaptureSchedule?
    /// The markets that it captures.
    package var captureCurrencies: [String]
    /// The requests that it may send to the vendor on a UTC day.
    package var captureCallsPerDay: Int
    /// What the service runs by itself; nil for nothing.
    package var schedule: Schedule?
    /// The markets whose alerts a service evaluates; empty if it evaluates none.
    package var alertCurrencies: [String]
    /// Where messages about alerts go; empty if nobody is told.
    package var alertChannels: [AlertChannel]
    /// Whether events go to a server that runs without `fsync`.
    package var allowsUnsafeDurability: Bool
    /// The settings of sources and vendors by name, which read them themselves.
    package var values: SettingValues

    /// The names that are understood; in the file they may be written in lower case too.
    package static let names = Set(
        [
            "DATABASE_URL", "DATABASE_READ_URL", "ALPHA_LEDGER_DATA_DIR", "ALPHA_LEDGER_POSTGRES_BIN", "ALPHA_LEDGER_READ_KEY",
            "ALPHA_LEDGER_ADMIN_KEY", "ALPHA_LEDGER_TRADE_KEY", "ALPHA_LEDGER_KEYS", "ALPHA_LEDGER_HOST", "ALPHA_LEDGER_PORT",
            "ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS", "ALPHA_LEDGER_SIGNING_KEY_FILE", "ALPHA_LEDGER_WITNESS_POLICY",
            "ALPHA_LEDGER_PUBLIC_TILES", "ALPHA_LEDGER_SCHEDULE", "ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY",
            "ALPHA_LEDGER_CAPTURE", "ALPHA_LEDGER_CAPTURE_CURRENCIES", "ALPHA_LEDGER_CAPTURE_CALLS", "ALPHA_LEDGER_ALERTS",
        ] + (Ingestion.settings + AlertChannel.settings).map(\.name))
    /// Of the keys that clients show: 128 bits, if it is random.
    private static let shortestKeyBytes = 16

    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - file: the text of `alpha-ledger.yaml`, where there is one.
    package init(environment: [String: String], file: String? = nil) throws {
        var all = try file.map(Self.parse) ?? [:]
        // An empty variable leaves the file's value in place.
        for (name, value) in environment where Self.names.contains(name) && !value.isEmpty { all[name] = value }
        values = SettingValues(all)
        databaseURL = values["DATABASE_URL"]
        databaseReadURL = values["DATABASE_READ_URL"]
        dataDirectory = values["ALPHA_LEDGER_DATA_DIR"] ?? ".alpha-ledger"
        postgresBinaries = values["ALPHA_LEDGER_POSTGRES_BIN"]
        readKey = values["ALPHA_LEDGER_READ_KEY"]
        adminKey = values["ALPHA_LEDGER_ADMIN_KEY"]
        tradeKey = values["ALPHA_LEDGER_TRADE_KEY"]
        keysFile = values["ALPHA_LEDGER_KEYS"]
        host = values["ALPHA_LEDGER_HOST"] ?? "127.0.0.1"
        port = try values.number("ALPHA_LEDGER_PORT", in: 0...65535, expected: "a port number, 0 to 65535") ?? 8080
        connectionsPerAddress = try values.number(
            "ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS", in: 1...1_000_000, expected: "a whole number, 1 to 1000000")
        signingKeyFile = values["ALPHA_LEDGER_SIGNING_KEY_FILE"]
        witnessPolicy = values["ALPHA_LEDGER_WITNESS_POLICY"]
        publicTiles = try values["ALPHA_LEDGER_PUBLIC_TILES"].map { text in
            guard let content = TileContent(rawValue: text) else {
                throw SettingProblem("ALPHA_LEDGER_PUBLIC_TILES: expected \(TileContent.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return content
        }
        captureSchedule = try values[CaptureSchedule.setting].map { try CaptureSchedule(parsing: $0) }
        let markets = Ingestion.series.flatMap(\.currencies)
        captureCurrencies = values["ALPHA_LEDGER_CAPTURE_CURRENCIES"]?.split(separator: ",").map(String.init) ?? markets
        for market in captureCurrencies where !markets.contains(where: { $0.isBytewiseEqual(to: market) }) {
            throw SettingProblem("ALPHA_LEDGER_CAPTURE_CURRENCIES: expected one or more of \(markets.joined(separator: ", "))")
        }
        captureCallsPerDay =
            try values.number("ALPHA_LEDGER_CAPTURE_CALLS", in: 1...100_000_000, expected: "a whole number, 1 to 100000000") ?? 20_000
        schedule = try values["ALPHA_LEDGER_SCHEDULE"].map { try Schedule(parsing: $0) }
        alertCurrencies = try Self.currencies(values["ALPHA_LEDGER_ALERTS"] ?? "")
        alertChannels = try AlertChannel.configured(values)
        allowsUnsafeDurability = try values.boolean("ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY") ?? false
        for source in Ingestion.executions.all { try source.check(values) }
        let keys = [("ALPHA_LEDGER_READ_KEY", readKey), ("ALPHA_LEDGER_ADMIN_KEY", adminKey), ("ALPHA_LEDGER_TRADE_KEY", tradeKey)]
        for (name, key) in keys {
            guard let key, key.utf8.count < Self.shortestKeyBytes else { continue }
            throw SettingProblem(
                "\(name): expected a key of \(Self.shortestKeyBytes) bytes or more, as `openssl rand -hex 32` makes one; a shorter one can be guessed"
            )
        }
        if let readKey, readKey == adminKey {
            throw SettingProblem("ALPHA_LEDGER_ADMIN_KEY must differ from ALPHA_LEDGER_READ_KEY: a reader could administer")
        }
        for (name, key) in keys.prefix(2) where tradeKey != nil && key == tradeKey {
            throw SettingProblem("ALPHA_LEDGER_TRADE_KEY must differ from \(name): who trades is asked for separately")
        }
    }

    /// Whether a reader beyond loopback can show a key, and everybody has to.
    package var hasReadKeys: Bool { readKey != nil || !namedKeys.isEmpty }
    /// Whether somebody can act with a key.
    package var hasAdminKeys: Bool { adminKey != nil || namedKeys.canAct }

    /// Whether somebody can trade with a key.
    package var hasTradeKeys: Bool { tradeKey != nil || namedKeys.canTrade }

    /// Reads the file of named keys, if one is set. Throws `SettingProblem` with the file and the line.
    ///
    /// - Parameter read: gives the bytes of a file; nil if it can't be read
    package mutating func loadKeys(_ read: (String) -> [UInt8]?) throws(SettingProblem) {
        guard let keysFile else { return }
        guard let text = read(keysFile).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw SettingProblem("ALPHA_LEDGER_KEYS: \(keysFile) can't be read as text")
        }
        namedKeys = try NamedKeys(parsing: text, name: keysFile)
    }

    /// Secrets that must not show in a log, an error text or an event.
    package var secrets: [String] {
        [readKey, adminKey, tradeKey].compactMap { $0 }
            + (Ingestion.settings + AlertChannel.settings).compactMap { $0.isSecret ? values[$0.name] : nil }
    }

    private static func currencies(_ text: String) throws -> [String] {
        let names = text.split(separator: ",").map { String($0).trimmed }
        for name in names where name.isEmpty || name.utf8.count > 64 || name.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "-") })
        {
            throw SettingProblem("ALPHA_LEDGER_ALERTS: expected markets with commas between them, for example BTC,ETH,SOL")
        }
        return names
    }

    private static func parse(_ text: String) throws -> [String: String] {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw SettingProblem("alpha-ledger.yaml is not YAML: \(YAMLProblem(error))")
        }
        guard let node else { return [:] }
        guard let mapping = node.mapping else { throw SettingProblem("alpha-ledger.yaml: expected a mapping of names to values") }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            let name = (key.scalar?.string ?? "").uppercased()
            let line = key.mark.map { ":\($0.line)" } ?? ""
            guard names.contains(name) else {
                throw SettingProblem(
                    "alpha-ledger.yaml\(line): unknown setting `\(key.scalar?.string ?? "?")`\(Suggestion.question(name, among: names.sorted().map { $0.lowercased() }))"
                )
            }
            if let scalar = value.scalar {
                values[name] = scalar.string
            } else if let sequence = value.sequence, sequence.allSatisfy({ $0.scalar != nil }) {
                values[name] = sequence.compactMap(\.scalar?.string).joined(separator: ",")
            } else {
                throw SettingProblem("alpha-ledger.yaml\(line): \(name): expected a value or a list of values")
            }
        }
        return values
    }
}

/// Replaces configured secrets in a text before it is logged, answered or appended.
package struct Redactor: Sendable {
    private let secrets: [String]

    /// Secrets too short to be told from ordinary text are left alone only where they are empty.
    package init(_ secrets: [String]) {
        self.secrets = secrets.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }
    }

    package func redact(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "[redacted]") }
    }
}
