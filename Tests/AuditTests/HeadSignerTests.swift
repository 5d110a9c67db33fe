import Foundation
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@testable import Operations

/// What a process remembers of the signed heads, and what it doesn't believe.
@Suite struct HeadSignerTests {
    private static func heads(_ keyFile: String) -> URL { URL(filePath: keyFile + ".checkpoints") }

    private static func sizes(_ keyFile: String) throws -> [Int64] {
        let text = String(decoding: try Data(contentsOf: heads(keyFile)), as: UTF8.self)
        // A record begins with its origin, and its size is the line after.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.filter { lines[$0].hasPrefix("alpha-ledger/") }.compactMap { Int64(lines[$0 + 1]) }
    }

    private static func code(_ ledger: Ledger) async throws -> String? {
        try await RestoredCopyTests.code { _ = try await ledger.signCheckpoint() }
    }

    @Test func `programs that sign in turn continue each other's heads and keep each once`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, keyFile in
            try await SignedHeadTests.opened(uri, keyFile) { other in
                for round in 0..<6 {
                    let (first, second) = round.isMultiple(of: 2) ? (ledger, other) : (other, ledger)
                    try await SignedHeadTests.append(first, round * 3..<round * 3 + 3)
                    let note = try await first.signCheckpoint()
                    #expect(try await second.signCheckpoint() == note)
                    #expect(try await first.signCheckpoint() == note)
                }
                let head = try await SignedHeadTests.head(ledger).position
                #expect(try Self.sizes(keyFile) == stride(from: head - 15, through: head, by: 3).map { $0 })
                #expect(try await other.verifyCheckpoints().count == 6)
            }
        }
    }

    @Test func `who asks at a time shares a head that was read after the question`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, keyFile in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await SignedHeadTests.append(ledger, number..<number + 1)
                        let own = try await SignedHeadTests.head(ledger).position
                        let signed = try Checkpoint(parsing: try await ledger.signCheckpoint().text)
                        #expect(signed.size >= own)
                    }
                }
                try await group.waitForAll()
            }
            let sizes = try Self.sizes(keyFile)
            #expect(Set(sizes).count == sizes.count && sizes == sizes.sorted())
            #expect(try await ledger.verifyCheckpoints().count == sizes.count)
        }
    }

    @Test func `a program that waits for the file holds no connection`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, keyFile in
            _ = try await ledger.signCheckpoint()
            try await SignedHeadTests.append(ledger, 0..<3)
            let lock = open(keyFile + ".checkpoints", O_RDWR)
            #expect(lock >= 0 && flock(lock, LOCK_EX) == 0)
            let waiting = Task {
                try await withThrowingTaskGroup(of: SignedNote.self) { group in
                    for _ in 0..<30 { group.addTask { try await ledger.signCheckpoint() } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            // Everything else goes on, for as long as it takes.
            for number in 3..<40 {
                try await SignedHeadTests.append(ledger, number..<number + 1)
                _ = try await ledger.state()
            }
            #expect(ledger.pool.usage.waiting == 0 && ledger.pool.usage.inUse <= 1)
            let gone = Task { try await ledger.signCheckpoint() }
            gone.cancel()
            await #expect(throws: CancellationError.self) { try await gone.value }
            flock(lock, LOCK_UN)
            close(lock)
            let notes = try await waiting.value
            #expect(notes.count == 30)
            let head = try await SignedHeadTests.head(ledger).position
            #expect(try Checkpoint(parsing: try await ledger.signCheckpoint().text).size == head)
        }
    }

    @Test func `a file that was put back to an earlier state does not let an earlier database sign`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, keyFile in
            try await SignedHeadTests.append(ledger, 0..<10)
            let base = try await SignedHeadTests.head(ledger).position
            _ = try await ledger.signCheckpoint()
            let earlier = try Data(contentsOf: Self.heads(keyFile))
            try await SignedHeadTests.append(ledger, 10..<20)
            _ = try await ledger.signCheckpoint()
            try await SignedHeadTests.restore(uri, to: base)
            for bytes in [earlier, Data()] {
                try bytes.write(to: Self.heads(keyFile))
                #expect(try await Self.code(ledger) == "fork_detected")
                try await SignedHeadTests.append(ledger, 100..<101)
                #expect(try await Self.code(ledger) == "fork_detected")
            }
        }
    }

    @Test func `a byte that was changed under a running program is refused, wherever it is`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, keyFile in
            for number in 0..<4 {
                try await SignedHeadTests.append(ledger, number..<number + 1)
                _ = try await ledger.signCheckpoint()
            }
            let bytes = try Data(contentsOf: Self.heads(keyFile))
            for index in stride(from: 0, to: bytes.count - 1, by: 41) where bytes[index] != 0x0a {
                var changed = bytes
                changed[index] ^= 1
                try changed.write(to: Self.heads(keyFile))
                #expect(try await Self.code(ledger) == "bad_checkpoint", "byte \(index)")
                try bytes.write(to: Self.heads(keyFile))
                #expect(try await Self.code(ledger) == nil)
            }
        }
    }
}
