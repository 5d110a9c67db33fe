import Operations
import PostgresStore
import Values

extension API {
    /// A view's answer, worked out once for what it depends on: the served version, the query, and, unless the query
    /// pins its position, how far the log and the projection are and the minute.
    ///
    /// What the log and the projection hold at a position never changes, so that a kept answer is as good as a new one;
    /// that it is still the served version's latest is looked up for every request, with all that ask meanwhile.
    func cached(
        _ view: View, _ request: APIRequest, _ make: () async throws -> APIResponse
    ) async throws -> APIResponse {
        let state = try await ledger.state()
        guard let key = Self.key(view, request, state) else { return try await make() }
        var answer: APIResponse
        if let known = answers[key] {
            answer = known
        } else {
            answer = try await make()
            if answer.status != 200 || answer.stream != nil { return answer }
            answers.keep(answer, for: key)
        }
        if answer.compressed == nil, answer.body.count >= ContentNegotiation.smallestCompressedBytes,
            ContentNegotiation.acceptsGzip(request)
        {
            answer.compressed = Gzip.compress(answer.body)
            answers.keep(answer, for: key)
        }
        return answer
    }

    /// Nil where the view has no version yet.
    private static func key(_ view: View, _ request: APIRequest, _ state: LedgerState) -> String? {
        guard let version = state.served[view.projection] else { return nil }
        let query = request.query ?? ""
        let what = "\(view.name)?\(query)|\(version.version)/\(version.codeVersion)"
        let isPinned = query.split(separator: "&").contains { $0.hasPrefix("as_of_position=") || $0.hasPrefix("as_of=") }
        if isPinned { return what }
        let now = max(state.present.flooredToMinute, state.head.recordedAt ?? .minimum)
        return "\(what)|\(version.position)|\(state.head.position)|\(now.microseconds)"
    }
}
