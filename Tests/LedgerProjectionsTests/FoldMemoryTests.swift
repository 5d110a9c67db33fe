import LedgerProjections
import LedgerValues
import TestSupport
import Testing

/// Which entities a fold keeps in memory between batches.
@Suite struct FoldMemoryTests {
    /// Folds one trade a batch, T0, T1, T2 …, and says which of them are forgotten.
    private func forgotten(_ ids: [String], keepingBytes limit: Int) throws -> [String] {
        let definition = try #require(try projectRegistry().firstDefinition("trades"))
        var log = TradeEventLog()
        for id in ids { log.append(try sampleRow(id)) }
        let events = log.decoded()
        let fold = definition.liveFold()
        for event in events {
            for key in try fold.missingEntities(for: event) { try fold.load(key, facts: nil) }
            try fold.apply(event)
            _ = fold.takeChanges()
            fold.forget(beyond: limit)
        }
        return try zip(ids, events).compactMap { try fold.missingEntities(for: $1).isEmpty ? nil : $0 }
    }

    @Test func `without memory only the last batch is kept`() throws {
        #expect(try forgotten(["T0", "T1", "T2"], keepingBytes: 0) == ["T0", "T1"])
    }

    @Test func `nothing is forgotten below the limit`() throws {
        #expect(try forgotten((0..<50).map { "T\($0)" }, keepingBytes: 1 << 20) == [])
    }

    @Test func `the oldest are forgotten first`() throws {
        let ids = (0..<40).map { "T\($0)" }
        let gone = try forgotten(ids, keepingBytes: 30_000)
        #expect(!gone.isEmpty && gone.count < 38)
        #expect(gone == Array(ids.prefix(gone.count)))
        #expect(try forgotten(ids, keepingBytes: 30_000) == gone)
    }

    @Test func `what is used again is not old`() throws {
        var ids = ["T0"]
        for number in 1..<40 { ids += ["T\(number)", "T0"] }
        let gone = Set(try forgotten(ids, keepingBytes: 30_000))
        #expect(gone.contains("T1") && !gone.contains("T0"))
    }
}
