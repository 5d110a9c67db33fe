import LedgerEvents
import LedgerProjections
import LedgerValues
import Operations

extension API {
    /// Answers a view from the cache, or makes the answer and caches it. An answer depends on the served version and
    /// the query. Unless the query pins its position, it also depends on the minute and on the positions of the log and
    /// the projection.
    ///
    /// The log and the projection never change at a given position while the log keeps the same history, so a cached
    /// answer is as good as a new one. Every request checks the ledger's current state for the served version, and
    /// concurrent requests share that check. Only an answer fully pinned by its query, which declares itself immutable,
    /// needs no check.
    func cached(
        _ name: String, reading projections: [String], _ request: APIRequest, _ make: () async throws -> APIResponse
    ) async throws -> APIResponse {
        // A control character cannot occur in a client's query, so a program never gets an answer made for a person.
        let query = (request.query ?? "") + (request.isForPerson ? "&\u{1f}person" : "")
        // A failover that lost the log's tail may have replaced the history.
        let history = ledger.history
        let pinned = "pinned|\(history)|\(name)?\(query)"
        if let known = answers[pinned] { return compressed(known, pinned, request) }
        guard let key = Self.key(name, projections, query, try await ledger.state(), history) else { return try await make() }
        if let known = answers[key] { return compressed(known, key, request) }
        let answer = try await make()
        if answer.status != 200 || answer.stream != nil || answer.isUnkept { return answer }
        let place = answer.isImmutable ? pinned : key
        answers.keep(answer, for: place)
        return compressed(answer, place, request)
    }

    /// The answer, with its compressed form if the client accepts it. The compressed form is cached too.
    private func compressed(_ answer: APIResponse, _ key: String, _ request: APIRequest) -> APIResponse {
        guard answer.compressed == nil, answer.body.count >= ContentNegotiation.smallestCompressedBytes,
            ContentNegotiation.acceptsGzip(request)
        else { return answer }
        var answer = answer
        answer.compressed = Gzip.compress(answer.body)
        answers.keep(answer, for: key)
        return answer
    }

    /// Nil where a projection has no version yet. What a client wrote comes last, so that no query passes for another's key.
    private static func key(
        _ name: String, _ projections: [String], _ query: String, _ state: LedgerState, _ history: UInt64
    ) -> String? {
        guard let versions = state.versions(of: projections) else { return nil }
        let what = "\(history)|" + versions.map { "\($0.reference)" }.joined(separator: ",")
        let isPinned = query.split(separator: "&").contains { $0.hasPrefix("as_of_position=") || $0.hasPrefix("as_of=") }
        if isPinned { return "\(what)|\(name)?\(query)" }
        let now = max(state.present.flooredToMinute, state.head.recordedAt ?? .minimum)
        let positions = versions.map { "\($0.position)" }.joined(separator: ",")
        return "\(what)|\(positions)|\(state.head.position)|\(now.microseconds)|\(name)?\(query)"
    }
}
