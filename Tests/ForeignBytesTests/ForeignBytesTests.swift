import Foundation
import Testing

/// Whatever bytes come, a reader refuses them or reads what they say. It never traps, and it never hangs.
///
/// `ALPHA_LEDGER_FOREIGN_SECONDS` gives each reader so many seconds, from a seed of its own. Each input is then in a file until it is
/// read, so that one that ends the process is kept.
@Suite(.serialized) struct ForeignBytesTests {
    /// What a reader may take for one input, on a busy machine.
    private static let patienceSeconds = 5.0

    @Test(arguments: ForeignReader.all)
    func `bytes are refused, or read as what they say`(reader: ForeignReader) async throws {
        var mutator = Mutator(seed: 0)
        for sample in reader.samples {
            #expect(try await reader.read(sample, &mutator), "a sample of \(reader.name) is refused")
        }
        let seconds = ProcessInfo.processInfo.environment["ALPHA_LEDGER_FOREIGN_SECONDS"].flatMap { Double($0) }
        let kept = "\(NSTemporaryDirectory())/foreign-bytes-\(reader.name.replacing(" ", with: "-"))"
        let began = ContinuousClock.now
        var (seed, taken) = (seconds == nil ? 1 : UInt64.random(in: 1 << 32..<1 << 63), 0)
        var left = seconds == nil ? reader.count : .max
        while left > 0, seconds.map({ ContinuousClock.now - began < .seconds($0) }) ?? true {
            (seed, left) = (seed + 1, left - 1)
            var mutator = Mutator(seed: seed)
            let bytes = mutator.mutated(reader.samples)
            if seconds != nil { try Data(bytes).write(to: URL(filePath: kept)) }
            let start = ContinuousClock.now
            do {
                if try await reader.read(bytes, &mutator) { taken += 1 }
            } catch let error as Broken {
                Issue.record("\(reader.name), seed \(seed): \(error): \(Data(bytes.prefix(2000)).base64EncodedString())")
                return
            }
            let elapsed = ContinuousClock.now - start
            guard elapsed < .seconds(Self.patienceSeconds) else {
                Issue.record("\(reader.name), seed \(seed): \(bytes.count) bytes took \(elapsed)")
                return
            }
        }
        if seconds != nil { try? FileManager.default.removeItem(atPath: kept) }
        // Damage that everything is refused for would try the first check alone.
        #expect(taken > 0, "no mutation of \(reader.name) was taken")
    }
}

extension ForeignReader: CustomTestStringConvertible {
    var testDescription: String { name }
}
