import LedgerJSON

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
            // The status of HTTP alone says what the key is entitled to.
            throw .malformed("is an error under a good status: \(Self.text(of: document))")
        }
        guard let rows = root["payload"]?["data"], rows.kind == .array else {
            throw .malformed("has no payload.data list")
        }
        self.rows = rows
        let next = root["payload"]?["metadata"]?["next"]
        guard next == nil || next?.kind == .null || next?.kind == .string else {
            throw .malformed("has a metadata.next that is no text")
        }
        self.next = next?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What an error says of itself: `message` is often empty, and `description` general.
    static func text(of document: JSONDocument) -> String {
        ["message", "description"].compactMap { document.root[$0]?.string }.filter { !$0.isEmpty }.joined(
            separator: "; ")
    }
}
