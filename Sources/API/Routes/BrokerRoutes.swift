import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension Route {
    /// What trades over HTTP, and what it reads beside the two views (docs/contract/broker.md, "Over HTTP").
    static let broker = [
        Route("POST", "/api/broker/intents") { api, request, _ in try await api.takeIntent(request) },
        Route("POST", "/api/broker/halt") { api, request, _ in try await api.changeHalt(request, isHalt: true) },
        Route("POST", "/api/broker/resume") { api, request, _ in try await api.changeHalt(request, isHalt: false) },
        Route("POST", "/api/broker/cancel") { api, request, _ in try await api.cancelIntent(request) },
        Route("GET", "/api/broker/what-if") { api, request, _ in try await api.whatIfRecorded(request) },
        Route("POST", "/api/broker/what-if") { api, request, _ in try await api.whatIfLive(request) },
        Route("GET", "/api/broker/account") { api, request, _ in try await api.brokerAccounts(request) },
        Route("GET", "/api/broker/intents/{intent_id}") { api, request, captures in
            try await api.intentStory(captures[0], request)
        },
        Route("GET", "/api/broker/orders/{client_order_id}") { api, request, captures in
            try await api.brokerOrder(captures[0], request)
        },
    ]
}

extension API {
    /// The source that is meant if nobody names one: that of this service's dispatcher, else the paper account.
    var brokerSource: BrokerSource { dispatch?.source ?? .alpacaPaper }

    /// Who trades: the name of the key.
    static func trader(_ request: APIRequest) -> String { request.actor ?? "trade key" }

    /// Takes an intent: 201 for a new one, 200 for the same again.
    func takeIntent(_ request: APIRequest) async throws -> APIResponse {
        let root = try Self.brokerBody(request, keys: IntentReading.keys)
        let desk = BrokerDesk(ledger, source: brokerSource)
        let (intent, taken) = try await desk.intend(root, requestedBy: Self.trader(request))
        let node = JSONNode.object([("taken", .string(taken.rawValue)), ("intent", FieldCoder.node(intent))])
        return .json(node.httpBytes(), status: taken == .new ? 201 : 200, cache: "no-store")
    }

    /// Halts a source, or lets it go on.
    func changeHalt(_ request: APIRequest, isHalt: Bool) async throws -> APIResponse {
        let body = try BrokerBody(request, keys: ["source", "why"], standard: brokerSource)
        let desk = BrokerDesk(ledger, source: body.source)
        let (who, why) = (Self.trader(request), try body.needed("why"))
        let isNew =
            isHalt ? try await desk.halt(requestedBy: who, why: why) : try await desk.resume(requestedBy: who, why: why)
        let node = JSONNode.object([
            ("source", .string(body.source.rawValue)), ("halted", .bool(isHalt)), ("changed", .bool(isNew)),
        ])
        return .json(node.httpBytes(), cache: "no-store")
    }

    /// Cancels an intent, or asks for its order's cancellation.
    func cancelIntent(_ request: APIRequest) async throws -> APIResponse {
        let body = try BrokerBody(request, keys: ["source", "intent_id", "why"], standard: brokerSource)
        let id = try body.needed("intent_id")
        let recorded = try await BrokerDesk(ledger, source: body.source)
            .cancel(id, requestedBy: Self.trader(request), why: try body.needed("why"))
        let node = JSONNode.object([
            ("source", .string(body.source.rawValue)), ("intent_id", .string(id)), ("recorded", .string(recorded)),
        ])
        return .json(node.httpBytes(), cache: "no-store")
    }

    // MARK: - What if

