import API
import ArgumentParser
import Logging
import Operations

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve HTTP and keep the projections up to date.",
        discussion: """
            Ends gracefully on SIGINT and SIGTERM. Any number of services may share a database: projectors hold leases.

            Examples:
              alpha-ledger serve
              alpha-ledger serve --port 9000 --no-projectors
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "Address to listen on; beyond loopback a read key is needed.") var host: String?
    @Option(help: "Port, 0 for any free one.") var port: Int?
    @Flag(name: .customLong("no-projectors"), help: "Serve only; another service keeps the projections up to date.")
    var noProjectors = false

    func validate() throws {
        if let port, !(0...65535 ~= port) { throw ValidationError("--port: expected 0 to 65535") }
    }

    func run() async throws {
        let settings = try options.settings(defaultLevel: .info)
        try await options.withLedger(settings) { ledger in
            try await serve(
                ledger, host: host ?? settings.host, port: port ?? settings.port, runsProjectors: !noProjectors)
        }
    }
}

/// Runs the service and says where it listens.
func serve(_ ledger: Ledger, host: String, port: Int, runsProjectors: Bool) async throws {
    let service = try LedgerService(
        ledger, host: host, port: port, runsProjectors: runsProjectors, logger: ledger.logger)
    do {
        try await service.run { bound in
            Output.errorText("serving on http://\(host.contains(":") ? "[\(host)]" : host):\(bound)")
        }
    } catch let error as Settings.Problem {
        throw error
    } catch {
        throw Failure(code: 1, "the service on \(host):\(port) ended: \(ledger.redact("\(error)"))")
    }
}
