import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerValues
import TestSupport
import Testing

@testable import LedgerProjections

/// What is in a box from now on; nil: the box is gone.
private struct BoxFilled: EventPayload {
    let box: String
    let items: [String: Int64]?

    var subjectKey: RowKey? { RowKey([box]) }
}

/// Boxes with a row for each item. Items come, change, go and come back between others.
private struct BoxesProjection: Projection {
    static let consumes: [EventType: Set<Int>] = [EventType("BoxFilled"): [1]]
    static let entitiesAreSubjects = true

    struct Facts: Sendable {
        var box: String
        var items: [String: Int64]
    }

    let identity: ProjectionIdentity

    func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.payload.subjectKey.map { [$0] } ?? [] }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let payload = event.payload(as: BoxFilled.self) else { return }
        facts = payload.items.map { Facts(box: payload.box, items: $0) }
    }

    func writeRows(of facts: Facts, to rows: inout RowWriter) {
        for (item, count) in facts.items.sorted(by: { $0.key < $1.key }) {
            rows.out.beginObject()
            rows.out.key("box"); rows.out.string(facts.box)
            rows.out.key("count"); rows.out.integer(count)
            rows.out.key("item"); rows.out.string(item)
            rows.out.key("parity"); rows.out.string("\(count % 2)")
            rows.out.endObject()
            rows.endRow(RowKey([facts.box, item]), [.text("\(count % 2)")])
        }
    }

    func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("box"); out.string(facts.box)
        out.key("items")
        out.beginObject()
        for (item, count) in facts.items.sorted(by: { $0.key < $1.key }) { out.key(item); out.integer(count) }
        out.endObject()
        out.endObject()
    }

    func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        var items: [String: Int64] = [:]
        if let members = root["items"]?.members { for (item, count) in members { items[item] = count.integer } }
        return Facts(box: root["box"]?.string ?? "", items: items)
    }

    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }
}

/// Live, rebuilding and verifying folds are strategies over one core, and make the same versions.
@Suite struct FoldCoreTests {
    private struct Version: Hashable {
        let kind: DocumentKind
        let key: RowKey
        let from: Int64
        let isFirst: Bool
        var to: Int64?
        let document: [UInt8]
        let stored: [StoredValue]

        var digest: VersionDigest {
            VersionDigest(
                VersionContent(kind, key: key, stored: stored, document: Digest32(sha256Of: document)).digest,
                VersionOrigin(at: from, isFirst: isFirst), to: to)
        }

        func isValid(at position: Int64) -> Bool { from <= position && (to.map { $0 > position } ?? true) }
    }

    private final class Sink: VersionSink {
        var versions: Set<Version> = []

        func version(
            _ kind: DocumentKind, _ row: RowWriter.Place, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?
        ) {
            let version = Version(
                kind: kind, key: row.key, from: origin.position, isFirst: origin.isFirst, to: validTo,
                document: document.withUnsafeBufferPointer { Array($0) }, stored: row.stored)
            #expect(versions.insert(version).inserted, "\(row.key) from \(origin.position) was emitted twice")
        }
    }

    private static func boxes(entity: String = #""entity": ["box"], "#) throws -> ProjectionDefinition {
        let columns = """
            {"key": ["box", "item"], \(entity)"stored": ["parity"], "columns": {
              "box": {"type": "text", "digested": true}, "count": {"type": "integer", "digested": true},
              "item": {"type": "text", "digested": true}, "parity": {"type": "text", "digested": true}}}
            """
        let events = EventRegistry([EventDefinition(EventType("BoxFilled"), readers: [:])])
        let installed = try InstalledProjection("boxes", events, files: ["boxes/rules.v1.yaml"]) { _ in Array(columns.utf8) }
        let rules = RuleFile(path: "boxes/rules.v1.yaml", version: 1, digest: "")
        let identity = ProjectionIdentity(name: "boxes", codeVersion: 1, ownRules: rules, rules: [rules])
        return ProjectionDefinition(BoxesProjection(identity: identity), PublishedCode(version: 1), installed)
    }

