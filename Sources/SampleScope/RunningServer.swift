import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// A server on 127.0.0.1 that runs until it is stopped.
struct RunningServer: Sendable {
    /// The port it listens on.
    let port: Int
    private let running: Task<Void, any Error>

    /// Starts listening and returns once connections are accepted.
    ///
    /// Throws what the system says where the port can't be listened on, and `CancellationError` where the caller is
    /// cancelled while it starts.
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
        // The server ended before it listened, or the caller was cancelled while it was about to.
        running.cancel()
        try await running.value
        throw CancellationError()
    }

    /// Stops accepting, closes the connections and returns when all is closed. A second call changes nothing.
    func stop() async {
        running.cancel()
        _ = await running.result
    }
}
