import Foundation
import LedgerMerkle
import LedgerNotes
import LedgerStore
import LedgerValues
import Operations

/// The cost of a signed head after many earlier ones: the first head of a process that must check them all, the first one of a
/// later process, another head of the same log, and a head after an append. Each is measured after 1,000 heads and after
/// `--events` heads.
enum HeadsBenchmark {
    static func run(_ bench: Bench) async throws {
        for count in [1_000, max(1_000, bench.events)] {
            try await bench.withLedger { ledger in
                let run = ledger.newID()
                try await ledger.log.append((0..<1_000).map(GeneratedEvents.event), runID: run)
                // A key of its own, so that no other ledger's heads are read.
                let directory = NSTemporaryDirectory() + "alpha-ledger-heads-\(UUID().uuidString.prefix(8))"
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: directory) }
                var settings = ledger.settings
                settings.signingKeyFile = directory + "/key"
                let first = try await opened(settings, bench) { try await $0.signCheckpoint() }
                try fill(directory + "/key", first, count)
                let unknown = try await opened(settings, bench) { signing in
                    try await Bench.seconds { _ = try await signing.signCheckpoint() }
                }
                try await opened(settings, bench) { signing in
                    let start = try await Bench.seconds { _ = try await signing.signCheckpoint() }
                    var (again, moved) = ([Double](), [Double]())
                    for round in 0..<50 {
                        again.append(try await Bench.seconds { _ = try await signing.signCheckpoint() })
                        try await signing.log.append([GeneratedEvents.event(1_000 + round)], runID: run)
                        moved.append(try await Bench.seconds { _ = try await signing.signCheckpoint() })
                    }
                    Bench.text("\(count) heads, all unchecked: the first call of a process \(Bench.fixed(unknown * 1e3)) ms")
                    Bench.text("\(count) heads: the first call of a later process \(Bench.fixed(start * 1e3)) ms")
                    Bench.line("the same head again", count: 1, seconds: again)
                    Bench.line("a head after an append", count: 1, seconds: moved)
                }
            }
        }
    }

    private static func opened<T>(_ settings: Settings, _ bench: Bench, _ body: (Ledger) async throws -> T) async throws -> T {
        let ledger = try await Ledger.open(settings, bench.resources)
        let result: Result<T, any Error>
        do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
        await ledger.close()
        return try result.get()
    }

    /// Adds heads of the same tree, each with its own extension line.
    private static func fill(_ keyFile: String, _ first: SignedNote, _ count: Int) throws {
        let checkpoint = try Checkpoint(parsing: first.text)
        let line = String(decoding: try Data(contentsOf: URL(filePath: keyFile)), as: UTF8.self)
        let signer = try NoteSigner(skey: String(line.dropLast())).named(checkpoint.origin)
        var bytes: [UInt8] = []
        for number in 1..<count {
            bytes +=
                try Checkpoint(
                    origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, extensions: ["head \(number)"]
                ).signed(by: signer).bytes + [0x0a]
        }
        let file = try FileHandle(forWritingTo: URL(filePath: keyFile + ".checkpoints"))
        try file.seekToEnd()
        try file.write(contentsOf: bytes)
        try file.close()
    }
}
