import CLibCurl
import Glibc

/// The libcurl that is loaded, which need not be that of the headers.
package enum CurlLibrary {
    /// As in `7.88.1`.
    package static var version: String {
        guard let info = curl_version_info(CURLVERSION_FIRST), let version = info.pointee.version else { return "unknown" }
        return String(cString: version)
    }

    /// Whether it was built with WebSocket, over TLS too.
    package static var hasWebSocket: Bool { protocols.contains("ws") && protocols.contains("wss") }

    private static var protocols: [String] {
        guard var next = curl_version_info(CURLVERSION_FIRST)?.pointee.protocols else { return [] }
        var names: [String] = []
        while let name = next.pointee {
            names.append(String(cString: name))
            next += 1
        }
        return names
    }
}
