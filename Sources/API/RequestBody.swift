import LedgerJSON
import LedgerValues

/// The JSON object in a POST's body. The route knows all its keys. An empty body counts as an empty object.
struct RequestBody {
    /// In the order of sending. Each key occurs once.
    let members: [(key: String, value: JSONValue)]
    /// Sufficient for the input of every route.
    private static let maximumDepth = 8

    /// Throws `bad_body` for input that is not a JSON object, and for unknown keys. Throws too if the request has query
    /// parameters.
    init(_ request: APIRequest, keys: [String]) throws(Problem) {
        _ = try Parameters(request.query, allowed: [])
        if request.body.isEmpty {
            members = []
            return
        }
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: request.body, maximumDepth: Self.maximumDepth)
        } catch {
            throw Problem(.badBody, "the body is not JSON: \(error)")
        }
        guard document.root.kind == .object else { throw Problem(.badBody, "expected a JSON object") }
        var members: [(key: String, value: JSONValue)] = []
        for (key, value) in document.root.members {
            guard keys.contains(where: { $0.isBytewiseEqual(to: key) }) else {
                throw Problem(.badBody, "unknown key `\(key)`; expected \(keys.isEmpty ? "none" : keys.joined(separator: ", "))")
            }
            members.append((key, value))
        }
        self.members = members
    }
}
