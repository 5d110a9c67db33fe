import LedgerEvents
import LedgerValues
import MarketData
import OptionTrades

/// A line that is not an observation.
package struct ImportFault: Sendable, Equatable {
    /// The file's name as given.
    package let file: String
    /// From 1.
    package let line: Int
    package let reason: String

    package init(file: String, line: Int, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }
}

/// A good line: its index among all good lines of the run, and its observation.
struct ImportItem: Sendable {
    let ordinal: Int
    let observation: EncodedObservation
}

/// Reads the observations of all files in order, a batch at a time. It holds one batch and one line, however large the
/// files are.
struct ImportScan: Sendable {
    /// The approximate number of observations in a batch. The last piece of a file read may exceed it.
    static let batchSize = 4_000
    private static let pieceSize = 1 << 18

    struct Batch: Sendable {
        var items: [ImportItem] = []
        /// Faulty lines, up to the run's limit.
        var faults: [ImportFault] = []
        /// The number of lines read, and of faulty lines among them.
        var lines = 0
        var faulty = 0
        /// The events of the items if all their streams are new, if they were computed ahead.
        var asNew: ImportBatch?
        /// Bytes read so far, in all files.
        var bytesDone: Int64 = 0
    }

    private let sources: [ImportSource]
    private let options: @Sendable (ImportSource) -> MarketData.ImportOptions
    private let faultLimit: Int
    private var source = 0
    private var offset: Int64 = 0
    private var reader: MarketDataReader?
    private var ordinal = 0
    private var faultsTold = 0
    private var bytesDone: Int64 = 0
    private var buffer = [UInt8](repeating: 0, count: Self.pieceSize)

    init(
        _ sources: [ImportSource], faultLimit: Int,
        options: @escaping @Sendable (ImportSource) -> MarketData.ImportOptions
    ) {
        self.sources = sources
        self.faultLimit = faultLimit
        self.options = options
    }

    /// The next batch. Nil after the last file.
    mutating func next() throws -> Batch? {
        guard source < sources.count else { return nil }
        var batch = Batch()
        while batch.items.count < Self.batchSize, source < sources.count {
            let file = sources[source]
            var reader = self.reader ?? MarketDataReader(options(file))
            var piece = buffer
            buffer = []
            let count = try file.read(at: offset, into: &piece)
            if count > 0 {
                reader.read(piece.span.extracting(first: count)) { take($0, file.name, &batch) }
                self.reader = reader
                offset += Int64(count)
                bytesDone += Int64(count)
            } else {
                reader.finish { take($0, file.name, &batch) }
                self.reader = nil
                source += 1
                offset = 0
            }
            buffer = piece
        }
        batch.bytesDone = bytesDone
        return batch
    }

    private mutating func take(_ line: MarketDataReader.Line, _ file: String, _ batch: inout Batch) {
        batch.lines += 1
        switch line.content {
        case .success(let observation):
            batch.items.append(ImportItem(ordinal: ordinal, observation: EncodedObservation(observation)))
            ordinal += 1
        case .failure(let fault):
            batch.faulty += 1
            if faultsTold < faultLimit {
                batch.faults.append(ImportFault(file: file, line: line.number, reason: fault.reason))
                faultsTold += 1
            }
        }
    }
}
