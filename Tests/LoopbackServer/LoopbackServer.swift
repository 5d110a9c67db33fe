import BlockingThreads
import Glibc
import Synchronization

/// A small HTTP server on 127.0.0.1 for tests, which can also do what no good server does.
///
/// Blocking sockets, a thread a connection. It serves until the process ends, so that a test needn't hold on to it.
package final class LoopbackServer: Sendable {
    /// A request as it was read.
    package struct Request: Sendable {
        /// As in `GET`.
        package let method: String
        /// The request line's target: path and query.
        package let target: String
        package let headers: [(name: String, value: String)]
        /// As its `Content-Length` says; empty without one.
        package let body: [UInt8]
        /// Which request of the server it is, from 1.
        package let number: Int
        /// Which connection it came on, from 1.
        package let connection: Int

        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// A thing to do on a connection instead of a whole answer.
    package enum Step: Sendable {
        case bytes([UInt8])
        case pause(milliseconds: Int)
        /// Ends the connection in order.
        case close
        /// Ends the connection by an RST.
        case reset
    }

    /// How a request is answered.
    package enum Reply: Sendable {
        /// A whole answer; the connection stays open.
        case response(status: Int, headers: [(name: String, value: String)], body: [UInt8])
        /// These things in turn; the connection stays open unless one ends it.
        case steps([Step])

        package static func json(_ text: String) -> Reply {
            .response(status: 200, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
        }

        package static func status(_ status: Int, _ headers: [(name: String, value: String)] = []) -> Reply {
            .response(status: status, headers: headers, body: [])
        }

        package static func raw(_ text: String) -> Reply {
            .steps([.bytes(Array(text.utf8)), .close])
        }
    }

    package struct Failure: Error {
        package let call: String
        package let code: Int32
    }

    /// The port, which the system chose.
    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)" }

    private let log = Mutex<(requests: [Request], connections: Int)>(([], 0))
    private let handler: @Sendable (Request) -> Reply

    package init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
        self.handler = handler
        let listener: Int32
        (listener, port) = try Self.listen()
        precondition(startThread { self.accept(on: listener) }, "no thread for the server")
    }

    /// The requests so far.
    package var requests: [Request] { log.withLock { $0.requests } }

    /// How many connections were made so far.
    package var connectionCount: Int { log.withLock { $0.connections } }

    /// A port of this machine on which nobody listens.
    ///
    /// Below the range that the system chooses from (32768 and up), or a server of another test could get it. It is
    /// tried without listening: a process that is started meanwhile must not answer there.
    package static func unusedPort() throws -> Int {
        while true {
            do {
                let (socket, port) = try bound(to: UInt16.random(in: 10_000..<30_000))
                close(socket)
                return port
            } catch let failure as Failure where failure.code == EADDRINUSE {
                continue
            }
        }
    }

    private static func listen() throws -> (socket: Int32, port: Int) {
        let (listener, port) = try bound(to: 0)
        guard Glibc.listen(listener, 64) == 0 else {
            let code = errno
            close(listener)
            throw Failure(call: "listen", code: code)
        }
        return (listener, port)
    }

    /// A socket at a port, or for 0 at one that the system chooses. Programs that tests start don't inherit it.
    private static func bound(to port: UInt16) throws -> (socket: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw Failure(call: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            return bind(listener, address, length) != 0 ? -1 : getsockname(listener, address, &length)
        }
        guard status == 0 else {
            let code = errno
            close(listener)
            throw Failure(call: "bind", code: code)
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func accept(on listener: Int32) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else { continue }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let number = log.withLock { log in
                log.connections += 1
                return log.connections
            }
            let isStarted = startThread {
                Connection(server: self, socket: socket, number: number).serve()
                close(socket)
            }
            precondition(isStarted, "no thread for a connection")
        }
    }

    /// Takes a request down and asks the test what to answer.
    func answer(method: String, target: String, headers: [(name: String, value: String)], body: [UInt8], connection: Int) -> Reply {
        let request = log.withLock { log in
            log.requests.append(
                Request(
                    method: method, target: target, headers: headers, body: body, number: log.requests.count + 1,
                    connection: connection))
            return log.requests[log.requests.count - 1]
        }
        return handler(request)
    }
}
