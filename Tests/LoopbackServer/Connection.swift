import Glibc

/// A connection of the server: reads requests and writes replies, until either side has enough.
struct Connection {
    let server: LoopbackServer
    let socket: Int32
    let number: Int

    func serve() {
        var pending: [UInt8] = []
        while let head = readHead(&pending) {
            let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
            let words = lines.first?.split(separator: " ") ?? []
            let (method, target) = (words.first ?? "", words.dropFirst().first ?? "")
            let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
            }
            let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
            guard let body = readBody(length, &pending) else { return }
            guard
                send(
                    server.answer(
                        method: String(method), target: String(target), headers: headers, body: body, connection: number),
                    withBody: method != "HEAD")
            else { return }
        }
    }

    private func readBody(_ length: Int, _ pending: inout [UInt8]) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while pending.count < length {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            pending += buffer[..<count]
        }
        defer { pending.removeFirst(length) }
        return Array(pending[..<length])
    }

    /// The bytes up to the empty line.
    private func readHead(_ pending: inout [UInt8]) -> [UInt8]? {
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

    private func send(_ reply: LoopbackServer.Reply, withBody: Bool) -> Bool {
        switch reply {
        case .response(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.count)\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            return write(Array((head + "\r\n").utf8) + (withBody ? body : []))
        case .steps(let steps):
            for step in steps where !run(step) { return false }
            return true
        }
    }

    private func run(_ step: LoopbackServer.Step) -> Bool {
        switch step {
        case .bytes(let bytes): return write(bytes)
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

    private func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
