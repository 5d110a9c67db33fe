import API
import ArgumentParser
import LedgerStore
import LedgerValues
import Logging
import Operations
import OptionTrades

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve HTTP and keep the projections up to date.",
        discussion: """
            Ends gracefully on SIGINT and SIGTERM, at once on a second one. Any number of services may share a database: \
            projectors hold leases. Without ALPHA_LEDGER_READ_KEY only loopback is answered, and without \
            ALPHA_LEDGER_ADMIN_KEY nothing is posted. ALPHA_LEDGER_CAPTURE says which series are captured, and how often.

            With --dispatch the service carries intents to the broker, one dispatcher a source. Intents come with \
            ALPHA_LEDGER_TRADE_KEY. Without credentials it does not start, unless --sample asks for the bundled broker. The live \
            account takes two switches: ALPACA_LIVE=true permits it, and --live asks for it.

            Examples:
              alpha-ledger serve
              alpha-ledger serve --port 9000 --no-projectors
              alpha-ledger serve --dispatch --sample
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "Address to listen on; beyond loopback a read key is needed.") var host: String?
    @Option(help: "Port, 0 for any free one.") var port: Int?
    @Flag(name: .customLong("no-projectors"), help: "Serve only; another service keeps the projections up to date.")
    var noProjectors = false
    @Flag(help: "Decide on intents, submit orders and follow them.") var dispatch = false
    @OptionGroup var choice: BrokerCommand.Choice

    func validate() throws {
        if let port, !(0...65535 ~= port) { throw ValidationError("--port: expected 0 to 65535") }
        if (choice.live || choice.sample) && !dispatch { throw ValidationError("--live and --sample: expected --dispatch beside them") }
    }

    func run() async throws {
        var settings = try options.settings(defaultLevel: .info)
        try settings.loadKeys { readFile($0) }
        let connection = dispatch ? try choice.connection(settings) : nil
        let address = host ?? settings.host
        try LedgerService.check(host: address, settings)
        try LedgerService.checkFree(host: address, port: port ?? settings.port)
        let chosen = settings
        if let connection { Output.errorText(try Self.announcement(of: connection.source, chosen)) }
        try await options.withLedger(chosen) { ledger in
            try await serve(
                ledger, host: address, port: port ?? settings.port, runsProjectors: !noProjectors, dispatchingTo: connection)
        }
    }

    /// Which account orders go to.
    private static func announcement(of source: BrokerSource, _ settings: Settings) throws -> String {
        switch source {
        case .alpacaLive: return "orders go to the live account, because ALPACA_LIVE is true and --live was given"
        case .sampleBroker: return "orders go to the bundled sample broker and end with this process"
        case .alpacaPaper:
            let isPermitted = try settings.values.boolean("ALPACA_LIVE") ?? false
            return "orders go to the paper account" + (isPermitted ? ", because --live was not given" : "")
        }
    }
}

/// Runs the service until a signal arrives, and prints the address that it listens on.
///
/// - Parameter connection: the broker that the service dispatches to; nil if it does not
func serve(
    _ ledger: Ledger, host: String, port: Int, runsProjectors: Bool, dispatchingTo connection: BrokerConnection? = nil
) async throws {
    try await ledger.requireWitnessPolicy()
    var dispatch: DispatchService?
    if let connection { dispatch = try await DispatchService(ledger, connection) }
    let service = try LedgerService(
        ledger, host: host, port: port, runsProjectors: runsProjectors, dispatch: dispatch, logger: ledger.logger)
    try await service.run(until: { await Interruption.wait() }) { bound in
        Output.errorText("serving on http://\(host.contains(":") ? "[\(host)]" : host):\(bound)")
    }
}
