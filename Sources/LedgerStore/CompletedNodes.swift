import LedgerEvents
import LedgerPostgres
import LedgerValues

/// The tree nodes that a range of events completes, recomputed for comparison with the stored nodes.
///
/// The nodes of a level in a range are consecutive, so each has its index in an array.
struct CompletedNodes {
    private struct Level {
        let level: Int
        /// The index of the first node.
        let low: Int64
        let count: Int
        var nodes: [Digest32] = []
    }

    private var levels: [Level] = []

    /// Prepares for the nodes that the events after `first` up to `last` complete.
    init(first: Int64, last: Int64) {
        for level in 1...62 where first >> Int64(level) < last >> Int64(level) {
            let low = first >> Int64(level)
            let count = Int((last >> Int64(level)) - low)
            levels.append(Level(level: level, low: low, count: count))
            levels[levels.count - 1].nodes.reserveCapacity(count)
        }
    }

    /// Adds a completed node; the nodes of a level come in the order of their indices.
    mutating func append(_ level: Int, _ node: Digest32) { levels[level - 1].nodes.append(node) }

    /// Compares the nodes with the stored ones, and returns the fault at the lowest position.
    func fault(_ session: PostgresSession) throws -> LogFault? {
        if levels.isEmpty { return nil }
        var seen = levels.map { [Bool](repeating: false, count: $0.count) }
        var worst: LogFault?
        func note(_ level: Level, _ offset: Int, _ problem: String) {
            let index = level.low + Int64(offset)
            let position = (index + 1) << Int64(level.level)
            if let worst, worst.position <= position { return }
            worst = LogFault(position: position, problem: "tree node (level \(level.level), index \(index)): \(problem)")
        }
        let parts = levels.map {
            """
            (SELECT level, index, hash FROM ledger.merkle_nodes
             WHERE level = \($0.level) AND index >= \($0.low) AND index < \($0.low + Int64($0.count)))
            """
        }
        try session.copyOut("COPY (\(parts.joined(separator: " UNION ALL "))) TO STDOUT (FORMAT binary)") { row in
            let place = Int(try row.int4(0)) - 1
            let offset = Int(try row.int8(1) - levels[place].low)
            seen[place][offset] = true
            let hash = try row.rawBytes(2)
            let isEqual = hash?.count == 32 && hash?.baseAddress.map { Digest32(loading: $0) } == levels[place].nodes[offset]
            if !isEqual {
                note(levels[place], offset, "the stored hash is not that of the events: their hashes were rewritten, or the node was")
            }
        }
        for (level, seen) in zip(levels, seen) {
            if let offset = seen.firstIndex(of: false) { note(level, offset, "it is not stored") }
        }
        return worst
    }
}
