import CLibCurl

/// A libcurl handle, which carries one transfer after another.
///
/// Confined to the loop's thread. Connections belong to the loop's multi handle, not to this one.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private(set) var transfer: Transfer?

    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// Sets the handle up for a transfer. After an error the handle carries no transfer.
    func prepare(_ transfer: Transfer) throws(TransportError) {
        curl_easy_reset(pointer)
        let request = transfer.request
        var isSet = clibcurl_allow_http_only(pointer) == CURLE_OK
        func set(_ option: CURLoption, _ value: Int) {
            isSet = isSet && clibcurl_set_long(pointer, option, value) == CURLE_OK
        }
        func set(_ option: CURLoption, _ value: String) {
            isSet = isSet && clibcurl_set_string(pointer, option, value) == CURLE_OK
        }
        set(CURLOPT_URL, request.url)
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .post(let body), .put(let body):
            set(CURLOPT_POST, 1)
            set(CURLOPT_CUSTOMREQUEST, request.method.text)
            set(CURLOPT_POSTFIELDSIZE, body.count)
            // libcurl copies the body. Without an address it would read the standard input.
            isSet =
                isSet
                && (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
                    clibcurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                } == CURLE_OK
        case .delete: set(CURLOPT_CUSTOMREQUEST, "DELETE")
        }
        if request.method != .get, request.method != .head {
            set(CURLOPT_FRESH_CONNECT, 1)
            set(CURLOPT_FORBID_REUSE, 1)
        }
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_USERAGENT, "alpha-ledger")
        // The environment's proxies are not used, because the key is for the upstream alone.
        set(CURLOPT_PROXY, "")
        let timeoutMilliseconds = Int(min(max(request.timeoutSeconds, 0.001), 86_400) * 1000)
        set(CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
        set(CURLOPT_CONNECTTIMEOUT_MS, timeoutMilliseconds)
        // Any value makes libcurl decode every encoding that it knows, and refuse the others.
        set(CURLOPT_ACCEPT_ENCODING, request.acceptsGzip ? "gzip" : "identity")
        try setHeaders(request.headers)
        isSet = isSet && clibcurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
        setCallbacks(context: Unmanaged.passUnretained(transfer).toOpaque(), &isSet)
        guard isSet else { throw TransportError(.invalidRequest, "libcurl refused the request's settings") }
        self.transfer = transfer
    }

    private func setHeaders(_ headers: [(name: String, value: String)]) throws(TransportError) {
        curl_slist_free_all(headerList)
        headerList = nil
        for (name, value) in headers {
            guard !name.isEmpty, !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }),
                name.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ":") })
            else {
                throw TransportError(
                    .invalidRequest,
                    "the value or the name of the header \(Self.shown(name)) holds a character that no header may")
            }
            // libcurl takes a header that ends with a colon as one to leave out.
            guard let list = curl_slist_append(headerList, value.isEmpty ? "\(name);" : "\(name): \(value)") else {
                throw TransportError(.invalidRequest, "out of memory")
            }
            headerList = list
        }
    }

    private static func shown(_ name: String) -> String {
        String(decoding: name.utf8.map { (0x21...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private func setCallbacks(context: UnsafeMutableRawPointer, _ isSet: inout Bool) {
        errorText[0] = 0
        isSet =
            isSet && clibcurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText) == CURLE_OK
            && clibcurl_set_pointer(pointer, CURLOPT_HEADERDATA, context) == CURLE_OK
            && clibcurl_set_pointer(pointer, CURLOPT_WRITEDATA, context) == CURLE_OK
            && clibcurl_set_callback(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let context else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().takeHeader(line) ? line.count : 0
            } == CURLE_OK
            && clibcurl_set_callback(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let context else { return 0 }
                let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
                // A count other than the part's size stops the transfer; for an empty part it must be larger.
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().takeBody(part)
                    ? part.count : part.count + 1
            } == CURLE_OK
    }

    /// Takes the transfer off the handle, which is then free for another.
    func release() {
        transfer = nil
    }

    /// Passes a finished transfer's answer or error to the waiting task.
    func finish(_ result: CURLcode) {
        guard let transfer else { return }
        release()
        if let refusal = transfer.refusal {
            transfer.fail(refusal)
        } else if result == CURLE_OK {
            var status = 0
            clibcurl_get_long(pointer, CURLINFO_RESPONSE_CODE, &status)
            transfer.finish(status: status)
        } else {
            transfer.fail(error(result, transfer))
        }
    }

    private func error(_ result: CURLcode, _ transfer: Transfer) -> TransportError {
        let origin = transfer.address.origin
        let reason = String(cString: curl_easy_strerror(result))
        // libcurl's own messages name hosts, ports and certificates, but no headers and no query.
        let detail = errorText[0] == 0 ? reason : String(cString: errorText)
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED:
            return TransportError(.unreachable, "\(origin) could not be reached: \(detail)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_USE_SSL_FAILED, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_INVALIDCERTSTATUS:
            return TransportError(.tls, "\(origin) has no secure connection to offer: \(detail)")
        case CURLE_OPERATION_TIMEDOUT:
            return TransportError(
                .timedOut, "\(origin) did not give its whole answer within \(transfer.request.timeoutSeconds) s")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM,
            CURLE_HTTP2:
            return TransportError(.connectionLost, "\(origin) broke the connection off: \(reason)")
        case CURLE_BAD_CONTENT_ENCODING, CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR:
            return TransportError(.malformedResponse, "\(origin) gave an answer that can't be read: \(reason)")
        case CURLE_URL_MALFORMAT:
            return TransportError(.invalidRequest, "the upstream's URL is not a valid URL")
        default:
            return TransportError(.unreachable, "the request to \(origin) failed: \(reason)")
        }
    }
}
