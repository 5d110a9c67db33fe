import Glibc
import LedgerEvents
package import LedgerPostgres
package import LedgerStore
import LedgerValues
import MarketData
import OptionTrades

/// Brings files of market observations into the log (docs/contract/market-data.md, "Import run").
///
/// The files are streamed: one batch is read while the previous one is stored, and each batch is a transaction. A
/// content equal to the latest of its stream is not stored again, so a killed run can simply be run again. Lines that
/// supersede each other in the files are recognized as stored in their order; they do not count as a return to an older
/// content. Memory holds two batches. A dry run, and a run over streams that have been superseded before, need another
/// 16 to 43 bytes for each observation.
package struct ObservationImport: Sendable {
    private static let maximumConflictRetries = 50
    private static let lockKey = "observe import"

    package struct Progress: Sendable {
        package enum Phase: Sendable { case checking, importing }
        package let phase: Phase
        package let lines: Int
        package let bytes: Int64
        package let totalBytes: Int64
    }

    private let pool: PostgresPool
    private let log: EventLog
    private let configuration: PostgresConfiguration
    private let temporaryDirectory: String
    private let onProgress: @Sendable (Progress) -> Void

    /// - Parameters:
    ///   - configuration: for the connection that holds the import lock
    ///   - temporaryDirectory: the directory for copies of pipes
    package init(
        pool: PostgresPool, log: EventLog, configuration: PostgresConfiguration, temporaryDirectory: String = "/tmp",
        onProgress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.pool = pool
        self.log = log
        self.configuration = configuration
        self.temporaryDirectory = temporaryDirectory
        self.onProgress = onProgress
    }

    /// Imports the files in order. `-` is standard input.
    ///
    /// - Returns: the summary, even if lines were bad. Throws ``ObservationImportError`` and the log's errors. A run
    ///   that fails midway has stored the earlier batches.
    package func run(_ files: [String], _ options: ObservationImportOptions) async throws -> ImportSummary {
        let sources: [ImportSource]
        do {
            var opened: [ImportSource] = []
            for file in files { opened.append(try await ImportSource.open(file, spoolDirectory: temporaryDirectory)) }
            sources = opened
        } catch let error as ImportSourceError {
            throw ObservationImportError.unreadable(error.description)
        }
        guard options.apply else { return try await run(sources, options) }
        guard let lock = try await AdvisoryLock.acquire(Self.lockKey, configuration) else {
            throw ObservationImportError.alreadyRunning
        }
        let result: Result<ImportSummary, any Error>
        do { result = .success(try await run(sources, options)) } catch { result = .failure(error) }
        await lock.release()
        return try result.get()
    }

    private func run(_ sources: [ImportSource], _ options: ObservationImportOptions) async throws -> ImportSummary {
        var generator = SystemRandomNumberGenerator()
        let now = Self.now()
        var work = ImportWork(
            sources: sources, options: options,
            summary: ImportSummary(
                runID: UniqueID(random: &generator), dryRun: !options.apply, strict: options.strict,
                files: sources.map(\.name), startedAt: now, finishedAt: now))
        do {
            if options.strict && options.apply {
                try await check(&work)
                if work.summary.rejected > 0 {
                    work.summary.finishedAt = Self.now()
                    return work.summary
                }
                work.restart()
            }
            try await store(&work)
        } catch let error as ImportSourceError {
            throw ObservationImportError.unreadable(error.description)
        }
        work.summary.finishedAt = Self.now()
        return work.summary
    }

    /// Reads everything and counts the bad lines.
    private func check(_ work: inout ImportWork) async throws {
        var scan = work.scan
        while let batch = try scan.next() {
            try Task.checkCancellation()
            work.take(batch)
            report(.checking, batch, work)
        }
    }

    private func store(_ work: inout ImportWork) async throws {
        var (batch, scan) = try Self.read(work.scan, asNew: false)
        while let current = batch {
            try Task.checkCancellation()
            // The next batch is read on another thread while this one is stored.
            let reading = Task.detached { [scan, asNew = work.expectsNewStreams] in try Self.read(scan, asNew: asNew) }
            do {
                if work.options.strict && work.options.apply && current.faulty > 0 {
                    throw ObservationImportError.unreadable(
                        "\(current.faults.first?.file ?? "a file") changed while it was being read")
                }
                try await store(current, &work)
            } catch {
                _ = await reading.result
                throw error
            }
            work.take(current)
            report(.importing, current, work)
            (batch, scan) = try await reading.value
        }
    }

    /// Reads the next batch. Its events are computed as for new streams, if new streams are likely.
    private static func read(_ scan: ImportScan, asNew: Bool) throws -> (ImportScan.Batch?, ImportScan) {
        var scan = scan
        var batch = try scan.next()
        if asNew, let items = batch?.items { batch?.asNew = ImportBatch(new: items) }
        return (batch, scan)
    }

    /// Decides a batch and appends its events. If another writer came first, both are repeated with freshly read streams.
    private func store(_ read: ImportScan.Batch, _ work: inout ImportWork) async throws {
        let items = read.items
        if items.isEmpty { return }
        if work.expectsNewStreams, try await storeAsNew(read.asNew ?? ImportBatch(new: items), &work) { return }
        var distinct: Set<ByteKey> = []
        var streams: [String] = []
        for item in items where distinct.insert(ByteKey(item.observation.stream)).inserted {
            streams.append(item.observation.stream)
        }
        let names = streams
        var attempt = 1
        while true {
            let stored = try await pool.run { session in try StoredObservations.load(names, session) }
            let replayed = try await replayed(items, stored, &work)
            var seen = work.seen
            // The table is large, so it must not be held twice.
            work.seen = nil
            let batch = ImportBatch(items, stored: stored, seen: &seen) { item in
                guard let count = replayed[StreamKey(item.observation)], let repeated = work.repeated else {
                    return false
                }
                return repeated.place(of: StreamKey(item.observation), ordinal: item.ordinal) < count
            }
            work.seen = seen
            do {
                try await log.append(batch.events, runID: work.summary.runID)
                work.count(batch)
                work.expectsNewStreams = work.options.apply && stored.latest.isEmpty
                return
            } catch let error as LedgerError {
                guard Self.isConflict(error), attempt < Self.maximumConflictRetries else { throw error }
                attempt += 1
            }
        }
    }

    private struct KnownStream: Error {}

    /// Appends a batch as if none of its streams existed, which saves looking them up. Returns false, with nothing
    /// stored, if a stream exists.
    private func storeAsNew(_ batch: ImportBatch, _ work: inout ImportWork) async throws -> Bool {
        do {
            // The same observation may be the first of its stream already, in which case the observations after it matter.
            let appended = try await log.append(batch.events, runID: work.summary.runID) { _, appended in
                if appended.contains(where: { !$0.isNew }) { throw KnownStream() }
            }
            // If no event is new, the log did not call back.
            if appended.allSatisfy(\.isNew) {
                work.count(batch)
                return true
            }
        } catch is KnownStream {
        } catch let error as LedgerError {
            guard Self.isConflict(error) else { throw error }
        }
        work.expectsNewStreams = false
        return false
    }

    private static func isConflict(_ error: LedgerError) -> Bool {
        switch error {
        case .versionConflict, .identityConflict: true
        default: false
        }
    }

    /// The number of each stream's contents that the log has in order from an earlier run. Streams for which a
    /// comparison with the latest content suffices are omitted.
    private func replayed(
        _ items: [ImportItem], _ stored: StoredObservations, _ work: inout ImportWork
    ) async throws -> [StreamKey: Int] {
        var streams: [String] = []
        var keys: [StreamKey] = []
        var lines: [StreamKey: Set<UInt64>] = [:]
        for item in items {
            guard let latest = stored.latest[ByteKey(item.observation.stream)], latest.version > 1 else { continue }
            let key = StreamKey(item.observation)
            if lines[key] == nil {
                streams.append(item.observation.stream)
                keys.append(key)
            }
            lines[key, default: []].insert(item.observation.contentDigest.leadingBits)
        }
        if streams.isEmpty { return [:] }
        let (names, run) = (streams, work.summary.runID)
        let contents = try await pool.run { session in
            try StoredObservations.contents(of: names, before: run, session)
        }
        var counts: [StreamKey: Int] = [:]
        for (key, contents) in zip(keys, contents) {
            // Only a content that an earlier event of the stream has can be its repetition.
            guard contents.count > 1, let lines = lines[key], contents.dropLast().contains(where: lines.contains) else {
                continue
            }
            if work.repeated == nil { work.repeated = try RepeatedObservations(work.scan) }
            if let count = work.repeated?.replayed(key, stored: contents), count > 0 { counts[key] = count }
        }
        return counts
    }

    private func report(_ phase: Progress.Phase, _ batch: ImportScan.Batch, _ work: ImportWork) {
        onProgress(
            Progress(phase: phase, lines: work.summary.lines, bytes: batch.bytesDone, totalBytes: work.byteCount))
    }

    private static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000) ?? .minimum
    }
}

