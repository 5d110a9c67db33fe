import AlphaFeed
import JSON
import Rules
import Values
internal import Yams

/// What the program is configured with (docs/contract/command-line.md, "Settings"): flags over environment over `alpha-ledger.yaml`.
public struct Settings: Sendable {
    public var databaseURL: String?
    public var databaseReadURL: String?
    public var dataDirectory: String
    public var postgresBinaries: String?
    public var feedURL: String?
    public var feedKey: String?
    public var portfolios: [String]
    public var includePending: Bool
    public var feedTimeoutSeconds: Double
    public var readKey: String?
    public var adminKey: String?
    public var host: String
    public var port: Int
    /// Open connections of one address; nil for the service's own limit.
    public var connectionsPerAddress: Int?
    public var signingKeyFile: String?
    public var amberdataBaseURL: String?
    public var amberdataKey: String?
    /// Whether events go to a server that runs without `fsync`.
    public var allowsUnsafeDurability: Bool
    /// What of the feed's rows is replaced before it is stored.
    var redaction: RowRedaction

    /// The names that are understood; in the file they may be written in lower case too.
    public static let names: Set<String> = [
        "DATABASE_URL", "DATABASE_READ_URL", "ALPHA_LEDGER_DATA_DIR", "ALPHA_LEDGER_POSTGRES_BIN", "ALPHA_TRADE_FEED_URL",
        "ALPHA_TRADE_FEED_API_KEY", "ALPHA_TRADE_FEED_PORTFOLIOS", "ALPHA_TRADE_FEED_INCLUDE_PENDING",
        "ALPHA_TRADE_FEED_TIMEOUT_SECONDS", "ALPHA_LEDGER_READ_KEY", "ALPHA_LEDGER_ADMIN_KEY", "ALPHA_LEDGER_HOST",
        "ALPHA_LEDGER_PORT", "ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS", "ALPHA_LEDGER_SIGNING_KEY_FILE", "AMBERDATA_BASE_URL",
        "AMBERDATA_API_KEY", "ALPHA_LEDGER_REDACT_FIELDS", "REDACT_FIELDS", "ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY",
    ]
    /// Of the keys that clients show: 128 bits, if it is random.
    private static let shortestKeyBytes = 16

    /// A setting that can't be used: names it and says what was expected, never its value where it is a secret.
    public struct Problem: Error, Equatable, CustomStringConvertible {
        public let description: String

        public init(_ description: String) { self.description = description }
    }

    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - file: the text of `alpha-ledger.yaml`, where there is one.
    public init(environment: [String: String], file: String? = nil) throws {
        let fromFile = try file.map(Self.parse) ?? [:]
        func value(_ name: String) -> String? {
            // An empty value is no value, as a shell's `NAME=` means it.
            [environment[name], fromFile[name]].lazy.compactMap { $0 }.first { !$0.isEmpty }
        }
        databaseURL = value("DATABASE_URL")
        databaseReadURL = value("DATABASE_READ_URL")
        dataDirectory = value("ALPHA_LEDGER_DATA_DIR") ?? ".alpha-ledger"
        postgresBinaries = value("ALPHA_LEDGER_POSTGRES_BIN")
        feedURL = value("ALPHA_TRADE_FEED_URL")
        feedKey = value("ALPHA_TRADE_FEED_API_KEY")
        portfolios = Self.list(value("ALPHA_TRADE_FEED_PORTFOLIOS") ?? "")
        includePending = try Self.boolean("ALPHA_TRADE_FEED_INCLUDE_PENDING", value("ALPHA_TRADE_FEED_INCLUDE_PENDING")) ?? false
        feedTimeoutSeconds = try Self.seconds(
            "ALPHA_TRADE_FEED_TIMEOUT_SECONDS", value("ALPHA_TRADE_FEED_TIMEOUT_SECONDS")) ?? 20
        readKey = value("ALPHA_LEDGER_READ_KEY")
        adminKey = value("ALPHA_LEDGER_ADMIN_KEY")
        host = value("ALPHA_LEDGER_HOST") ?? "127.0.0.1"
        port = try Self.port("ALPHA_LEDGER_PORT", value("ALPHA_LEDGER_PORT")) ?? 8080
        connectionsPerAddress = try Self.count(
            "ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS", value("ALPHA_LEDGER_CONNECTIONS_PER_ADDRESS"))
        signingKeyFile = value("ALPHA_LEDGER_SIGNING_KEY_FILE")
        amberdataBaseURL = value("AMBERDATA_BASE_URL")
        amberdataKey = value("AMBERDATA_API_KEY")
        allowsUnsafeDurability = try Self.boolean(
            "ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY", value("ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY")) ?? false
        do throws(RowRedaction.Problem) {
            redaction = try RowRedaction(Self.list(value("ALPHA_LEDGER_REDACT_FIELDS") ?? value("REDACT_FIELDS") ?? ""))
        } catch {
            throw Problem("redact_fields: \(error)")
        }
        for (name, key) in [("ALPHA_LEDGER_READ_KEY", readKey), ("ALPHA_LEDGER_ADMIN_KEY", adminKey)] {
            guard let key, key.utf8.count < Self.shortestKeyBytes else { continue }
            throw Problem(
                "\(name): expected a key of \(Self.shortestKeyBytes) bytes or more, as `openssl rand -hex 32` makes one; a shorter one can be guessed")
        }
        if let readKey, readKey == adminKey {
            throw Problem("ALPHA_LEDGER_ADMIN_KEY must differ from ALPHA_LEDGER_READ_KEY: a reader could administer")
        }
    }

