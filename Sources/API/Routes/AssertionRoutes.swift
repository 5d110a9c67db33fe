import LedgerJSON
import LedgerValues
import Operations

extension Route {
    static let assertions = [
        Route("POST", "/api/internal/assertions") { api, request, _ in try await api.stateAssertion(request) },
        Route("POST", "/api/internal/assertions/{assertion_id}/withdraw") { api, request, captures in
            try await api.withdrawAssertion(captures[0], request)
        },
    ]
}

extension API {
    /// States what a portfolio held of a contract. It is a dry run unless the body says otherwise.
    func stateAssertion(_ request: APIRequest) async throws -> APIResponse {
        var fields = AssertionFields()
        var dryRun = true
        let keys = ["dry_run", "id", "source", "portfolio", "contract", "kind", "as_of", "value", "tolerance", "by", "reason"]
        for (key, value) in try RequestBody(request, keys: keys).members {
            switch key {
            case "dry_run": dryRun = try Self.flag(key, value)
            case "value": fields.value = try Self.decimalText(key, value)
            case "tolerance": fields.tolerance = value.isNull ? nil : try Self.decimalText(key, value)
            case "id": fields.id = try Self.text(key, value)
            case "source": fields.source = try Self.text(key, value)
            case "portfolio": fields.portfolio = try Self.text(key, value)
            case "contract": fields.contract = try Self.text(key, value)
            case "kind": fields.kind = try Self.text(key, value)
            case "as_of": fields.asOf = try Self.text(key, value)
            case "by": fields.statedBy = try Self.text(key, value)
            default: fields.reason = try Self.text(key, value)
            }
        }
        fields.statedBy = try Self.actor(fields.statedBy, request)
        let (asked, apply) = (fields, !dryRun)
        return try await assertionAnswer {
            try await AssertionWriter(ledger).state(try AssertionRequest(asked), apply: apply)
        }
    }

    /// Withdraws an assertion. It is a dry run unless the body says otherwise.
    func withdrawAssertion(_ id: String, _ request: APIRequest) async throws -> APIResponse {
        var (by, reason): (String?, String?)
        var dryRun = true
        for (key, value) in try RequestBody(request, keys: ["dry_run", "by", "reason"]).members {
            switch key {
            case "dry_run": dryRun = try Self.flag(key, value)
            case "by": by = try Self.text(key, value)
            default: reason = try Self.text(key, value)
            }
        }
        by = try Self.actor(by, request)
        let (who, why, apply) = (by, reason, !dryRun)
        return try await assertionAnswer {
            try await AssertionWriter(ledger).withdraw(id: id, by: who, reason: why, apply: apply)
        }
    }

    private func assertionAnswer(_ run: () async throws -> AssertionOutcome) async throws -> APIResponse {
        do {
            return .json(try await run().json())
        } catch let error as AssertionError {
            switch error {
            case .badField: throw Problem(.badBody, "\(error)")
            case .unknown: throw Problem(.notFound, "\(error)")
            case .withdrawn, .taken: throw Problem(.conflict, "\(error)")
            }
        }
    }

    /// Who acts: the name of the caller's key, if it has one. Nobody acts in another's name.
    private static func actor(_ given: String?, _ request: APIRequest) throws(Problem) -> String? {
        guard let actor = request.actor else { return given }
        if let given, !given.isBytewiseEqual(to: actor) { throw Problem(.badBody, "by: expected `\(actor)`, whose key it is") }
        return actor
    }

    private static func flag(_ key: String, _ value: JSONValue) throws(Problem) -> Bool {
        guard let flag = value.bool else { throw Problem(.badBody, "\(key): expected true or false") }
        return flag
    }

    private static func text(_ key: String, _ value: JSONValue) throws(Problem) -> String {
        guard let text = value.string else { throw Problem(.badBody, "\(key): expected a text") }
        return text
    }

    /// The digits of a number, or of a text that holds one.
    private static func decimalText(_ key: String, _ value: JSONValue) throws(Problem) -> String {
        guard let text = value.string ?? (value.kind == .number ? value.sourceText : nil) else {
            throw Problem(.badBody, "\(key): expected a number")
        }
        return text
    }
}