    private static func history(_ random: inout SeededGenerator) -> [DecodedEvent] {
        (1...Int64.random(in: 2...40, using: &random)).map { position in
            var items: [String: Int64] = [:]
            for item in ["a", "b", "c", "d", "e"] where Bool.random(using: &random) {
                items[item] = Int64.random(in: 0...2, using: &random)
            }
            let isGone = Int.random(in: 0..<8, using: &random) == 0
            let payload = BoxFilled(box: "B\(Int.random(in: 0..<3, using: &random))", items: isGone ? nil : items)
            return event(payload, "BoxFilled", at: position)
        }
    }

    private static func event(_ payload: any EventPayload, _ type: String, at position: Int64) -> DecodedEvent {
        let header = EventHeader(
            position: position, eventID: UniqueID(high: 1, low: UInt64(position)), stream: "s", streamVersion: position, type: type,
            schemaVersion: 1, recordedAt: .minimum, effectiveAt: nil, runID: UniqueID(high: 1, low: 1))
        return DecodedEvent(record: header, payload: payload)
    }

    // MARK: The folds

    /// The versions that a rebuild emits; it forgets entities and folds them again now and then.
    private func rebuilt(
        _ definition: ProjectionDefinition, _ events: [DecodedEvent], keepingBytes: Int = 1 << 12, forgets: () -> Bool = { false }
    ) throws -> Set<Version> {
        let sink = Sink()
        let fold = definition.historyFold(into: sink, recent: RecentDocuments(byteCount: keepingBytes))
        var entities: [RowKey] = []
        var earlier: [RowKey: [DecodedEvent]] = [:]
        var forgotten: Set<RowKey> = []
        func number(_ key: RowKey) throws -> Int {
            let number = entities.firstIndex(of: key) ?? entities.count
            if number == entities.count { entities.append(key) }
            if forgotten.remove(key) != nil {
                for event in earlier[key] ?? [] { try fold.recall(event, to: key, entity: number) }
            }
            return number
        }
        for event in events {
            for key in try definition.entities(touchedBy: event) {
                let number = try number(key)
                try fold.apply(event, to: key, entity: number)
                earlier[key, default: []].append(event)
                if forgets() {
                    fold.forget(number)
                    forgotten.insert(key)
                }
            }
        }
        for key in entities { fold.finish(try number(key), key) }
        return sink.versions
    }

