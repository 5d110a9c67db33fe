import HTTPTypes
import Hummingbird
import HummingbirdCore
import LedgerNotes
import LedgerWitness
package import Logging
import NIOCore
package import Operations

/// A witness over HTTP (C2SP tlog-witness), without a database.
///
/// It answers `POST /add-checkpoint` and `GET /<hex SHA-256 of an origin>/checkpoint`. A body of more than 256 KiB is refused (413). One
/// that takes longer than 10 s is dropped with its connection.
package struct WitnessServer: Sendable {
    private let witness: WitnessDirectory
    private let logger: Logger
    private let bodySeconds: Double

    package init(_ witness: WitnessDirectory, bodySeconds: Double = 10, logger: Logger) {
        self.witness = witness
        self.logger = logger
        self.bodySeconds = bodySeconds
    }

    /// Serves until cancelled. `onRunning` receives the bound port.
    package func run(host: String, port: Int, onRunning: @escaping @Sendable (Int) async -> Void) async throws {
        let application = Application(
            responder: WitnessResponder(witness: witness, logger: logger, bodySeconds: bodySeconds),
            server: .http1(configuration: .init(idleTimeout: .seconds(10))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) }, logger: logger)
        try await application.run()
    }
}

private struct WitnessResponder: HTTPResponder {
    let witness: WitnessDirectory
    let logger: Logger
    let bodySeconds: Double

    func respond(to request: Request, context: PeerContext) async throws -> Response {
        let path = request.uri.path
        if path == "/add-checkpoint" {
            guard request.method == .post else { return text(405, "expected POST\n") }
            return try await add(request, context)
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, parts[2] == "checkpoint" else { return text(404, "not found\n") }
        guard request.method == .get else { return text(405, "expected GET\n") }
        guard let note = witness.checkpoint(ofHash: String(parts[1])) else { return text(404, "nothing of this log was cosigned\n") }
        return response(200, "text/plain; charset=utf-8", note.bytes)
    }

    private func add(_ request: Request, _ context: PeerContext) async throws -> Response {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > AddCheckpoint.maximumBytes {
            return tooLong()
        }
        let body: [UInt8]
        do {
            body = try await collected(request, context)
        } catch is NIOTooManyBytesError {
            return tooLong()
        }
        do {
            let answer = try await witness.add(body)
            return response(answer.status, answer.contentType, answer.body)
        } catch {
            // Nothing is known of what is on disk, so nothing may be said of it.
            logger.error("a checkpoint was not cosigned", metadata: ["reason": "\(error)"])
            return text(500, "the witness can't write its state\n")
        }
    }

    /// The request's body. Who takes too long loses the connection.
    private func collected(_ request: Request, _ context: PeerContext) async throws -> [UInt8] {
        let channel = context.channel
        let timeout = Task {
            try await Task.sleep(for: .seconds(bodySeconds))
            try? await channel.close()
        }
        defer { timeout.cancel() }
        return Array(try await request.body.collect(upTo: AddCheckpoint.maximumBytes).readableBytesView)
    }

    private func tooLong() -> Response {
        var answer = text(413, "at most \(AddCheckpoint.maximumBytes) bytes\n")
        answer.headers[.connection] = "close"
        return answer
    }

    private func text(_ status: Int, _ body: String) -> Response { response(status, "text/plain; charset=utf-8", Array(body.utf8)) }

    private func response(_ status: Int, _ type: String, _ body: [UInt8]) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
