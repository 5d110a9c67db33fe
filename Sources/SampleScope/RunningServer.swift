import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// A server on 127.0.0.1 that runs until it is stopped.
struct RunningServer: Sendable {
    /// The port that the server listens on.
    let port: Int
    private let running: Task<Void, any Error>

    /// Starts to listen and returns when connections are accepted.
    ///
    /// - Throws: the system's error if the port is not available, `CancellationError` if the caller is cancelled during
    ///   the start.
    static func start(
        _ label: String, port: Int, respond: @escaping @Sendable (Request) async throws -> Response
    ) async throws -> RunningServer {
        let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: label)
        logger.logLevel = .critical
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await respond(request) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in portFound.yield(channel.localAddress?.port ?? 0) },
            logger: logger)
        let running = Task {
            defer { portFound.finish() }
            try await application.run()
        }
        for await port in ports { return RunningServer(port: port, running: running) }
        // The server ended before it listened, or the caller was cancelled just before.
        running.cancel()
        try await running.value
        throw CancellationError()
    }

    /// Stops accepting, closes the connections and returns when all are closed. A second call has no effect.
    func stop() async {
        running.cancel()
        _ = await running.result
    }
}
