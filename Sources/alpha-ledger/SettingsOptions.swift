import ArgumentParser
import Foundation
import LedgerStore
import LedgerValues
import Logging
import Operations

/// The settings that every command takes as flags. Keys are never flags, because flags show in the process list.
struct SettingsOptions: ParsableArguments {
    @Option(
        help: "libpq URI of the database; goes over DATABASE_URL. Flags show in the process list: a password belongs into the variable.")
    var databaseURL: String?

    @Option(name: .customLong("data-dir"), help: "Directory of the embedded Postgres; goes over ALPHA_LEDGER_DATA_DIR.")
    var dataDirectory: String?

    /// The settings. Flags override the environment, which overrides `alpha-ledger.yaml`.
    func settings(defaultLevel: Logger.Level = .notice) throws -> Settings {
        var environment = ProcessInfo.processInfo.environment
        if let databaseURL { environment["DATABASE_URL"] = databaseURL }
        if let dataDirectory { environment["ALPHA_LEDGER_DATA_DIR"] = dataDirectory }
        var settings = try Settings(environment: environment, file: try Self.configurationFile())
        // A named directory means the embedded server there.
        if dataDirectory != nil && databaseURL == nil { settings.databaseURL = nil }
        let name = environment["ALPHA_LEDGER_LOG_LEVEL"] ?? ""
        guard name.isEmpty || Logger.Level(rawValue: name.lowercased()) != nil else {
            throw SettingProblem(
                "ALPHA_LEDGER_LOG_LEVEL: expected \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        LineLogHandler.install(
            level: Logger.Level(rawValue: name.lowercased()) ?? defaultLevel, Redactor(settings.secrets))
        return settings
    }

    /// The text of `alpha-ledger.yaml`. Nil if the file does not exist.
    private static func configurationFile() throws -> String? {
        let name = "alpha-ledger.yaml"
        guard let bytes = readFile(name) else {
            if errno == ENOENT { return nil }
            throw SettingProblem("\(name) can't be read: \(String(cString: strerror(errno)))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw SettingProblem("\(name) is not UTF-8") }
        return text
    }

    static func resources() throws -> Resources {
        try Resources.find(
            home: ProcessInfo.processInfo.environment["ALPHA_LEDGER_HOME"], executable: Resources.executablePath())
    }

    /// Opens the ledger, runs the command, and closes the ledger in every case. A dry run passes false for `writes`.
    func withLedger<T>(
        _ settings: Settings? = nil, migration: Ledger.MigrationPolicy = .embeddedOnly, writes: Bool = true,
        _ body: (Ledger) async throws -> T
    ) async throws -> T {
        let chosen = try settings ?? self.settings()
        let ledger = try await Ledger.open(chosen, try Self.resources(), migration: migration, writes: writes)
        let result: Result<T, any Error>
        do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
        await ledger.close()
        return try result.get()
    }
}
