import LedgerEvents
import LedgerJSON
import LedgerMerkle
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades
import Parquet

/// The options of `export parquet`.
package struct ParquetExport: Sendable {
    package var table: ExportTable
    /// Parameter and value, as a person gave them.
    package var filters: [(name: String, value: String)] = []
    /// What the ledger knew after this event.
    package var asOfPosition: Int64
    package var rules: RulesChoice = .served
    /// For views that have them.
    package var horizons: String?
    package var directory: String
    package var partitionBy: String?
    package var rowGroup = 128 << 10
    /// The program and its version, for `created_by`.
    package var program: String

    package init(table: ExportTable, asOfPosition: Int64, directory: String, program: String) {
        self.table = table
        self.asOfPosition = asOfPosition
        self.directory = directory
        self.program = program
    }
}

extension Ledger {
    /// Writes a table's rows at a position into a new directory of Parquet files, with a manifest as the last file.
    ///
    /// Everything is read in one snapshot. The directory takes its name when all of it is on disk. The same position, program and options
    /// give the same bytes. Memory: a row group, and 32 MiB if the export is divided; the rows of a divided export lie on the disk of the
    /// directory twice for a while.
    ///
    /// Throws `ExportError` for a value that does not fit its column, `BundleError` for a directory that exists or can't be written,
    /// `ViewError` for filters and partitions that the table does not have, and `LedgerError` as a read of the view does.
    package func exportParquet(
        _ request: ParquetExport, progress: @escaping @Sendable (_ rows: Int64) -> Void = { _ in }
    ) async throws -> ExportManifest {
        guard 1...ParquetMetadata.largestGroup ~= request.rowGroup else {
            throw ViewError.badParameter(name: "row_group", expected: "1 to \(ParquetMetadata.largestGroup) rows")
        }
        if case .view(let view) = request.table { return try await exportView(view, request, progress) }
        if request.rules != .served { throw ViewError.badParameter(name: "rules", expected: "a view: \(request.table.name) have no rules") }
        if request.horizons != nil { throw ViewError.badParameter(name: "horizons", expected: "a view that has them") }
        let isObservations = if case .observations = request.table { true } else { false }
        let filters = try EventFilters.conditions(request.filters, isObservations: isObservations)
        return try await pool.run { session in
            try session.transaction(.snapshot) {
                try exportLog(request, isObservations: isObservations, filters, progress, session)
            }
        }
    }