    /// The versions in the tables of a projector that restarts now and then.
    private func followed(
        _ definition: ProjectionDefinition, _ events: [DecodedEvent], _ random: inout SeededGenerator
    ) throws -> Set<Version> {
        var versions: [Version] = []
        var fold = definition.liveFold()
        var rest = events[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Int.random(in: 1...6, using: &random))
            rest = rest.dropFirst(batch.count)
            if Bool.random(using: &random) { fold = definition.liveFold() }
            for event in batch {
                for key in try fold.missingEntities(for: event) {
                    let kind: DocumentKind = definition.rowsAreFacts ? .row : .facts
                    try fold.load(key, facts: versions.first { $0.kind == kind && $0.key == key && $0.to == nil }?.document)
                }
                try fold.apply(event)
            }
            let changes = fold.takeChanges()
            for kind in DocumentKind.allCases {
                for ended in changes[kind].ended {
                    let index = try #require(versions.firstIndex { $0.kind == kind && $0.key == ended.key && $0.to == nil })
                    versions[index].to = ended.validTo
                }
                for made in changes[kind].made {
                    versions.append(
                        Version(
                            kind: kind, key: made.key, from: made.origin.position, isFirst: made.origin.isFirst, to: made.validTo,
                            document: made.document, stored: made.stored))
                }
            }
        }
        #expect(Set(versions).count == versions.count)
        return Set(versions)
    }

    private func tally(_ versions: some Sequence<Version>, _ key: TallyKey, _ definition: ProjectionDefinition) -> VersionTally {
        var tally = VersionTally(key)
        for version in versions { tally.add(version.digest, bucket: VersionTally.bucket(of: entity(of: version, definition))) }
        return tally
    }

    private func entity(of version: Version, _ definition: ProjectionDefinition) -> RowKey {
        RowKey(entityOf: version.key, parts: definition.entityKey.count)
    }

    /// The tally of a verification that goes on from the versions at a position.
    private func verified(
        _ definition: ProjectionDefinition, _ events: [DecodedEvent], _ versions: Set<Version>, from start: Int64, _ key: TallyKey
    ) throws -> VersionTally {
        let known = versions.filter { $0.from <= start }
        var before = VersionTally(key)
        var standing: [RowKey: StandingEntity] = [:]
        for version in known {
            let (entity, digest) = (entity(of: version, definition), version.digest.asOf(start))
            before.add(digest, bucket: VersionTally.bucket(of: entity))
            guard version.isValid(at: start) else { continue }
            standing[entity, default: StandingEntity()].add(
                version.kind, version.key, document: Digest32(sha256Of: version.document), digest)
            if definition.rowsAreFacts || version.kind == .facts { standing[entity]?.factsDocument = version.document }
        }
        let fold = definition.wholeFold(upTo: .max, tally: FoldStart(after: start, before, standing))
        let subjects = SubjectNumbers()
        let place = try #require(definition.consumedTypes.places.first)
        for event in events {
            let place = definition.events.place(of: EventType(event.record.type)) ?? place
            fold.fold(subjects.number([ReadEvent(event, place)]))
        }
        #expect(fold.poison == nil)
        return try #require(fold.tally())
    }

    /// The rows after each event, by a fold that compares nothing.
    private func rows(_ definition: ProjectionDefinition, _ events: [DecodedEvent]) throws -> [[RowKey: [UInt8]]] {
        let fold = definition.completeFold()
        return try events.map { event in
            try fold.apply(event)
            var rows: [RowKey: [UInt8]] = [:]
            fold.forEachRow { rows[$0] = $1 }
            return rows
        }
    }

    private func check(_ definition: ProjectionDefinition, _ events: [DecodedEvent], _ random: inout SeededGenerator) throws {
        let versions = try rebuilt(definition, events)
        for (event, rows) in zip(events, try rows(definition, events)) {
            let valid = versions.filter { $0.kind == .row && $0.isValid(at: event.record.position) }
            #expect(Dictionary(valid.map { ($0.key, $0.document) }) { first, _ in first } == rows)
            #expect(valid.count == rows.count)
        }
        // A version that begins where another of its key ends is not the first one.
        for version in versions {
            let follows = versions.contains { $0.kind == version.kind && $0.key == version.key && $0.to == version.from }
            #expect(version.isFirst == !follows)
        }
        var forgets = SeededGenerator(seed: random.next())
        let small = try rebuilt(definition, events, keepingBytes: 40) { Bool.random(using: &forgets) }
        #expect(small == versions)
        let followed = try followed(definition, events, &random)
        #expect(followed == versions)
        let key = TallyKey(using: &random)
        let expected = tally(versions, key, definition)
        for start in [0, Int64(events.count / 2), Int64(events.count)] {
            #expect(try verified(definition, events, versions, from: start, key) == expected, "from \(start)")
        }
    }

    // MARK: Tests

    @Test func `All folds make the same versions of rows that come, change, go and come back`() throws {
        let definition = try Self.boxes()
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            try check(definition, Self.history(&random), &random)
        }
    }

    @Test func `All folds make the same versions of rows that are facts`() throws {
        let definition = try #require(try projectRegistry().firstDefinition("trades"))
        for seed in 0..<50 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var log = LifecyclesLog()
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                var row = try sampleRow("T\(Int.random(in: 0..<3, using: &random))")
                row.quantity = FixedDecimal(Int.random(in: 1...3, using: &random))
                try log.append(row)
            }
            try check(definition, log.events, &random)
        }
    }

    @Test func `An entity with another number of parts than columns.json says is poison`() throws {
        let event = Self.event(BoxFilled(box: "B", items: [:]), "BoxFilled", at: 1)
        #expect(try Self.boxes().liveFold().missingEntities(for: event) == [RowKey(["B"])])
        let expected = PoisonEvent(
            position: 1, problem: "the entity B has 1 parts, but `columns.json` gives an entity 2 columns")
        #expect(throws: expected) { try Self.boxes(entity: "").liveFold().missingEntities(for: event) }
    }

    @Test func `An error of a projection is the poison of its event, and a poison stays as it is`() throws {
        struct Fault: Error, CustomStringConvertible { var description: String { "a fault" } }
        let event = Self.event(BoxFilled(box: "B", items: nil), "BoxFilled", at: 7)
        #expect(PoisonEvent(event, Fault()) == PoisonEvent(position: 7, problem: "a fault"))
        #expect(PoisonEvent(event, PoisonEvent(position: 3, problem: "x")) == PoisonEvent(position: 3, problem: "x"))
    }
}