    /// The decision on what was recorded last.
    func whatIfRecorded(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: WhatIf.keys)
        let members = try parameters.others(than: []).map { name, value -> (String, JSONNode) in
            name == "quantity"
                ? (name, try parameters.integer(name, in: 1...1_000_000).map { .integer($0) } ?? .null) : (name, .string(value))
        }
        let root = try JSONDocument(parsing: JSONNode.object(members).canonicalBytes()).root
        let asked: WhatIf
        do {
            asked = try await WhatIf(ledger, root, source: brokerSource)
        } catch let error as BrokerError {
            if case .badField = error { throw Problem(.badParameter, "\(error)") }
            throw error
        }
        guard let node = asked.recorded(try await brokers.summary(of: asked.source)) else {
            throw Problem(.notFound, "no market of this ticker and type was consulted by \(asked.source.rawValue) yet")
        }
        return .json(node.httpBytes())
    }

    /// The decision on the broker's market of now. Nothing is sent and nothing is recorded.
    func whatIfLive(_ request: APIRequest) async throws -> APIResponse {
        let asked = try await WhatIf(ledger, try Self.brokerBody(request, keys: WhatIf.keys), source: brokerSource)
        return .json(try await asked.live(dispatch).httpBytes(), cache: "no-store")
    }

    // MARK: - Accounts and orders

    /// The accounts as they were recorded: known by a digest and the last four characters.
    func brokerAccounts(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["source"])
        let sources = try parameters["source"].map { [try Self.brokerSource($0, .badParameter)] } ?? BrokerSource.allCases
        var accounts: [JSONNode] = []
        for source in sources {
            let summary = try await brokers.summary(of: source)
            if parameters["source"] == nil, summary.recorded == nil, summary.consulted == nil, summary.halt == nil, summary.intents.isEmpty
            {
                continue
            }
            accounts.append(account(summary))
        }
        return .json(JSONNode.object([("accounts", .array(accounts))]).httpBytes())
    }

    private func account(_ summary: SourceSummary) -> JSONNode {
        let recorded = summary.recorded.map { recorded -> JSONNode in
            .object([
                ("account_digest", .string(recorded.payload.accountDigest.description)),
                ("account_last_four", .string(recorded.payload.lastFour)), ("reason", .string(recorded.payload.reason)),
                ("recorded_at", .string(recorded.at.description)),
            ])
        }
        let consulted = summary.consulted.map { consulted -> JSONNode in
            .object([
                ("now", .string(consulted.payload.now.description)), ("intent_id", .string(consulted.payload.intentID)),
                ("position", .integer(consulted.position)), ("account", FieldCoder.node(consulted.payload.account)),
            ])
        }
        let halt = summary.halt.map { halt -> JSONNode in
            .object([
                ("requested_by", .string(halt.payload.requestedBy)), ("reason", .string(halt.payload.reason)),
                ("recorded_at", .string(halt.at.description)),
            ])
        }
        return .object([
            ("source", .string(summary.source.rawValue)), ("recorded", recorded ?? .null), ("consulted", consulted ?? .null),
            ("halt", halt ?? .null), ("queue", summary.queue),
            ("dispatcher", dispatch.flatMap { $0.source == summary.source ? $0.node : nil } ?? .null),
            ("through_position", .integer(summary.throughPosition)),
        ])
    }

    /// All that the log says of an intent, up to a position.
    func intentStory(_ id: String, _ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["source", "as_of_position"])
        let source = try parameters["source"].map { try Self.brokerSource($0, .badParameter) } ?? brokerSource
        let position = try parameters.integer("as_of_position", in: 0...Int64.max)
        guard let node = try await BrokerDesk(ledger, source: source).story(of: id, upTo: position) else {
            throw Problem(.notFound, "\(source.rawValue) has no intent of this id")
        }
        return .json(node.httpBytes())
    }

    /// All that the log says of an order and its intent.
    func brokerOrder(_ id: String, _ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        for source in BrokerSource.allCases {
            guard let intent = try await brokers.summary(of: source).orders[ByteKey(id)] else { continue }
            if let node = try await BrokerDesk(ledger, source: source).story(of: intent.text) { return .json(node.httpBytes()) }
        }
        throw Problem(.notFound, "no order was submitted under this client order id")
    }

    // MARK: - Bodies

    /// The JSON object of a body. A signal may be deep.
    private static func brokerBody(_ request: APIRequest, keys: [String]) throws(Problem) -> JSONValue {
        _ = try Parameters(request.query, allowed: [])
        let root: JSONValue
        do {
            root = try JSONDocument(parsing: request.body, maximumDepth: 64).root
        } catch {
            throw Problem(.badBody, "the body is not JSON: \(error)")
        }
        guard root.kind == .object else { throw Problem(.badBody, "expected a JSON object") }
        for (key, _) in root.members where !keys.contains(where: { $0.isBytewiseEqual(to: key) }) {
            throw Problem(.badBody, "unknown key `\(key)`; expected \(keys.joined(separator: ", "))")
        }
        return root
    }

    static func brokerSource(_ text: String?, _ code: Problem.Code) throws(Problem) -> BrokerSource {
        guard let source = text.flatMap({ BrokerSource(rawValue: $0) }) else {
            throw Problem(code, "source: expected \(BrokerSource.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return source
    }
}

/// `{"source": "alpaca_paper", "why": "…"}`: an object of texts.
private struct BrokerBody {
    let source: BrokerSource
    private let texts: [(key: String, text: String)]

    init(_ request: APIRequest, keys: [String], standard: BrokerSource) throws(Problem) {
        var texts: [(key: String, text: String)] = []
        for (key, value) in try RequestBody(request, keys: keys).members {
            guard let text = value.string else { throw Problem(.badBody, "\(key): expected a text") }
            texts.append((key, text))
        }
        self.texts = texts
        let named = texts.first { $0.key == "source" }
        source = try named.map { named throws(Problem) in try API.brokerSource(named.text, .badBody) } ?? standard
    }

    func needed(_ key: String) throws(Problem) -> String {
        guard let text = texts.first(where: { $0.key == key })?.text else { throw Problem(.badBody, "\(key): expected a text") }
        return text
    }
}
