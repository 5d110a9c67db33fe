package import Curl
import LedgerEvents
package import LedgerValues

/// Objects in a bucket: written whole and only if the key is free, read by ranges, and read back after writing.
///
/// Requests are sent again after broken connections, time-outs of the server and 5xx. Nothing is ever replaced or deleted.
package struct S3Client: Sendable {
    /// An object in a list.
    package struct Object: Sendable, Equatable {
        package let key: String
        package let size: Int64
    }

    private let settings: S3Settings
    package let bucket: String
    private let transport: CurlTransport
    private let retries: RetryPolicy
    /// Bytes of a part. S3 takes parts of 5 MiB and more, but for the last one.
    let partSize: Int

    private static let mebibyte: Int64 = 1 << 20
    /// Requests end after this time.
    private let timeoutSeconds: Double

    package init(
        _ settings: S3Settings, bucket: String, transport: CurlTransport = CurlTransport(upstream: "s3"), partSize: Int = 8 << 20,
        retries: RetryPolicy? = nil, timeoutSeconds: Double = 60
    ) {
        self.settings = settings
        self.bucket = bucket
        self.transport = transport
        self.partSize = partSize
        self.timeoutSeconds = timeoutSeconds
        self.retries = retries ?? Self.patient()
    }

    private static func patient() -> RetryPolicy {
        var policy = RetryPolicy()
        policy.retriesServerErrors = true
        policy.maximumLostConnectionRetries = 4
        // A signature is good for some minutes, and each of them is made before the first attempt.
        policy.maximumRetryAfterSeconds = 30
        return policy
    }

    // MARK: Reading

    /// The bytes of an object, or a range of them.
    package func get(_ key: String, range: Range<Int64>? = nil) async throws(S3Error) -> [UInt8] {
        var headers: [(name: String, value: String)] = []
        if let range { headers.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")) }
        let response = try await send(.get, key, headers: headers)
        guard response.status == (range == nil ? 200 : 206) else { throw refusal(response, "reading \(name(key))", key) }
        if let range, response.body.count != Int(range.upperBound - range.lowerBound) { throw .unreadable(what: name(key)) }
        return response.body
    }

    /// The size of an object in bytes; nil if it is not there.
    package func size(of key: String) async throws(S3Error) -> Int64? {
        let response = try await send(.head, key)
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw refusal(response, "reading \(name(key))", key) }
        guard let size = response.header("Content-Length").flatMap({ Int64($0) }) else { throw .unreadable(what: name(key)) }
        return size
    }

    /// The objects whose keys begin with a prefix, by key.
    package func list(_ prefix: String) async throws(S3Error) -> [Object] {
        var found: [Object] = []
        for page in try await pages(prefix, []) {
            for object in page.elements("Contents") {
                guard let key = object["Key"], let size = object["Size"].flatMap({ Int64($0) }) else {
                    throw .unreadable(what: Self.list(bucket, prefix))
                }
                found.append(Object(key: key, size: size))
            }
        }
        return found
    }

    /// What follows a prefix in keys up to the next slash, where there is one: the names of the folders below a folder `a/`.
    package func folders(_ prefix: String) async throws(S3Error) -> [String] {
        var found: [String] = []
        for page in try await pages(prefix, [("delimiter", "/")]) {
            for folder in page.elements("CommonPrefixes") {
                guard let name = folder["Prefix"], name.hasPrefix(prefix), name.hasSuffix("/") else {
                    throw .unreadable(what: Self.list(bucket, prefix))
                }
                found.append(String(name.dropFirst(prefix.count).dropLast()))
            }
        }
        return found
    }

    private static func list(_ bucket: String, _ prefix: String) -> String { "the list of s3://\(bucket)/\(prefix)" }

    /// The answers that make up a list.
    private func pages(_ prefix: String, _ options: [(name: String, value: String)]) async throws(S3Error) -> [XMLText] {
        var pages: [XMLText] = []
        var token: String?
        repeat {
            var query = [("list-type", "2"), ("prefix", prefix)] + options
            if let token { query.append(("continuation-token", token)) }
            let response = try await send(.get, "", query: query)
            let what = Self.list(bucket, prefix)
            guard response.status == 200 else { throw refusal(response, what, prefix) }
            let page = XMLText(response.body)
            pages.append(page)
            token = page["IsTruncated"] == "true" ? page["NextContinuationToken"] : nil
            if page["IsTruncated"] == "true", token == nil { throw .unreadable(what: what) }
        } while token != nil
        return pages
    }

    /// The SHA-256 of what the store gives for a key now, read by parts. An ETag proves nothing.
    package func digest(of key: String) async throws(S3Error) -> (size: Int64, sha256: Digest32) {
        guard let size = try await size(of: key) else { throw .absent(name(key)) }
        var hash = RunningDigest()
        var read: Int64 = 0
        while read < size {
            let end = min(size, read + Int64(partSize))
            hash.add(try await get(key, range: read..<end))
            read = end
        }
        return (size, hash.finish())
    }

    // MARK: Writing

    /// Writes an object, and reads it back. Writing the same bytes again changes nothing.
    package func put(_ bytes: [UInt8], _ key: String) async throws(S3Error) {
        let response = try await send(.put(bytes), key, headers: [("if-none-match", "*")])
        switch response.status {
        case 200: break
        // There is one already; perhaps it was written by an attempt whose answer was lost.
        case 409, 412: return try await check(key, Int64(bytes.count), Digest32(sha256Of: bytes), .exists(name(key)))
        default: throw refusal(response, "writing \(name(key))", key)
        }
        try await check(key, Int64(bytes.count), Digest32(sha256Of: bytes), .differs(name(key), problem: Self.otherBytes))
    }

    /// Writes a local file as an object, in parts if it is long, and reads it back. If it fails, the parts are taken back.
    package func put(file path: String, _ key: String) async throws(S3Error) {
        let file = try LocalFile(path)
        if file.size <= Int64(partSize) { return try await put(try file.read(0..<file.size), key) }
        // At most 10,000 parts.
        let least = (file.size + 9_999) / 10_000
        let length = least <= Int64(partSize) ? Int64(partSize) : (least + Self.mebibyte - 1) / Self.mebibyte * Self.mebibyte
        if try await size(of: key) != nil {
            return try await check(key, file.size, try file.digest(), .exists(name(key)))
        }
        let what = "writing \(name(key))"
        let begun = try await send(.post([]), key, query: [("uploads", "")])
        guard begun.status == 200 else { throw refusal(begun, what, key) }
        guard let upload = XMLText(begun.body)["UploadId"] else { throw .unreadable(what: name(key)) }
        let completed: HTTPResponse
        do throws(S3Error) {
            let parts = try await sendParts(of: file, length, key, upload)
            completed = try await send(.post(parts), key, query: [("uploadId", upload)], headers: [("if-none-match", "*")])
        } catch {
            await abort(key, upload)
            throw error
        }
        let code = XMLText(completed.body)["Code"]
        let digest = try file.digest()
        if completed.status == 200, code == nil {
            return try await check(key, file.size, digest, .differs(name(key), problem: Self.otherBytes))
        }
        // The upload may be complete although the answer to an earlier attempt was lost.
        if code == "NoSuchUpload", try await size(of: key) != nil {
            return try await check(key, file.size, digest, .exists(name(key)))
        }
        await abort(key, upload)
        if completed.status == 412 || completed.status == 409 { return try await check(key, file.size, digest, .exists(name(key))) }
        throw refusal(completed, what, key)
    }

    /// The document that completes the upload.
    private func sendParts(of file: borrowing LocalFile, _ length: Int64, _ key: String, _ upload: String) async throws(S3Error) -> [UInt8]
    {
        var parts = ""
        var number = 1
        var start: Int64 = 0
        while start < file.size {
            let end = min(file.size, start + length)
            let response = try await send(
                .put(try file.read(start..<end)), key, query: [("partNumber", "\(number)"), ("uploadId", upload)])
            guard response.status == 200, let tag = response.header("ETag") else {
                throw refusal(response, "writing part \(number) of \(name(key))", key)
            }
            parts += "<Part><PartNumber>\(number)</PartNumber><ETag>\(tag)</ETag></Part>"
            number += 1
            start = end
        }
        return Array("<CompleteMultipartUpload>\(parts)</CompleteMultipartUpload>".utf8)
    }

    /// Takes the parts of an upload back. If that fails as well, the bucket's own rule for incomplete uploads has to do it.
    private func abort(_ key: String, _ upload: String) async {
        _ = try? await send(.delete, key, query: [("uploadId", upload)])
    }

    private static let otherBytes = "does not read back as it was written"

    private func check(_ key: String, _ size: Int64, _ digest: Digest32, _ fault: S3Error) async throws(S3Error) {
        let found = try await self.digest(of: key)
        if found.size != size || found.sha256 != digest { throw fault }
    }

    // MARK: Requests

    private func name(_ key: String) -> String { "s3://\(bucket)/\(key)" }

    private func send(
        _ method: HTTPRequestSpec.Method, _ key: String, query: [(name: String, value: String)] = [],
        headers given: [(name: String, value: String)] = []
    ) async throws(S3Error) -> HTTPResponse {
        let isVirtual = settings.style == .virtual
        let host = isVirtual ? "\(bucket).\(settings.host)" : settings.host
        let path = (isVirtual ? "/" : key.isEmpty ? "/\(bucket)" : "/\(bucket)/") + RequestSignature.encoded(key, slashes: true)
        guard let now = Instant(microseconds: Int64(retries.now() * 1_000_000)) else {
            throw .unreadable(what: "the time")
        }
        let payload = Digest32(sha256Of: method.body).description
        var headers = given + [("x-amz-date", now.amazonTime), ("x-amz-content-sha256", payload)]
        if let token = settings.credentials.token { headers.append(("x-amz-security-token", token)) }
        let signature = RequestSignature(credentials: settings.credentials, region: settings.region)
        let authorization = signature.authorization(
            method.text, path: path, query: query, headers: headers + [("host", host)], payload: payload, at: now.amazonTime)
        headers.append(("authorization", authorization))
        switch method {
        case .put, .post: headers.append(("content-type", "application/octet-stream"))
        case .get, .head, .delete: break
        }
        let asked = query.isEmpty ? "" : "?" + RequestSignature.encoded(query)
        let request = HTTPRequestSpec(
            method, url: "\(settings.scheme)://\(host)\(path)\(asked)", headers: headers, timeoutSeconds: timeoutSeconds,
            acceptsGzip: false)
        do {
            return try await transport.get(request, retries: retries)
        } catch {
            throw .transport(error)
        }
    }

    private func refusal(_ response: HTTPResponse, _ what: String, _ key: String) -> S3Error {
        let code = XMLText(response.body)["Code"]
        if response.status == 404, code == nil || code == "NoSuchKey" { return .absent(name(key)) }
        // The message may name the key of the account, so the code has to do.
        let word = code.map { String($0.prefix(64).filter { $0.isASCII && $0.isLetter }) } ?? "without a code"
        return .refused(status: response.status, code: word, what: what)
    }
}
