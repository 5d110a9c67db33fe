import JSON
import Values

/// The JSON object in a POST's body, with keys that the route knows; an empty body is an empty object.
struct RequestBody {
    /// In the order in which they were sent, each key once.
    let members: [(key: String, value: JSONValue)]
    /// Deep enough for what any route takes.
    private static let maximumDepth = 8

    /// Throws `bad_body` for what is no JSON object, and for other keys; and where the route was given parameters.
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