/// A run in progress.
private struct ImportWork {
    let sources: [ImportSource]
    let options: ObservationImportOptions
    var summary: ImportSummary
    /// The observations that a dry run would have stored so far.
    var seen: ContentTable?
    /// Whether the last batch opened all its streams. The next batch then probably does so too.
    var expectsNewStreams = false
    /// Read from the files on first use.
    var repeated: RepeatedObservations?

    init(sources: [ImportSource], options: ObservationImportOptions, summary: ImportSummary) {
        self.sources = sources
        self.options = options
        self.summary = summary
        seen = options.apply ? nil : ContentTable()
    }

    /// A scan of all files from their start.
    var scan: ImportScan {
        ImportScan(sources, faultLimit: options.shownFaults) { [options] source in
            let isCSV = source.name.utf8.suffix(4).elementsEqual(".csv".utf8)
            return ImportOptions(
                format: options.format ?? (isCSV ? .csv : .ndjson), unit: options.unit, kind: options.kind?.rawValue)
        }
    }

    var byteCount: Int64 { sources.reduce(0) { $0 + $1.byteCount } }

    mutating func take(_ batch: ImportScan.Batch) {
        summary.lines += batch.lines
        summary.rejected += batch.faulty
        summary.faults += batch.faults
    }

    mutating func count(_ batch: ImportBatch) {
        for (kind, counts) in batch.counts { summary.byKind[kind, default: ImportCounts()] += counts }
    }

    /// Resets the counts after a check.
    mutating func restart() {
        summary.lines = 0
        summary.rejected = 0
        summary.faults = []
    }
}
