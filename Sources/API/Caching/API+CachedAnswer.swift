import Operations
import PostgresStore
import Values

extension API {
    /// An answer, worked out once for what it depends on: the served versions, the query, and, unless the query
    /// pins its position, how far the log and the projections are and the minute.
    ///
    /// What the log and a projection hold at a position never changes as long as it is the same log, so that a kept answer is as good as a new one;
    /// that it is still the served version's latest is looked up for every request, with all that ask meanwhile. Only an
    /// answer that its query pins wholly, as immutable as it says itself, is given again without a look.
    ///
    /// - Parameters:
    ///   - name: of the view or the analysis; no other has it.
    ///   - projections: whose rows are read.
    func cached(
        _ name: String, reading projections: [String], _ request: APIRequest, _ make: () async throws -> APIResponse
    ) async throws -> APIResponse {
        // No client sends a control character: a person's answer is never given to a program.
        let query = (request.query ?? "") + (request.isForPerson ? "&\u{1f}person" : "")
        // Another history may have come in the log's place, by a failover that lost a tail.
        let history = ledger.history
        let pinned = "pinned|\(history)|\(name)?\(query)"
        if let known = answers[pinned] { return compressed(known, pinned, request) }
        guard let key = Self.key(name, projections, query, try await ledger.state(), history) else { return try await make() }
        if let known = answers[key] { return compressed(known, key, request) }
        let answer = try await make()
        if answer.status != 200 || answer.stream != nil { return answer }
        let place = answer.isImmutable ? pinned : key
        answers.keep(answer, for: place)
        return compressed(answer, place, request)
    }

    /// The answer with its compressed form, made and kept where the client takes it.
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
        let versions = projections.compactMap { state.served[$0] }
        guard versions.count == projections.count else { return nil }
        let what = "\(history)|" + versions.map { "\($0.version)/\($0.codeVersion)" }.joined(separator: ",")
        let isPinned = query.split(separator: "&").contains { $0.hasPrefix("as_of_position=") || $0.hasPrefix("as_of=") }
        if isPinned { return "\(what)|\(name)?\(query)" }
        let now = max(state.present.flooredToMinute, state.head.recordedAt ?? .minimum)
        let positions = versions.map { "\($0.position)" }.joined(separator: ",")
        return "\(what)|\(positions)|\(state.head.position)|\(now.microseconds)|\(name)?\(query)"
    }
}
