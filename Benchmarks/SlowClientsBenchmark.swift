import Foundation

/// `/healthz` alone, and beside 600 clients that send heads or bodies slowly or read no answers. The goal is a p99
/// below 100 ms.
enum SlowClientsBenchmark {
    private static let clients = 600
    private static let requests = 1000

    /// Runs on a dedicated thread, because it blocks on answers.
    static func run(port: Int) async throws {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try compare(port) }) }
        }
    }

    private static func compare(_ port: Int) throws {
        let alone = try healthz(port)
        let head = "GET /api/ledger/head HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
        let body = "GET /api/ledger/head HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n{"
        let reads = String(repeating: "GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100)
        let sockets = try (0..<clients).map { index in
            let socket = try StreamReaders.connection(to: port)
            try send([head, body, reads][index % 3], socket)
            return socket
        }
        defer { for socket in sockets { close(socket) } }
        let beside = try healthz(port)
        Bench.text("/healthz alone: p50 \(milliseconds(alone, 50)) ms, p99 \(milliseconds(alone, 99)) ms")
        Bench.text(
            "/healthz beside \(clients) slow clients: p50 \(milliseconds(beside, 50)) ms, p99 \(milliseconds(beside, 99)) ms (goal < 100)")
    }

    /// The seconds of each of some requests, each on its own connection.
    private static func healthz(_ port: Int) throws -> [Double] {
        try (0..<requests).map { _ in
            let start = ContinuousClock.now
            let socket = try StreamReaders.connection(to: port)
            defer { close(socket) }
            try send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", socket)
            var buffer = [UInt8](repeating: 0, count: 4096)
            guard recv(socket, &buffer, buffer.count, 0) > 12, buffer[9] == UInt8(ascii: "2") else {
                throw BenchmarkError("/healthz did not answer")
            }
            return (ContinuousClock.now - start) / .seconds(1)
        }.sorted()
    }

    private static func milliseconds(_ seconds: [Double], _ percent: Int) -> String {
        String(format: "%.2f", seconds[min(seconds.count - 1, seconds.count * percent / 100)] * 1e3)
    }

    private static func send(_ text: String, _ socket: Int32) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw BenchmarkError("a request can't be sent")
        }
    }
}
