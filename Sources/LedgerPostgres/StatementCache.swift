/// The statements that a session has prepared on its server, by text and parameter types. The least recently used
/// statement makes room for the next.
struct StatementCache {
    /// A statement's text, compared by bytes, and the types of its parameters.
    struct Key: Hashable {
        let sql: String
        let types: [UInt32]

        static func == (a: Key, b: Key) -> Bool {
            a.types == b.types && a.sql.utf8.count == b.sql.utf8.count && a.sql.utf8.elementsEqual(b.sql.utf8)
        }

        func hash(into hasher: inout Hasher) {
            var sql = sql
            sql.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0
    private var nameCounter: UInt64 = 0
    private let limit: Int

    /// The names of statements to deallocate on the server at a suitable time.
    private(set) var discarded: [String] = []

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { entries.count }

    mutating func name(for key: Key) -> String? {
        guard let index = entries.index(forKey: key) else { return nil }
        clock += 1
        entries.values[index].lastUse = clock
        return entries.values[index].name
    }

    /// A name not yet used for a statement of this session.
    mutating func newName() -> String {
        nameCounter += 1
        return "s\(nameCounter)"
    }

    /// Records a statement that the server has prepared. Cost: O(limit) if it replaces another statement.
    mutating func insert(_ key: Key, name: String) {
        clock += 1
        if let old = entries.updateValue(Entry(name: name, lastUse: clock), forKey: key) {
            discarded.append(old.name)
        } else if entries.count > limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            discarded.append(oldest.value.name)
        }
    }

    /// Forgets a statement; its next use prepares it anew.
    mutating func remove(_ key: Key) {
        if let entry = entries.removeValue(forKey: key) { discarded.append(entry.name) }
    }

    mutating func takeDiscarded() -> [String] {
        defer { discarded = [] }
        return discarded
    }
}
