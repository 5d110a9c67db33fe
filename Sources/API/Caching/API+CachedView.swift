import Operations
import OptionTrades
import PostgresStore
import Values

extension API {
    /// A view's answer, worked out once for what it depends on: the served version, the query, and, unless the query
    /// pins its position, how far the log and the projection are and the minute.
    ///
    /// What the log and the projection hold at a position never changes as long as it is the same log, so that a kept answer is as good as a new one;
    /// that it is still the served version's latest is looked up for every request, with all that ask meanwhile. Only an
    /// answer that its query pins wholly, as immutable as it says itself, is given again without a look.
    func cached(
        _ view: View, _ request: APIRequest, _ make: () async throws -> APIResponse
    ) async throws -> APIResponse {
        // No client sends a control character: a person's answer is never given to a program.
        let query = (request.query ?? "") + (request.isForPerson ? "&\u{1f}person" : "")
        // Another history may have come in the log's place, by a failover that lost a tail.
        let history = ledger.history
        let pinned = "pinned|\(history)|\(view.name)?\(query)"
        if let known = answers[pinned] { return compressed(known, pinned, request) }
        guard let key = Self.key(view, query, try await ledger.state(), history) else { return try await make() }
        if let known = answers[key] { return compressed(known, key, request) }
        let answer = try await make()
        if answer.status != 200 || answer.stream != nil { return answer }
        let name = answer.isImmutable ? pinned : key
        answers.keep(answer, for: name)
        return compressed(answer, name, request)
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

    /// Nil where the view has no version yet. What a client wrote comes last, so that no query passes for another's key.
    private static func key(_ view: View, _ query: String, _ state: LedgerState, _ history: UInt64) -> String? {
        guard let version = state.served[view.projection] else { return nil }
        let what = "\(history)|\(version.version)/\(version.codeVersion)"
        let isPinned = query.split(separator: "&").contains { $0.hasPrefix("as_of_position=") || $0.hasPrefix("as_of=") }
        if isPinned { return "\(what)|\(view.name)?\(query)" }
        let now = max(state.present.flooredToMinute, state.head.recordedAt ?? .minimum)
        return "\(what)|\(version.position)|\(state.head.position)|\(now.microseconds)|\(view.name)?\(query)"
    }
}
