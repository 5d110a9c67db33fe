import JSON

/// One answer of Amberdata: rows, and where the next ones are.
struct Envelope {
    let document: JSONDocument
    let rows: JSONValue
    let next: String?

    init(parsing body: [UInt8]) throws(AmberdataError) {
        do {
            document = try JSONDocument(parsing: body)
        } catch {
            throw .malformed("is not JSON: \(error)")
        }
        let root = document.root
        if root["error"]?.bool == true {
            throw .status(root["status"]?.integer.map(Int.init) ?? 500, Self.text(of: document))
        }
        guard let rows = root["payload"]?["data"], rows.kind == .array else { throw .malformed("has no payload.data list") }
        self.rows = rows
        next = root["payload"]?["metadata"]?["next"]?.string
    }

    /// What an error says of itself: `message` is often empty, and `description` general.
    static func text(of document: JSONDocument) -> String {
        ["message", "description"].compactMap { document.root[$0]?.string }.filter { !$0.isEmpty }.joined(separator: "; ")
    }
}