    private func exportView(
        _ view: View, _ request: ParquetExport, _ progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> ExportManifest {
        var reading = ViewRequest()
        reading.filters = try ViewReader.filters(view, request.filters, .forgiving)
        reading.asOfPosition = request.asOfPosition
        reading.rules = request.rules
        reading.horizons = request.horizons
        reading.limit = ViewReader.maximumLimit
        try await bringUpToDate([view.projection])
        return try await ViewReader(self, isBounded: false).reading(view, reading) { rows, session in
            guard let columns = registry.firstDefinition(view.projection)?.columns else {
                throw ViewError.notActivated(projection: view.projection)
            }
            let version = rows.standing.source.version
            let rules = JSONNode.object(version.rules.map { ($0.file, .integer(Int64($0.version))) })
            let basis = try basis(
                request, now: rows.standing.now, .view(view, columns), projection: version.name, version: version.label, rules: rules,
                session)
            return try export(request, basis, .view(view, columns), progress) { add in
                try rows.forEachRow(session) { try add($0) }
            }
        }
    }

    /// Exports events or observations. Every event up to the position is read and checked against its hash.
    private func exportLog(
        _ request: ParquetExport, isObservations: Bool, _ filters: [RowFilter], _ progress: @escaping @Sendable (Int64) -> Void,
        _ session: PostgresSession
    ) throws -> ExportManifest {
        let head = try LogReader().head(session)
        guard request.asOfPosition <= head.position else {
            throw LedgerError.positionUnknown(position: request.asOfPosition, head: head.position)
        }
        let now = request.asOfPosition == 0 ? Instant.minimum : try LogReader().recordedAt(request.asOfPosition, session)
        let schema = isObservations ? try ExportSchema.observations() : try ExportSchema.events()
        let basis = try basis(request, now: now, schema, session)
        return try export(request, basis, schema, progress) { add in
            var checker = LogChecker()
            try LogReader().forEachBytes(after: 0, upTo: request.asOfPosition, session) { event in
                if let fault = checker.check(event) { throw ExportError.alteredLog(position: fault.position, problem: fault.problem) }
                let bytes: [UInt8]
                if isObservations {
                    guard event.type.elementsEqual(EventType.marketObserved.rawValue.utf8) else { return }
                    bytes = try ObservationRow.document(of: event)
                } else {
                    bytes = checker.leaf.withBytes { Array($0) }
                }
                let document = try JSONDocument(parsing: bytes)
                if filters.allSatisfy({ $0.passes(document.root) }) { try add(document) }
            }
            guard checker.position == request.asOfPosition else {
                throw ExportError.alteredLog(position: checker.position + 1, problem: "the event is missing")
            }
            guard checker.tree.root.description.isBytewiseEqual(to: basis.root) else {
                throw ExportError.alteredLog(position: request.asOfPosition, problem: "the stored tree has another root than the events")
            }
        }
    }

    private func basis(
        _ request: ParquetExport, now: Instant, _ schema: ExportSchema, projection: String? = nil, version: String? = nil,
        rules: JSONNode? = nil, _ session: PostgresSession
    ) throws -> ExportBasis {
        var filters = request.filters.map { ($0.name, $0.value) }
        if let horizons = request.horizons { filters.append(("horizons", horizons)) }
        filters.sort { $0.0.isBytewiseLess(than: $1.0) }
        func text(_ node: JSONNode) -> String { String(decoding: node.httpBytes(), as: UTF8.self) }
        return ExportBasis(
            ledgerID: try LogReader().head(session).ledgerID.description, position: request.asOfPosition,
            root: try LogReader().root(at: request.asOfPosition, session).description, now: now.description, table: request.table.name,
            projection: projection, version: version, rules: rules.map(text),
            filters: text(.object(filters.map { ($0.0, .string($0.1)) })), isComplete: filters.isEmpty, columns: schema.description,
            partitionBy: request.partitionBy)
    }

    /// Writes what `read` gives, in key order, and moves the directory into place.
    private func export(
        _ request: ParquetExport, _ basis: ExportBasis, _ schema: ExportSchema, _ progress: @escaping (Int64) -> Void,
        _ read: (_ add: (JSONDocument) throws -> Void) throws -> Void
    ) throws -> ExportManifest {
        let partition = try request.partitionBy.map { name throws(ViewError) in try ExportPartition(name, request.table, schema) }
        let output = try BundleOutput(for: request.directory)
        do {
            var exporter = try ParquetExporter(
                to: output, basis, schema, by: partition, rowGroup: request.rowGroup, createdBy: ParquetExporter.createdBy(request.program))
            var rows: Int64 = 0
            try read { document in
                try exporter.add(document)
                rows += 1
                if rows % 50_000 == 0 { progress(rows) }
            }
            let manifest = try exporter.finish()
            try output.write(ExportBasis.manifest) { $0.pending += manifest.encode() }
            try output.commit()
            return manifest
        } catch {
            output.discard()
            throw error
        }
    }
}

/// The filters of events and observations, on members of their documents.
enum EventFilters {
    static func conditions(_ given: [(name: String, value: String)], isObservations: Bool) throws(ViewError) -> [RowFilter] {
        let table: ExportTable = isObservations ? .observations : .events
        let time = isObservations ? "timestamp" : "recorded_at"
        var conditions: [RowFilter] = []
        for (name, value) in given {
            guard table.filterParameters.contains(where: { $0.isBytewiseEqual(to: name) }) else {
                throw .badParameter(
                    name: name, expected: "one of the filters of \(table.name): \(table.filterParameters.joined(separator: ", "))")
            }
            switch name {
            case "type": conditions.append(.equals(column: name, value: try known(value, name, TradeEvents.typeNames)))
            case "kind": conditions.append(.equals(column: name, value: try known(value, name, MarketKind.allCases.map(\.rawValue))))
            case "from", "to":
                guard let instant = Instant(value.trimmed) ?? CalendarDate(value.trimmed)?.start else {
                    throw .badParameter(name: name, expected: "an instant such as 2026-01-31T00:00:00Z, or a date")
                }
                conditions.append(name == "from" ? .from(column: time, instant) : .before(column: time, instant))
            default: conditions.append(.equalsIgnoringCase(column: name, value: value.trimmed))
            }
        }
        return conditions
    }

    private static func known(_ value: String, _ name: String, _ names: [String]) throws(ViewError) -> String {
        guard let found = names.first(where: { $0.isBytewiseEqual(to: value.trimmed) }) else {
            throw .badParameter(
                name: name, expected: "one of \(names.joined(separator: ", "))\(Suggestion.question(value, among: names))")
        }
        return found
    }
}

/// The row of an observation.
private enum ObservationRow {
    static func document(of event: EventBytes) throws -> [UInt8] {
        let payload = Array(event.payload)
        let observed: MarketObservedPayload
        do {
            observed = try MarketObservedPayload(decoding: payload, schemaVersion: event.schemaVersion)
        } catch {
            throw ExportError.alteredLog(position: event.position, problem: "the payload can't be read: \(error)")
        }
        return JSONWriter.bytes(reservingCapacity: payload.count + 384) { out in
            out.beginObject()
            out.key("currency")
            out.string(observed.subject)
            out.key("event_id")
            out.uniqueID(event.eventID)
            out.key("fields")
            out.raw(payload)
            out.key("kind")
            out.string(observed.kind.rawValue)
            out.key("observed_source")
            out.string(observed.provenance.observedSource)
            out.key("position")
            out.integer(event.position)
            out.key("recorded_at")
            out.instant(event.recordedAt)
            out.key("timestamp")
            out.instant(observed.timestamp)
            out.endObject()
        }
    }
}
