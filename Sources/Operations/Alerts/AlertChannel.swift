import Crypto
package import Curl
package import LedgerValues
package import OptionTrades

/// Where messages about alerts go (docs/contract/alerts.md, "Delivery").
package struct AlertChannel: Sendable {
    package enum Kind: Sendable {
        case slack
        /// With the key of the signature.
        case webhook(secret: String)
    }

    package let kind: Kind
    /// A secret: whoever has it can write to the receiver.
    private let url: String

    static let slackURL = Setting("SLACK_WEBHOOK_URL", isSecret: true)
    static let webhookURL = Setting("ALPHA_LEDGER_WEBHOOK_URL", isSecret: true)
    static let webhookSecret = Setting("ALPHA_LEDGER_WEBHOOK_SECRET", isSecret: true)
    static let settings = [slackURL, webhookURL, webhookSecret]
    private static let shortestSecretBytes = 16
    /// A receiver that hangs is given up.
    private static let timeoutSeconds: Double = 10
    private static let maximumAnswerBytes = 64 << 10

    package init(_ kind: Kind, url: String) {
        self.kind = kind
        self.url = url
    }

    /// The channels that are configured. Throws `SettingProblem` for what can't be used, without its value.
    static func configured(_ values: SettingValues) throws(SettingProblem) -> [AlertChannel] {
        var channels: [AlertChannel] = []
        if let url = values[slackURL.name] {
            try check(url, slackURL)
            channels.append(AlertChannel(.slack, url: url))
        }
        if let url = values[webhookURL.name] {
            try check(url, webhookURL)
            guard let secret = values[webhookSecret.name], secret.utf8.count >= shortestSecretBytes else {
                throw SettingProblem(
                    "\(webhookSecret.name): expected a secret of \(shortestSecretBytes) bytes or more, which signs messages")
            }
            channels.append(AlertChannel(.webhook(secret: secret), url: url))
        }
        return channels
    }

    private static func check(_ url: String, _ setting: Setting) throws(SettingProblem) {
        do {
            try UpstreamSecurity.check(url)
        } catch {
            throw SettingProblem("\(setting.name): expected an https URL, or an http URL of this machine, without a user name")
        }
    }

    /// As events name it.
    package var name: String {
        switch kind {
        case .slack: "slack"
        case .webhook: "webhook"
        }
    }

    /// A message about some events.
    package func message(_ notices: [AlertNotice]) -> HTTPRequestSpec {
        let ids = notices.first?.eventID
        switch kind {
        case .slack: return request(AlertMessage.slack(AlertMessage.text(notices)), ids)
        case .webhook: return request(AlertMessage.webhook(notices), ids)
        }
    }

    /// A message about nothing.
    package func test(_ eventID: UniqueID, at now: Instant) -> HTTPRequestSpec {
        let text = "A test of alpha-ledger's alerts, sent at \(now)\nevent \(eventID)"
        switch kind {
        case .slack: return request(AlertMessage.slack(text), eventID)
        case .webhook: return request(AlertMessage.webhookTest(text, eventID: eventID), eventID)
        }
    }

    private func request(_ body: [UInt8], _ eventID: UniqueID?) -> HTTPRequestSpec {
        var headers = [("Content-Type", "application/json")]
        if let eventID { headers.append(("X-Alpha-Ledger-Event", eventID.description)) }
        if case .webhook(let secret) = kind {
            let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
            headers.append(("X-Alpha-Ledger-Signature", "sha256=\(Digest32(Array(code)))"))
        }
        return HTTPRequestSpec(
            .post(body), url: url, headers: headers, timeoutSeconds: Self.timeoutSeconds, maximumBodyBytes: Self.maximumAnswerBytes)
    }

    /// What became of a message.
    package enum Outcome: Sendable, Equatable {
        case delivered
        /// Why, without the address, and the wait that the receiver asked for in seconds.
        case failed(String, retryAfter: Double?)
    }

    /// Sends a request once. Throws `CancellationError` if the task was cancelled.
    package func send(_ request: HTTPRequestSpec, _ transport: CurlTransport) async throws(CancellationError) -> Outcome {
        do {
            let response = try await transport.send(request)
            if 200...299 ~= response.status { return .delivered }
            let asked = response.header("Retry-After").flatMap { RetryPolicy().seconds(ofRetryAfter: $0) }
            return .failed("the receiver answered \(response.status)", retryAfter: asked)
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            // Only the kind: an address can be a secret.
            return .failed("the receiver can't be told: \(error.code)", retryAfter: nil)
        }
    }
}
