import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// The sample broker on 127.0.0.1: the same broker as in a process, over real connections.
///
/// It runs until ``stop()``. A call that is to time out is held open until the client gives up or the server stops; one whose
/// connection is to break gets an answer that ends before its body. The `Date` of an answer is this machine's, whatever the broker's
/// clock says: the HTTP server sets it.
package final class SampleBrokerServer: Sendable {
    /// The broker, for what tests set and see.
    package let broker: SampleBroker
    /// The port that the server listens on.
    package let port: Int
    /// The address of both interfaces, for `ALPACA_PAPER_URL` and `ALPACA_DATA_URL`.
    package var url: String { "http://127.0.0.1:\(port)" }

    private let server: RunningServer

    private init(_ broker: SampleBroker, _ server: RunningServer) {
        (self.broker, self.server) = (broker, server)
        port = server.port
    }

    /// Longer than any client waits.
    private static let silence = Duration.seconds(120)
    private static let largestBody = 1 << 16

    /// Closes the connection before the body.
    private struct ConnectionBroken: Error {}

    /// Starts a server and returns when it accepts connections.
    /// - Parameters:
    ///   - broker: the broker that answers
    ///   - port: the port to listen on, 0 for any free one
    /// - Throws: the system's error if the port is not available.
    package static func start(_ broker: SampleBroker, port: Int = 0) async throws -> SampleBrokerServer {
        let server = try await RunningServer.start("sample-broker", port: port) { request in
            try await respond(broker, request)
        }
        return SampleBrokerServer(broker, server)
    }

    private static func respond(_ broker: SampleBroker, _ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: largestBody)
        let headers = request.headers.map { (name: $0.name.rawName, value: $0.value) }
        switch broker.respond(request.method.rawValue, request.uri.description, headers: headers, body: Array(body.readableBytesView)) {
        case .answer(let status, let headers, let body):
            var fields = HTTPFields()
            for (name, value) in headers {
                if let name = HTTPField.Name(name) { fields[name] = value }
            }
            return Response(
                status: HTTPResponse.Status(code: status), headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
        case .timeOut:
            try await Task.sleep(for: silence)
            throw ConnectionBroken()
        case .reset:
            return Response(status: .ok, body: ResponseBody(contentLength: 1) { _ in throw ConnectionBroken() })
        }
    }

    /// Stops accepting, closes the connections and returns when all are closed. A second call has no effect.
    package func stop() async { await server.stop() }
}
