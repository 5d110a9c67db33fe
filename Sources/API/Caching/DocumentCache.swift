import LedgerJSON
import LedgerValues
import Synchronization

/// The latest large documents that pages were made from, parsed. The cache is bounded in bytes and drops the oldest documents first.
final class DocumentCache: Sendable {
    private struct Entries {
        var documents: [ByteKey: JSONDocument] = [:]
        /// The oldest first.
        var order: [ByteKey] = []
        var bytes = 0
    }

    /// Smaller documents are parsed in less than a tenth of a millisecond.
    private static let smallestBytes = 16 << 10
    private let maximumBytes: Int
    private let entries = Mutex(Entries())

    /// - Parameter maximumBytes: of the texts alone; the parsed forms take a few times as much.
    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// The document of an address's answer.
    ///
    /// What is kept of the address counts only if it has the same bytes, so that nothing else has to say whether it is still right. An
    /// answer that is kept has the very same array, which takes no comparison.
    func document(of address: String, _ body: [UInt8]) throws(JSONError) -> JSONDocument {
        if body.count < Self.smallestBytes || body.count > maximumBytes / 4 { return try JSONDocument(parsing: body) }
        let key = ByteKey(address)
        if let known = entries.withLock({ $0.documents[key] }), known.bytes == body { return known }
        let document = try JSONDocument(parsing: body)
        entries.withLock { entries in
            if let old = entries.documents.updateValue(document, forKey: key) {
                entries.bytes -= old.bytes.count
                entries.order.removeAll { $0 == key }
            }
            entries.order.append(key)
            entries.bytes += body.count
            while entries.bytes > maximumBytes, !entries.order.isEmpty {
                entries.bytes -= entries.documents.removeValue(forKey: entries.order.removeFirst())?.bytes.count ?? 0
            }
        }
        return document
    }
}
