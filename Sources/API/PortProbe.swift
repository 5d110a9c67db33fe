import Glibc
import LedgerValues
import Operations

extension LedgerService {
    /// Checks whether an address can be listened on, so that a taken port is found before anything long begins.
    ///
    /// Throws the errors of ``run(until:onRunning:)``. That method may still throw them, because the check releases the
    /// port.
    package static func checkFree(host: String, port: Int) throws {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else { throw unresolved(host) }
        defer { freeaddrinfo(first) }
        let address = first.pointee
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), address.ai_protocol)
        // Without a socket here, the server itself reports the reason.
        if descriptor < 0 { return }
        defer { close(descriptor) }
        var isOn: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        if bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1) == 0 { return }
        throw unusable(host, port, errno)
    }

    static func unresolved(_ host: String) -> SettingProblem {
        SettingProblem("--host or ALPHA_LEDGER_HOST: \(host) can't be listened on: the name can't be resolved")
    }

    /// The error for an address that cannot be listened on, by the system's code.
    static func unusable(_ host: String, _ port: Int, _ code: Int32) -> any Error {
        switch code {
        case EADDRNOTAVAIL:
            SettingProblem("--host or ALPHA_LEDGER_HOST: \(host) can't be listened on: it is no address of this machine")
        case EADDRINUSE:
            Failure(description: "the service can't listen on \(host):\(port): the address is in use (--port or ALPHA_LEDGER_PORT)")
        default: Failure(description: "the service can't listen on \(host):\(port): \(String(cString: strerror(code)))")
        }
    }
}
