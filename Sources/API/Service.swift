import Hummingbird
public import Logging
public import Operations
import PostgresStore
import Projections
import ServiceLifecycle
import UnixSignals

/// The service: HTTP, and a projector for each served projection version, until a signal ends it.
public struct LedgerService: Sendable {
    private let ledger: Ledger
    private let host: String
    private let port: Int
    private let runsProjectors: Bool
    private let logger: Logger
    /// How long requests and projectors may take to end.
    private static let shutdownSeconds = 5

    /// Refuses to listen beyond loopback without a read key.
    public init(
        _ ledger: Ledger, host: String, port: Int, runsProjectors: Bool, logger: Logger
    ) throws(Settings.Problem) {
        if ledger.settings.readKey == nil && !AccessPolicy.isLoopback(host: host == "::1" ? "[::1]" : host) {
            throw Settings.Problem(
                "host \(host) is not a loopback address: set ALPHA_LEDGER_READ_KEY before the service listens beyond loopback")
        }
        self.ledger = ledger
        self.host = host
        self.port = port
        self.runsProjectors = runsProjectors
        self.logger = logger
    }

    /// Runs until SIGINT or SIGTERM, then ends requests and gives leases back.
    ///
    /// - Parameter onRunning: hears the port once it is bound.
    public func run(handlesSignals: Bool = true, onRunning: @escaping @Sendable (Int) async -> Void) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let signal = LogSignal(ledger.serviceConfiguration)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: UntilShutdown { await signal.run() }, successTerminationBehavior: .ignore)
        ]
        if runsProjectors {
            for status in try await ProjectionStatus.all(ledger).versions {
                guard !status.isFrozen,
                    let definition = ledger.registry.definition(status.version.name, version: status.version.version)
                else {
                    logger.warning(
                        "this program lacks the code of a projection version; it is served as it is",
                        metadata: ["projection": "\(status.version.name)", "version": "\(status.version.version)"])
                    continue
                }
                let follower = ProjectionFollower(definition, pool: ledger.pool, owner: ledger.owner)
                services.append(
                    .init(service: UntilShutdown { await follower.run(signal) }, successTerminationBehavior: .ignore))
            }
        }
        let application = API(ledger).application(host: host, port: port, logger: quiet, onRunning: onRunning)
        services.append(.init(service: application))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: handlesSignals ? [.sigint, .sigterm] : [], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(Self.shutdownSeconds)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Work that ends when it is cancelled, which is what a shutdown does to it.
private struct UntilShutdown: Service {
    let work: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }
}
