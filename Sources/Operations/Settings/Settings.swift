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
    package var host: String
    package var port: Int
    /// Open connections of one address; nil for the service's own limit.
    package var connectionsPerAddress: Int?
    package var signingKeyFile: String?
    /// The parts of the open log that need no key; nil if all do.
    package var publicTiles: TileContent?
    /// The markets whose alerts a service evaluates; empty if it evaluates none.
    package var alertCurrencies: [String]
    /// Whether events go to a server that runs without `fsync`.
    package var allowsUnsafeDurability: Bool
    /// The settings of sources and vendors by name, which read them themselves.
    package var values: SettingValues

    /// The names that are understood; in the file they may be written in lower case too.
    package static let names = Set(
        [
            "DATABASE_URL", "DATABASE_READ_URL", "ALPHA_LEDGER_DATA_DIR", "ALPHA_LEDGER_POSTGRES_BIN", "ALPHA_LEDGER_READ_KEY",
            "ALPHA_LEDGER_ADMIN_KEY", "ALPHA_LEDGER_HOST", "ALPHA_LEDGER_PORT", "ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS",
            "ALPHA_LEDGER_SIGNING_KEY_FILE", "ALPHA_LEDGER_PUBLIC_TILES", "ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY",
            "ALPHA_LEDGER_ALERTS",
        ] + Ingestion.settings.map(\.name))
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
        host = values["ALPHA_LEDGER_HOST"] ?? "127.0.0.1"
        port = try values.number("ALPHA_LEDGER_PORT", in: 0...65535, expected: "a port number, 0 to 65535") ?? 8080
        connectionsPerAddress = try values.number(
            "ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS", in: 1...1_000_000, expected: "a whole number, 1 to 1000000")
        signingKeyFile = values["ALPHA_LEDGER_SIGNING_KEY_FILE"]
        publicTiles = try values["ALPHA_LEDGER_PUBLIC_TILES"].map { text in
            guard let content = TileContent(rawValue: text) else {
                throw SettingProblem("ALPHA_LEDGER_PUBLIC_TILES: expected \(TileContent.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return content
        }
        alertCurrencies = try Self.currencies(values["ALPHA_LEDGER_ALERTS"] ?? "")
        allowsUnsafeDurability = try values.boolean("ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY") ?? false
        for source in Ingestion.executions.all { try source.check(values) }
        for (name, key) in [("ALPHA_LEDGER_READ_KEY", readKey), ("ALPHA_LEDGER_ADMIN_KEY", adminKey)] {
            guard let key, key.utf8.count < Self.shortestKeyBytes else { continue }
            throw SettingProblem(
                "\(name): expected a key of \(Self.shortestKeyBytes) bytes or more, as `openssl rand -hex 32` makes one; a shorter one can be guessed"
            )
        }
        if let readKey, readKey == adminKey {
            throw SettingProblem("ALPHA_LEDGER_ADMIN_KEY must differ from ALPHA_LEDGER_READ_KEY: a reader could administer")
        }
    }

    /// Secrets that must not show in a log, an error text or an event.
    package var secrets: [String] {
        [readKey, adminKey].compactMap { $0 } + Ingestion.settings.compactMap { $0.isSecret ? values[$0.name] : nil }
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
