public import LedgerEvents
import LedgerJSON
import LedgerPostgres
public import LedgerProjections
import LedgerValues

/// A version of a row or of facts that a table holds but that does not follow from the events, or the reverse.
public struct VersionFault: Sendable, Equatable, CustomStringConvertible {
    public let kind: DocumentKind
    public let key: RowKey
    /// The version's `valid_from`.
    public let from: Int64
    public let problem: String

    public var description: String {
        "\(kind == .row ? "row" : "facts of") \(key), version from position \(from): \(problem)"
    }
}

/// Finds the differences between the tables of a version and a fold of the log, in some buckets of entities.
///
/// It is slow, because differences are rare: it folds the log again with the documents of those buckets in memory.
struct VersionTrace {
    /// The largest number of faults that are named.
    static let mostNamed = 20

    private struct Place: Hashable {
        let kind: DocumentKind
        let key: RowKey
        let from: Int64
    }

    private struct Version {
        let to: Int64?
        let era: Int16?
        let content: Digest32
        let stored: [StoredValue]
        let document: [UInt8]
    }

    private let definition: ProjectionDefinition
    private let version: ProjectionVersion
    private let buckets: Set<Int>

    init(_ definition: ProjectionDefinition, _ version: ProjectionVersion, _ buckets: Set<Int>) {
        self.definition = definition
        self.version = version
        self.buckets = buckets
    }

    /// The first faults in the order of kind, key and position, and the number of all faults.
    func faults(_ session: PostgresSession) throws -> (first: [VersionFault], count: Int) {
        let expected = try folded(session)
        var seen: Set<Place> = []
        var faults: [VersionFault] = []
        for table in StoredVersions.all(of: version, definition) {
            try table.forEach(session) { row in
                guard buckets.contains(row.bucket) else { return }
                let place = Place(kind: row.kind, key: try row.key(), from: row.digest.from)
                let isRepeated = !seen.insert(place).inserted
                if let problem = try isRepeated ? "it stands there twice" : problem(of: row, expected[place]) {
                    faults.append(VersionFault(kind: place.kind, key: place.key, from: place.from, problem: problem))
                }
            }
        }
        for place in expected.keys where !seen.contains(place) {
            faults.append(
                VersionFault(kind: place.kind, key: place.key, from: place.from, problem: "it is missing"))
        }
        faults.sort { ($0.kind.rawValue, $0.key, $0.from) < ($1.kind.rawValue, $1.key, $1.from) }
        return (Array(faults.prefix(Self.mostNamed)), faults.count)
    }

    private func problem(of row: StoredVersions.Row, _ expected: Version?) throws -> String? {
        guard let expected else { return "it does not follow from the events" }
        var wrong: [String] = []
        func text(_ number: Int64?) -> String { number.map { "\($0)" } ?? "null" }
        if row.digest.to != expected.to { wrong.append("valid_to is \(text(row.digest.to)) instead of \(text(expected.to))") }
        if row.digest.era != expected.era {
            wrong.append("era is \(text(row.digest.era.map(Int64.init))) instead of \(text(expected.era.map(Int64.init)))")
        }
        if row.digest.content != expected.content {
            for (name, (stored, value)) in zip(definition.columns.stored, zip(try row.stored(), expected.stored))
            where stored != value.fieldBytes {
                wrong.append("the column \(name) is not what follows from the events")
            }
            let document = try row.document()
            if document != expected.document { wrong.append(Self.difference(document, expected.document)) }
        }
        return wrong.isEmpty ? nil : wrong.joined(separator: "; ")
    }

    /// The members of a document that differ, in words.
    private static func difference(_ stored: [UInt8], _ expected: [UInt8]) -> String {
        guard let found = try? JSONDocument(parsing: stored), let right = try? JSONDocument(parsing: expected) else {
            return "the document is not JSON"
        }
        let names = right.root.members.compactMap { name, value in
            found.root[name].map { $0.sourceText.isBytewiseEqual(to: value.sourceText) } ?? false ? nil : name
        }
        return names.isEmpty ? "the document has other bytes" : "the document differs in \(names.joined(separator: ", "))"
    }

    // MARK: The fold

    private func folded(_ session: PostgresSession) throws -> [Place: Version] {
        let sink = Collector()
        let fold = definition.historyFold(into: sink, recent: RecentDocuments(byteCount: 1 << 20))
        var numbers: [RowKey: Int] = [:]
        let decoder = EventDecoder([definition])
        var position: Int64 = 0
        while position < version.position {
            let events = try LogReader().events(after: position, upTo: version.position, limit: 2_000, session)
            guard let last = events.last else { break }
            for event in events {
                guard let read = decoder.read(event), let decoded = try definition.event(read) else { continue }
                for entity in try definition.entities(touchedBy: decoded)
                where buckets.contains(VersionTally.bucket(of: entity)) {
                    let number = numbers[entity] ?? numbers.count
                    numbers[entity] = number
                    try fold.apply(decoded, to: entity, entity: number)
                }
            }
            position = last.position
        }
        for (entity, number) in numbers { fold.finish(number, entity) }
        return sink.versions
    }

    private final class Collector: VersionSink {
        var versions: [Place: Version] = [:]

        func version(
            _ kind: DocumentKind, _ row: RowWriter.Place, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?
        ) {
            let bytes = document.withUnsafeBufferPointer { Array($0) }
            let content = VersionContent(kind, key: row.key, stored: row.stored, document: Digest32(sha256Of: bytes))
            versions[Place(kind: kind, key: row.key, from: origin.position)] = Version(
                to: validTo, era: Era(of: origin)?.number, content: content.digest, stored: row.stored, document: bytes)
        }
    }
}
