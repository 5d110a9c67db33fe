import Foundation
import Synchronization

/// Open event streams, read by one thread as fast as they arrive. The thread checks that every stream receives each
/// event once and in order.
final class StreamReaders: Sendable {
    private struct State {
        /// The position that the readers wait for.
        var target: Int64
        var begun = ContinuousClock.now
        /// The milliseconds since `begun` of each stream that has reached the target.
        var milliseconds: [Double] = []
        var waiter: CheckedContinuation<[Double], any Error>?
        var fault: BenchmarkError?
    }

    private let state: Mutex<State>
    private let sockets: [Int32]

    /// Opens a number of streams, which begin after the log's head, and waits for the first bytes of each.
    init(count: Int, port: Int, head: Int64) throws {
        state = Mutex(State(target: head))
        let sockets = try (0..<count).map { _ in try Self.open(port) }
        self.sockets = sockets
        for socket in sockets { try Self.skip(socket, to: "retry: 2000\n\n") }
        Thread.detachNewThread { [self] in read(sockets.map { Stream(socket: $0, last: head) }) }
    }

    /// Shuts the streams down, which also ends the reading thread.
    func close() { for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) } }

    /// Runs `work`, which makes events up to a position, and waits until every stream has received them all. Returns
    /// the time of each stream, in milliseconds from the start.
    func deliver(upTo target: Int64, _ work: () async throws -> Void) async throws -> [Double] {
        state.withLock { state in
            state.target = target
            state.begun = .now
            state.milliseconds = []
        }
        try await work()
        return try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                state.waiter = continuation
                settle(&state)
            }
        }
    }

    /// Resumes the waiting task once all streams have reached the target.
    private func settle(_ state: inout State) {
        guard let waiter = state.waiter, state.fault != nil || state.milliseconds.count == sockets.count else { return }
        state.waiter = nil
        if let fault = state.fault { waiter.resume(throwing: fault) } else { waiter.resume(returning: state.milliseconds) }
    }

    private func fail(_ text: String) {
        state.withLock { state in
            state.fault = state.fault ?? BenchmarkError(text)
            settle(&state)
        }
    }

    // MARK: The reading thread

    private struct Stream {
        let socket: Int32
        var last: Int64
        /// The beginning of an incomplete line; nil in the rest of a line longer than an id's.
        var line: [UInt8]? = []
    }

    private static let longestID = 24

    private func read(_ all: [Stream]) {
        var streams = all
        defer { for stream in streams { Glibc.close(stream.socket) } }
        var sources = streams.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var open = streams.count
        while open > 0 {
            guard poll(&sources, nfds_t(sources.count), -1) > 0 else { continue }
            for index in sources.indices where sources[index].fd >= 0 && sources[index].revents != 0 {
                let count = recv(streams[index].socket, &buffer, buffer.count, 0)
                if count <= 0 {
                    sources[index].fd = -1
                    open -= 1
                    fail("a stream ended early")
                } else {
                    buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count]), &streams[index]) }
                }
            }
        }
    }

    /// Reads the lines of the stream. The lines of HTTP's chunked encoding are skipped.
    private func take(_ bytes: UnsafeRawBufferPointer, _ stream: inout Stream) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress else { return }
            let found = memchr(base, 0x0A, rest.count)
            let end = found.map { rest.startIndex + (UnsafeRawPointer($0) - base) } ?? rest.endIndex
            if stream.line != nil {
                stream.line?.append(contentsOf: rest[rest.startIndex..<min(end, rest.startIndex + Self.longestID)])
                if stream.line?.count ?? 0 > Self.longestID { stream.line = nil }
            }
            guard found != nil else { return }
            if let line = stream.line, line.starts(with: "id: ".utf8) { note(line.dropFirst(4), &stream) }
            stream.line = []
            rest = rest[(end + 1)...]
        }
    }

    private func note(_ digits: ArraySlice<UInt8>, _ stream: inout Stream) {
        guard let position = Int64(String(decoding: digits, as: UTF8.self)), position == stream.last + 1 else {
            return fail("a stream had event \(String(decoding: digits, as: UTF8.self)) after \(stream.last)")
        }
        stream.last = position
        state.withLock { state in
            guard position == state.target else { return }
            state.milliseconds.append((ContinuousClock.now - state.begun) / .milliseconds(1))
            settle(&state)
        }
    }

    // MARK: Opening

    static func connection(to port: Int) throws -> Int32 {
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
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw BenchmarkError("port \(port): \(reason)")
        }
        return descriptor
    }

    private static func open(_ port: Int) throws -> Int32 {
        let descriptor = try connection(to: port)
        let request = Array("GET /api/ledger/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw BenchmarkError("a stream can't be asked for")
        }
        return descriptor
    }

    /// Reads up to the end of a text. Any bytes after it in the same piece are the end of the chunk.
    private static func skip(_ descriptor: Int32, to text: String) throws {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.firstRange(of: Array(text.utf8)) == nil {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw BenchmarkError("a stream ended before it began") }
            bytes += buffer[..<count]
        }
    }
}