    /// Secrets that must not show in a log, an error text or an event.
    public var secrets: [String] {
        [feedKey, readKey, adminKey, amberdataKey].compactMap { $0 }
    }

    /// A comma-separated list: trimmed, without empty parts.
    public static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    private static func parse(_ text: String) throws -> [String: String] {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw Problem("alpha-ledger.yaml is not YAML: \(YAMLProblem(error))")
        }
        guard let node else { return [:] }
        guard let mapping = node.mapping else { throw Problem("alpha-ledger.yaml: expected a mapping of names to values") }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            let name = (key.scalar?.string ?? "").uppercased()
            let line = key.mark.map { ":\($0.line)" } ?? ""
            guard names.contains(name) else {
                throw Problem(
                    "alpha-ledger.yaml\(line): unknown setting `\(key.scalar?.string ?? "?")`\(Suggestion.question(name, among: names.sorted().map { $0.lowercased() }))")
            }
            if let scalar = value.scalar {
                values[name] = scalar.string
            } else if let sequence = value.sequence, sequence.allSatisfy({ $0.scalar != nil }) {
                values[name] = sequence.compactMap(\.scalar?.string).joined(separator: ",")
            } else {
                throw Problem("alpha-ledger.yaml\(line): \(name): expected a value or a list of values")
            }
        }
        return values
    }

    private static func boolean(_ name: String, _ value: String?) throws -> Bool? {
        switch value?.lowercased() {
        case nil: nil
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: throw Problem("\(name): expected true or false")
        }
    }

    private static func seconds(_ name: String, _ value: String?) throws -> Double? {
        guard let value else { return nil }
        guard let seconds = Double(value), seconds > 0, seconds <= 3600 else {
            throw Problem("\(name): expected a number of seconds above 0 and at most 3600")
        }
        return seconds
    }

    private static func count(_ name: String, _ value: String?) throws -> Int? {
        guard let value else { return nil }
        guard let count = Int(value), 1...1_000_000 ~= count else {
            throw Problem("\(name): expected a whole number, 1 to 1000000")
        }
        return count
    }

    private static func port(_ name: String, _ value: String?) throws -> Int? {
        guard let value else { return nil }
        guard let port = Int(value), 0...65535 ~= port else {
            throw Problem("\(name): expected a port number, 0 to 65535")
        }
        return port
    }
}

/// Replaces configured secrets in a text before it is logged, answered or appended.
public struct Redactor: Sendable {
    private let secrets: [String]

    /// Secrets too short to be told from ordinary text are left alone only where they are empty.
    public init(_ secrets: [String]) {
        self.secrets = secrets.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }
    }

    public func redact(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "[redacted]") }
    }
}
