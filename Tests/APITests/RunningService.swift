import API
import Dispatch
import Foundation
import LedgerJSON
import LedgerValues
import Logging
import Operations
import TestSupport

/// A service on a port of its own, asked over real sockets.
struct RunningService: Sendable {
    let ledger: Ledger
    let port: Int

    struct Answer: Sendable {
        let status: Int
        /// Lower-case names.
        let headers: [String: String]
        let body: [UInt8]

        func json() throws -> JSONValue { try JSONDocument(parsing: body).root }
        func code() throws -> String? { try json()["code"]?.string }
    }

    struct BadAnswer: Error {}

    /// - Parameter headers: are sent as they are; a `Host` is added where none is among them.
    func ask(
        _ target: String, method: String = "GET", headers: [(String, String)] = [], body: String? = nil
    ) async throws -> Answer {
        var lines = ["\(method) \(target) HTTP/1.1"]
        if !headers.contains(where: { $0.0 == "Host" }) { lines.append("Host: 127.0.0.1:\(port)") }
        lines += headers.map { "\($0.0): \($0.1)" }
        if let body, !headers.contains(where: { $0.0 == "Transfer-Encoding" }) { lines.append("Content-Length: \(body.utf8.count)") }
        lines += ["Connection: close", "", ""]
        return try Self.parse(try await exchange(Array((lines.joined(separator: "\r\n") + (body ?? "")).utf8)))
    }

    /// The same, asked again for as long as a projection is behind: two cores run many services at once here.
    func askSettled(_ target: String, headers: [(String, String)] = []) async throws -> Answer {
        for _ in 0..<30 {
            let answer = try await ask(target, headers: headers)
            if answer.status != 503 { return answer }
        }
        return try await ask(target, headers: headers)
    }

    func post(_ target: String, _ body: String, key: String? = "admin-key-of-tests") async throws -> Answer {
        try await ask(target, method: "POST", headers: key.map { [("Authorization", "Bearer \($0)")] } ?? [], body: body)
    }

    /// A connection to the service, blocking, for two minutes at most.
    func connect() throws -> FileHandle {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var limit = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BadAnswer() }
        return file
    }

    private func exchange(_ request: [UInt8]) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let file = try connect()
                        var sent = 0
                        while sent < request.count {
                            // A service that has answered may not take the rest.
                            let count = request[sent...].withUnsafeBytes {
                                send(file.fileDescriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                            }
                            if count <= 0 { break }
                            sent += count
                        }
                        return Self.readAll(file.fileDescriptor)
                    })
            }
        }
    }

    /// Sends bytes as they are, and reads until the service closes.
    func raw(_ text: String) async throws -> String {
        String(decoding: try await exchange(Array(text.utf8)), as: UTF8.self)
    }

    static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static func parse(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw BadAnswer() }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw BadAnswer() }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1] : ""
        }
        return Answer(status: status, headers: headers, body: Array(bytes[end.upperBound...]))
    }
}

/// Runs what blocks on a thread of its own: the service has only as many as there are cores.
func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
}

/// Runs a service on a ledger of its own, with a reader and an administrator where keys are given.
///
/// - Parameter dispatch: makes the dispatcher that runs with the service
func withService<T: Sendable>(
    _ environment: [String: String] = [:], limits: ServiceLimits = ServiceLimits(), projectors: Bool = true,
    home: String = projectRoot, logger: Logger = quiet,
    dispatch: (@Sendable (Ledger) async throws -> DispatchService)? = nil, _ body: @Sendable (RunningService) async throws -> T
) async throws -> T {
    try await withDatabase { uri in
        var settings = try Settings(environment: ledgerEnvironment(uri, environment))
        try settings.loadKeys { FileManager.default.contents(atPath: $0).map { Array($0) } }
        let ledger = try await Ledger.open(
            settings, Resources(root: home), migration: .always, logger: logger)
        let result: Result<T, any Error>
        do {
            let service = try LedgerService(
                ledger, host: "127.0.0.1", port: 0, runsProjectors: projectors, limits: limits, dispatch: try await dispatch?(ledger),
                logger: logger)
            result = .success(try await run(service) { port in try await body(RunningService(ledger: ledger, port: port)) })
        } catch {
            result = .failure(error)
        }
        await ledger.close()
        return try result.get()
    }
}

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// Runs a service for as long as `body` does, and stops it in order.
func run<T: Sendable>(_ service: LedgerService, _ body: @Sendable (Int) async throws -> T) async throws -> T {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let (stops, stop) = AsyncStream.makeStream(of: Void.self)
    let running = Task {
        defer { port.finish() }
        try await service.run(until: { for await _ in stops {} }) { bound in port.yield(bound) }
    }
    for await bound in ports {
        let result: Result<T, any Error>
        do { result = .success(try await body(bound)) } catch { result = .failure(error) }
        stop.finish()
        try await running.value
        return try result.get()
    }
    try await running.value
    throw RunningService.BadAnswer()
}
