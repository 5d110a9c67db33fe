import API
import ArgumentParser
import LedgerStore
import Logging
import Operations

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve HTTP and keep the projections up to date.",
        discussion: """
            Ends gracefully on SIGINT and SIGTERM, at once on a second one. Any number of services may share a database: \
            projectors hold leases. Without ALPHA_LEDGER_READ_KEY only loopback is answered, and without \
            ALPHA_LEDGER_ADMIN_KEY nothing is posted. ALPHA_LEDGER_CAPTURE says which series are captured, and how often.

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
        var settings = try options.settings(defaultLevel: .info)
        try settings.loadKeys { readFile($0) }
        let address = host ?? settings.host
        try LedgerService.check(host: address, settings)
        try LedgerService.checkFree(host: address, port: port ?? settings.port)
        let chosen = settings
        try await options.withLedger(chosen) { ledger in
            try await serve(ledger, host: address, port: port ?? settings.port, runsProjectors: !noProjectors)
        }
    }
}

/// Runs the service until a signal arrives, and prints the address that it listens on.
func serve(_ ledger: Ledger, host: String, port: Int, runsProjectors: Bool) async throws {
    try await ledger.requireWitnessPolicy()
    let service = try LedgerService(
        ledger, host: host, port: port, runsProjectors: runsProjectors, logger: ledger.logger)
    try await service.run(until: { await Interruption.wait() }) { bound in
        Output.errorText("serving on http://\(host.contains(":") ? "[\(host)]" : host):\(bound)")
    }
}
