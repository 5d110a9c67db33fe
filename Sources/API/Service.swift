import Glibc
import LedgerProjections
package import LedgerValues
package import Logging
import NIOCore
package import Operations
import ServiceLifecycle

/// The service: the HTTP server, and the projectors of all versions with installed code. It runs until it is stopped.
package struct LedgerService: Sendable {
    private let ledger: Ledger
    private let host: String
    private let port: Int
    private let runsProjectors: Bool
    private let logger: Logger
    private let limits: ServiceLimits
    private let schedule: ScheduleRunner?
    private let dispatch: DispatchService?
    /// The time for requests and projectors to end.
    private static let shutdownSeconds = 5

    /// The reason why the service could not listen, or ended by itself.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Throws if the service would listen beyond loopback without a read key.
    package static func check(host: String, _ settings: Settings) throws(SettingProblem) {
        if !settings.hasReadKeys && !AccessPolicy.isLoopback(host: host == "::1" ? "[::1]" : host) {
            throw SettingProblem(
                "host \(host) is not a loopback address: set ALPHA_LEDGER_READ_KEY before the service listens beyond loopback")
        }
    }

    /// - Parameter dispatch: the dispatcher that runs with the service; nil for none
    package init(
        _ ledger: Ledger, host: String, port: Int, runsProjectors: Bool, limits: ServiceLimits = ServiceLimits(),
        dispatch: DispatchService? = nil, logger: Logger
    ) throws(SettingProblem) {
        try Self.check(host: host, ledger.settings)
        self.ledger = ledger
        self.host = host
        self.port = port
        self.runsProjectors = runsProjectors
        self.dispatch = dispatch
        self.logger = logger
        schedule = try ledger.settings.schedule.map { schedule throws(SettingProblem) in try ScheduleRunner(ledger, schedule) }
        var limits = limits
        if let connections = ledger.settings.connectionsPerAddress { limits.connectionsPerPeer = connections }
        self.limits = limits
    }

    /// Runs until `stop` returns, then lets requests end and releases the leases.
    ///
    /// Throws `SettingProblem` if the host is not an address of this machine, and `Failure` if the address cannot be
    /// listened on.
    /// - Parameters:
    ///   - stop: returns when the service is to end, or when its task is cancelled
    ///   - onRunning: receives the port after it is bound
    package func run(
        until stop: @escaping @Sendable () async -> Void, onRunning: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let group = try await services(onRunning)
        do {
            try await withThrowingTaskGroup(of: Bool.self) { tasks in
                tasks.addTask {
                    try await group.run()
                    return true
                }
                tasks.addTask {
                    await stop()
                    await group.triggerGracefulShutdown()
                    return false
                }
                while let isOver = try await tasks.next(), !isOver {}
                tasks.cancelAll()
            }
        } catch is SocketAddressError.UnknownHost {
            throw Self.unresolved(host)
        } catch let error as IOError {
            throw Self.unusable(host, port, error.errnoCode)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Failure(description: "the service on \(host):\(port) ended: \(error)")
        }
    }

    private func services(_ onRunning: @escaping @Sendable (Int) async -> Void) async throws -> ServiceGroup {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let notifications = ledger.notifications()
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: UntilShutdown { await notifications.run() }, successTerminationBehavior: .ignore)
        ]
        for broken in ledger.registry.unusable {
            logger.warning(
                "rules that nobody serves can't be used",
                metadata: ["projection": "\(broken.name)", "version": "\(broken.version)", "reason": "\(broken.problem)"])
        }
        if runsProjectors {
            for status in try await ProjectionStatus.all(ledger).versions where status.isFrozen {
                logger.warning(
                    "this program lacks the code of a projection version; it is served as it is",
                    metadata: ["projection": "\(status.name)", "version": "\(status.version)"])
            }
            services.append(
                .init(
                    service: UntilShutdown { await ledger.runProjectors(notifications) },
                    successTerminationBehavior: .ignore))
        }
        var limits = limits
        if let connections = FileDescriptors.raiseLimit(), connections < limits.connections {
            logger.warning(
                "the system allows too few open files for all connections; fewer are kept",
                metadata: ["connections": "\(connections)", "wanted": "\(limits.connections)"])
            limits.connections = connections
        }
        let api = API(ledger, limits: limits, dispatch: dispatch)
        let (rebuilds, backfills) = (api.rebuilds, api.jobs)
        services.append(
            .init(
                service: UntilShutdown {
                    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
                    await rebuilds.stop()
                    await backfills.stop()
                }, successTerminationBehavior: .ignore))
        services.append(
            .init(service: UntilShutdown { await api.feed.run(notifications) }, successTerminationBehavior: .ignore))
        services.append(.init(service: UntilShutdown { await api.keepOverviews() }, successTerminationBehavior: .ignore))
        services.append(
            .init(service: UntilShutdown { await ledger.publishCheckpoints(notifications) }, successTerminationBehavior: .ignore))
        if let capture = try CaptureService(ledger) {
            services.append(.init(service: UntilShutdown { await capture.run() }, successTerminationBehavior: .ignore))
        }
        services.append(.init(service: UntilShutdown { await ledger.askWitnesses() }, successTerminationBehavior: .ignore))
        if let dispatch {
            services.append(
                .init(service: UntilShutdown { await dispatch.run(wokenBy: notifications) }, successTerminationBehavior: .ignore))
        }
        if let schedule {
            services.append(.init(service: UntilShutdown { await schedule.run() }, successTerminationBehavior: .ignore))
        }
        if runsProjectors, !ledger.alertCurrencies.isEmpty {
            services.append(.init(service: UntilShutdown { await ledger.watchAlerts() }, successTerminationBehavior: .ignore))
        }
        if runsProjectors, !ledger.alertChannels.isEmpty {
            services.append(.init(service: UntilShutdown { await ledger.deliverAlerts() }, successTerminationBehavior: .ignore))
        }
        if let content = ledger.settings.publicTiles { logger.warning("\(Self.warning(of: content))") }
        let application = api.application(host: host, port: port, logger: quiet, onRunning: onRunning)
        services.append(.init(service: application))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(Self.shutdownSeconds)
        return ServiceGroup(configuration: configuration)
    }
}

extension LedgerService {
    /// What a start says about the parts of the log that need no key.
    private static func warning(of content: TileContent) -> String {
        let pace = "ALPHA_LEDGER_PUBLIC_TILES=\(content.rawValue): whoever reads checkpoints sees the pace of trading"
        return switch content {
        case .checkpoint: pace
        case .hashes: "\(pace), and whoever holds one event can confirm guesses on its neighbours by their hashes"
        case .all: "\(pace), and every event is open to everybody"
        }
    }
}

/// Work that ends on cancellation. A shutdown cancels it.
private struct UntilShutdown: Service {
    let work: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }
}
