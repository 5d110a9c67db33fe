import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import PrometheusMetrics
import ServiceLifecycle

/// The context of a request: the connection and its peer's address.
package struct PeerContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let peer: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

/// The thin shell between Hummingbird and the routes.
struct APIResponder: HTTPResponder {
    let api: API

    func respond(to request: Request, context: PeerContext) async throws -> Response {
        var headers: [String: [String]] = [:]
        for field in request.headers { headers[field.name.canonicalName, default: []].append(field.value) }
        // The first Host is the authority. A second one remains among the fields.
        if let authority = request.head.authority { headers["host", default: []].insert(authority, at: 0) }
        var asked = APIRequest(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query, headers: headers,
            isFromLoopback: AccessPolicy.isLoopback(address: context.peer))
        asked.peer = context.peer
        let answer = await api.respond(to: asked, body: UnreadBody(request, context.channel, api.limits.bodyBytes))
        var response = Response(status: .init(code: answer.status), headers: Self.fields(answer), body: .init())
        if let stream = answer.stream {
            response.body = body(stream, context.channel)
        } else if request.method != .head && answer.status != 304 && answer.status != 204 {
            response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        }
        if request.method == .head || answer.status == 304 || answer.status == 204 {
            // Hummingbird would give the length of the empty body, but the header must give the length that a GET would
            // have.
            response.headers[.contentLength] = answer.headers.first { $0.name == "Content-Length" }?.value
        }
        if request.headers[.connection] == "close" || answer.leavesBody { response.headers[.connection] = "close" }
        return response
    }

    private static func fields(_ answer: APIResponse) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    /// Sends a stream's pieces until it ends, the client leaves, or the service stops.
    private func body(_ stream: APIStream, _ channel: any Channel) -> ResponseBody {
        ResponseBody { writer in
            channel.closeFuture.whenComplete { _ in Task { await stream.end() } }
            do {
                try await withGracefulShutdownHandler {
                    while let piece = try await stream.next() { try await writer.write(piece) }
                } onGracefulShutdown: {
                    Task { await stream.end() }
                }
                await stream.end()
                try await writer.finish(nil)
            } catch {
                await stream.end()
                throw error
            }
        }
    }
}

extension API {
    /// The HTTP server, ready to run. `onRunning` receives the bound port.
    package func application(
        host: String, port: Int, logger: Logger, onRunning: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        let (limits, connections, metrics) = (limits, connections, metrics)
        return Application(
            responder: APIResponder(api: self),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionRules(limits, connections, metrics)],
                    idleTimeout: TimeAmount(limits.idleTimeout),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes,
                        maxHeaderFieldCount: limits.headFields))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }
}
