public import Hummingbird
import HTTPTypes
import HummingbirdCore
public import Logging
import NIOCore

/// What a request comes with besides itself: the peer's address.
public struct PeerContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    let isFromLoopback: Bool

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        isFromLoopback = source.channel.remoteAddress?.ipAddress.map(AccessPolicy.isLoopback(address:)) ?? false
    }
}

/// The thin shell between Hummingbird and the routes.
struct APIResponder: HTTPResponder {
    let api: API

    func respond(to request: Request, context: PeerContext) async throws -> Response {
        var headers: [String: [String]] = [:]
        for field in request.headers { headers[field.name.canonicalName, default: []].append(field.value) }
        if let authority = request.head.authority, headers["host"] == nil { headers["host"] = [authority] }
        let isHead = request.method == .head
        var asked = APIRequest(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query, headers: headers,
            isFromLoopback: context.isFromLoopback)
        do {
            let body = try await request.body.collect(upTo: API.maximumBodyBytes)
            asked.body = Array(body.readableBytesView)
        } catch {
            asked.isBodyTooLong = true
        }
        return Self.response(await api.respond(to: asked), isHead: isHead)
    }

    private static func response(_ answer: APIResponse, isHead: Bool) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
        }
        let body = isHead || answer.status == 304 ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        return Response(status: .init(code: answer.status), headers: headers, body: body)
    }
}

extension API {
    /// How long a connection on which nothing is asked stays open.
    private static let idleSeconds: Int64 = 60

    /// The HTTP server, to be run; `onRunning` hears the bound port.
    public func application(
        host: String, port: Int, logger: Logger, onRunning: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            responder: APIResponder(api: self),
            server: .http1(configuration: .init(idleTimeout: .seconds(Self.idleSeconds))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }
}
