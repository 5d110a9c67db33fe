import Foundation
import Operations

/// Events to 1,000 open streams: how long from an append until the last of them has it.
enum StreamBenchmark {
    private static let subscribers = 1000
    private static let appends = 100

    static func run(_ ledger: Ledger, port: Int) async throws {
        let sockets = try (0..<subscribers).map { _ in try open(port) }
        defer { for socket in sockets { close(socket) } }
        // The first lines of each stream.
        for socket in sockets { try await read(socket, until: "retry: 2000\n\n") }
        var milliseconds: [Double] = []
        for number in 0..<appends {
            let seconds = try await Bench.seconds {
                try await AppendBenchmark.append([GeneratedExecutions.payload(90_000_000 + number)], to: ledger)
                for socket in sockets { try await read(socket, until: "\"trd-\(100_000_000 + number)\"") }
            }
            milliseconds.append(seconds * 1000)
        }
        let sorted = milliseconds.sorted()
        Bench.text(
            "an append until \(subscribers) streams have its event: p50 \(Bench.fixed(sorted[sorted.count / 2])) ms, "
                + "p99 \(Bench.fixed(sorted[sorted.count * 99 / 100])) ms (\(appends) appends)")
    }

    private static func open(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchmarkError("a stream can't be opened: \(String(cString: strerror(errno)))") }
        let request = Array("GET /api/ledger/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw BenchmarkError("a stream can't be asked for")
        }
        return descriptor
    }

    /// Reads until a text has come; on a thread that may block.
    private static func read(_ descriptor: Int32, until text: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 16384)
                let wanted = Array(text.utf8)
                while bytes.firstRange(of: wanted) == nil {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    if count <= 0 { return continuation.resume(throwing: BenchmarkError("a stream ended early")) }
                    bytes += buffer[..<count]
                }
                continuation.resume()
            }
        }
    }
}
