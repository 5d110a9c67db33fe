import Glibc

/// Reads requests and writes replies. Holds the server only while it is asked, so that tests can let go of it.
struct ConnectionLoop: Sendable {
    let log: @Sendable () -> LoopbackServer?

    func accept(on listener: Int32) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else {
                if errno == EINTR { continue }
                close(listener)
                return
            }
            guard let number = log()?.opened(socket) else {
                close(socket)
                continue
            }
            startThread {
                serve(socket, number)
                log()?.closed(socket)
                close(socket)
            }
        }
    }

    private func serve(_ socket: Int32, _ connection: Int) {
        var pending: [UInt8] = []
        while let head = readHead(socket, &pending) {
            let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
            let target = lines.first?.split(separator: " ").dropFirst().first ?? ""
            let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
            }
            guard let reply = log()?.answer(target: String(target), headers: headers, connection: connection) else { return }
            guard send(reply, socket) else { return }
        }
    }

    /// The bytes up to the empty line; none of our requests has a body.
    private func readHead(_ socket: Int32, _ pending: inout [UInt8]) -> [UInt8]? {
        let end = Array("\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            if let found = (0...max(0, pending.count - 4)).first(where: { pending.dropFirst($0).starts(with: end) }) {
                defer { pending.removeFirst(found + 4) }
                return Array(pending[..<found])
            }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            pending += buffer[..<count]
        }
    }

    private func send(_ reply: LoopbackServer.Reply, _ socket: Int32) -> Bool {
        switch reply {
        case .response(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.count)\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            return write(Array((head + "\r\n").utf8) + body, socket)
        case .steps(let steps):
            for step in steps where !run(step, socket) { return false }
            return true
        }
    }

    private func run(_ step: LoopbackServer.Step, _ socket: Int32) -> Bool {
        switch step {
        case .bytes(let bytes): return write(bytes, socket)
        case .pause(let milliseconds):
            usleep(UInt32(milliseconds) * 1000)
            return true
        case .close: return false
        case .reset:
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            return false
        }
    }

    private func write(_ bytes: [UInt8], _ socket: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL.rawValue))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
