import Curl
import Glibc
package import LedgerValues

/// Who signs a request.
package struct S3Credentials: Sendable {
    let keyID: String
    let secret: String
    /// Of temporary credentials.
    let token: String?

    package init(keyID: String, secret: String, token: String? = nil) {
        (self.keyID, self.secret, self.token) = (keyID, secret, token)
    }
}

/// Texts omit the secrets.
extension S3Credentials: CustomStringConvertible, CustomReflectable {
    package var description: String { "S3 credentials" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where buckets are, and with which credentials they are read and written.
package struct S3Settings: Sendable {
    package static let all = [
        Setting("AWS_ACCESS_KEY_ID", isSecret: true), Setting("AWS_SECRET_ACCESS_KEY", isSecret: true),
        Setting("AWS_SESSION_TOKEN", isSecret: true), Setting("AWS_SHARED_CREDENTIALS_FILE"), Setting("AWS_PROFILE"),
        Setting("AWS_REGION"), Setting("AWS_ENDPOINT_URL_S3"), Setting("ALPHA_LEDGER_S3_STYLE"),
    ]

    /// Where the bucket's name stands.
    package enum Style: String, Sendable {
        /// `https://host/bucket/key`
        case path
        /// `https://bucket.host/key`
        case virtual
    }

    let credentials: S3Credentials
    let region: String
    /// `https`, or `http` on loopback.
    let scheme: String
    /// The host with its port if that is not the scheme's.
    let host: String
    let style: Style

    /// - Parameters:
    ///   - endpoint: as in `https://s3.example.com`; nil for AWS in the region.
    ///   - style: by default `virtual` at AWS, `path` at another endpoint.
    package init(
        credentials: S3Credentials, region: String = "us-east-1", endpoint: String? = nil, style: Style? = nil
    ) throws(SettingProblem) {
        guard !region.isEmpty, region.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2d })
        else { throw SettingProblem("AWS_REGION: expected a region, as in us-east-1") }
        self.credentials = credentials
        self.region = region
        self.style = style ?? (endpoint == nil ? .virtual : .path)
        let address = endpoint ?? "https://s3.\(region).amazonaws.com"
        let problem = SettingProblem(
            "AWS_ENDPOINT_URL_S3: expected an https URL of a host and nothing else; http only on loopback")
        let parts = address.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, (try? UpstreamSecurity.check(address)) != nil else { throw problem }
        scheme = parts[0].lowercased()
        host = String(parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1])
        guard !host.isEmpty, !host.utf8.contains(where: { "/?#@\\ ".utf8.contains($0) }) else { throw problem }
    }

    /// Reads the settings. The credentials are those of the environment, or else of a file that its owner alone can read.
    package init(_ values: SettingValues) throws(SettingProblem) {
        let style = try values["ALPHA_LEDGER_S3_STYLE"].map { text throws(SettingProblem) in
            guard let style = Style(rawValue: text) else { throw SettingProblem("ALPHA_LEDGER_S3_STYLE: expected path or virtual") }
            return style
        }
        try self.init(
            credentials: Self.credentials(values), region: values["AWS_REGION"] ?? "us-east-1", endpoint: values["AWS_ENDPOINT_URL_S3"],
            style: style)
    }

    private static func credentials(_ values: SettingValues) throws(SettingProblem) -> S3Credentials {
        if let keyID = values["AWS_ACCESS_KEY_ID"], let secret = values["AWS_SECRET_ACCESS_KEY"] {
            return S3Credentials(keyID: keyID, secret: secret, token: values["AWS_SESSION_TOKEN"])
        }
        guard let path = values["AWS_SHARED_CREDENTIALS_FILE"] else {
            throw SettingProblem(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SHARED_CREDENTIALS_FILE: expected the credentials of the object store")
        }
        let profile = values["AWS_PROFILE"] ?? "default"
        let members = try Self.profile(profile, inFile: path)
        guard let keyID = members["aws_access_key_id"], let secret = members["aws_secret_access_key"] else {
            throw SettingProblem(
                "AWS_SHARED_CREDENTIALS_FILE: expected aws_access_key_id and aws_secret_access_key below [\(profile)]")
        }
        return S3Credentials(keyID: keyID, secret: secret, token: members["aws_session_token"])
    }

    /// The members of a section of a file of credentials.
    private static func profile(_ name: String, inFile path: String) throws(SettingProblem) -> [String: String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SettingProblem("AWS_SHARED_CREDENTIALS_FILE: the file can't be opened") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
            throw SettingProblem("AWS_SHARED_CREDENTIALS_FILE: expected a file that its owner alone can read (mode 0600)")
        }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw SettingProblem("AWS_SHARED_CREDENTIALS_FILE: the file can't be read") }
        var members: [String: String] = [:]
        var isInside = false
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(whereSeparator: \.isNewline) {
            let text = Self.trimmed(line)
            if text.hasPrefix("[") {
                isInside = text.isBytewiseEqual(to: "[\(name)]")
            } else if isInside, !text.hasPrefix("#"), let equals = text.firstIndex(of: "=") {
                members[Self.trimmed(text[..<equals])] = Self.trimmed(text[text.index(after: equals)...])
            }
        }
        return members
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
