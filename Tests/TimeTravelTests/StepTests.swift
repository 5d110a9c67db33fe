import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Operations

/// Walks along the events of entities, held against the views as of every step.
@Suite struct StepTests {
    /// Rows of an entity by the text of their keys, as readers get them.
    private typealias Rows = [String: JSONValue]
    /// Row key → kind of change, row key and field → the values before and after.
    private typealias Changes = [String: String]

    /// The two versions that are walked side by side.
    private static let versions = ["v1", "v2"]

    private func rows(
        _ bench: TimeTravelBench, _ view: View, _ key: RowKey, under version: String, at position: Int64, now: Instant
    ) async throws -> Rows {
        let definition = try bench.definition(view, version)
        let columns = definition.columns
        var ask = ViewRequest()
        ask.filters = zip(definition.entityKey, key.parts).filter { name, _ in columns.keyTexts.contains(name) }
            .map { .equals(column: $0, value: $1.text) }
        ask.asOfPosition = position
        ask.asOf = now
        ask.rules = .version(VersionReference(version: version))
        ask.limit = ViewReader.maximumLimit
        if view.hasHorizons, key.parts.count == columns.key.count { ask.horizons = key.parts.last?.text }
        var rows: Rows = [:]
        for row in try await ViewReader(bench.ledger).page(view, ask).rows {
            let root = try JSONDocument(parsing: row).root
            let own = try rowKey(root, columns)
            if key.parts.count < columns.key.count || own == key { rows["\(own)"] = root }
        }
        return rows
    }

    /// The parts of a key as rows show them.
    private func shown(_ key: RowKey, _ columns: ColumnSet) -> [String] {
        zip(columns.keyColumns, key.parts.map(\.text)).map { column, part in
            guard column.kind == .decimal || column.kind == .integer else { return part }
            guard part.hasSuffix("~") else { return String(part.dropFirst()) }
            return "-" + part.dropFirst().dropLast().map { $0.wholeNumberValue.map { "\(9 - $0)" } ?? String($0) }.joined()
        }
    }

    private func text(_ value: JSONValue?) -> String { value?.sourceText ?? "null" }

    /// What changed from some rows to others, and what stayed in the rows that changed.
    private func steps(_ old: Rows, _ new: Rows, _ columns: ColumnSet) -> Changes {
        var found: Changes = [:]
        for key in Set(old.keys).union(new.keys) {
            let (from, to) = (old[key], new[key])
            var own: Changes = [:]
            var differs = from == nil || to == nil
            for column in columns.columns where !columns.key.contains(column.name) {
                let (a, b) = (text(from?[column.name]), text(to?[column.name]))
                own["\(key)|\(column.name)"] = a == b ? "stays \(b)" : "\(a) → \(b)"
                if a != b { differs = true }
            }
            guard differs else { continue }
            found.merge(own) { first, _ in first }
            found[key] = from == nil ? "added" : to == nil ? "removed" : "changed"
        }
        return found
    }

    /// The key of a row, or of a change, from the members that show it.
    private func rowKey(_ members: JSONValue?, _ columns: ColumnSet) throws -> RowKey {
        try #require(columns.rowKey(columns.key.map { name in members?[name].map { $0.string ?? $0.sourceText } ?? "" }))
    }

    private func key(of change: JSONValue, _ columns: ColumnSet) throws -> String { "\(try rowKey(change["key"], columns))" }

    /// The same, read from a side of a step.
    private func steps(_ side: JSONValue, _ columns: ColumnSet) throws -> Changes {
        var found: Changes = [:]
        for change in side["changes"]?.elements.map({ $0 }) ?? [] {
            let key = try key(of: change, columns)
            found[key] = change["change"]?.string
            for field in change["fields"]?.elements.map({ $0 }) ?? [] {
                found["\(key)|\(field["field"]?.string ?? "")"] = "\(text(field["from"])) → \(text(field["to"]))"
            }
            for (name, value) in change["unchanged"]?.members.map({ ($0.key, $0.value) }) ?? [] {
                found["\(key)|\(name)"] = "stays \(text(value))"
            }
        }
        return found
    }

    /// How rows under two versions differ in what a digest covers.
    private func differences(_ one: Rows, _ other: Rows, _ columns: ColumnSet) -> Changes {
        var found: Changes = [:]
        for key in Set(one.keys).union(other.keys) {
            guard let from = one[key], let to = other[key] else {
                found[key] = one[key] == nil ? "added" : "removed"
                continue
            }
            for column in columns.columns where column.isDigested {
                let (a, b) = (text(from[column.name]), text(to[column.name]))
                if a == b { continue }
                found[key] = "changed"
                found["\(key)|\(column.name)"] = "\(a) → \(b)"
            }
        }
        return found
    }

    private func differences(_ step: JSONValue, _ columns: ColumnSet) throws -> Changes {
        var found: Changes = [:]
        for change in step["differences"]?.elements.map({ $0 }) ?? [] {
            let key = try key(of: change, columns)
            found[key] = change["change"]?.string
            for field in change["fields"]?.elements.map({ $0 }) ?? [] {
                found["\(key)|\(field["field"]?.string ?? "")"] = "\(text(field["from"])) → \(text(field["to"]))"
            }
        }
        return found
    }

    /// What a walk was found to be.
    private struct Tally {
        var steps = 0
        var changed = 0
        var unchanged = 0
        var differing = 0
    }

    /// Walks along a key's events under both versions, a few a page, and compares every step with the views before and after it.
    private func check(
        _ bench: TimeTravelBench, _ view: View, _ key: RowKey, _ events: [RecordedEvent], _ note: String, _ tally: inout Tally
    ) async throws {
        let columns = try bench.definition(view, "v1").columns
        var request = try StepsRequest(view: view.name, key: shown(key, columns))
        request.rules = .version(VersionReference(version: Self.versions[0]))
        request.against = .version(VersionReference(version: Self.versions[1]))
        request.limit = 7
        var firstDifference: (step: Int, position: Int64)?
        var named: Set<String> = []
        var index = 0
        repeat {
            let page = try await StepReader(bench.ledger).steps(request)
            let root = page.document.root
            #expect(root["count"]?.integer == Int64(events.count), "\(note)")
            #expect(root["versions"]?.elements.compactMap { $0["version"]?.string } == Self.versions, "\(note)")
            named.insert(root["first_difference"].map { "\(text($0["step"])) \(text($0["position"]))" } ?? "")
            for step in root["steps"]?.elements.map({ $0 }) ?? [] {
                guard index < events.count else { break }
                let event = events[index]
                index += 1
                #expect(step["step"]?.integer == Int64(index) && step["event"]?["position"]?.integer == event.position, "\(note)")
                #expect(step["event"]?["event_id"]?.string == event.eventID.description, "\(note)")
                let now = event.recordedAt
                var after: [Rows] = []
                for (version, side) in zip(Self.versions, step["sides"]?.elements.map { $0 } ?? []) {
                    let old = try await rows(bench, view, key, under: version, at: event.position - 1, now: now)
                    let new = try await rows(bench, view, key, under: version, at: event.position, now: now)
                    let (expected, found) = (steps(old, new, columns), try steps(side, columns))
                    #expect(found == expected, "\(note) \(version) at \(event.position)")
                    #expect(side["rows"]?.integer == Int64(new.count), "\(note) \(version) at \(event.position)")
                    after.append(new)
                    if expected.isEmpty { tally.unchanged += 1 } else { tally.changed += 1 }
                }
                let (expected, found) = (differences(after[0], after[1], columns), try differences(step, columns))
                #expect(found == expected, "\(note) at \(event.position)")
                if !expected.isEmpty {
                    tally.differing += 1
                    if firstDifference == nil { firstDifference = (index, event.position) }
                }
                tally.steps += 1
            }
            request.cursor = root["next_cursor"]?.string
        } while request.cursor != nil
        #expect(index == events.count, "\(note)")
        // Every page names the same one, wherever it lies.
        #expect(named == [firstDifference.map { "\($0.step) \($0.position)" } ?? "null null"], "\(note)")
    }

    /// The events that touch each entity of a view, in order.
    private func touching(_ definition: ProjectionDefinition, _ events: [RecordedEvent]) throws -> [(RowKey, [RecordedEvent])] {
        var found: [RowKey: [RecordedEvent]] = [:]
        for record in events {
            guard let event = try definition.decode(record) else { continue }
            for entity in try definition.entities(touchedBy: event) { found[entity, default: []].append(record) }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `every step of every entity of random histories is what the views say before and after it`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: seed, trades: 8, events: 70).events)
            try await bench.project()
            let events = try await bench.events()
            for view in someViews(seed: seed, of: 2) {
                var tally = Tally()
                for (entity, own) in try touching(try bench.definition(view, "v1"), events) {
                    try await check(bench, view, entity, own, "seed \(seed), \(view.name) \(entity)", &tally)
                }
                // Walks that show nothing, or under rules that change nothing, would prove nothing.
                guard view.isOfTrades else { continue }
                #expect(tally.steps > 8 && tally.changed > 2, "\(view.name): \(tally.steps) steps, \(tally.changed) changes")
                if view.name != "context" { #expect(tally.differing > 0, "\(view.name)") }
            }
        }
    }

    @Test func `every step of every entity of the sample is what the views say before and after it`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try GoldenLog.newEventsOfEveryView())
            try await bench.project()
            let events = try await bench.events()
            for view in View.all {
                var tally = Tally()
                // Each tenth trade has all that the others have; the other views have few entities.
                let all = try touching(try bench.definition(view, "v1"), events)
                for (index, (entity, own)) in all.enumerated() where all.count < 20 || index % 10 == 0 {
                    try await check(bench, view, entity, own, "sample, \(view.name) \(entity)", &tally)
                }
                #expect(tally.changed > 0, "\(view.name)")
            }
        }
    }

    @Test func `a row is walked alone, also at a horizon that no view shows by itself`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append(try RandomHistory(seed: 53, trades: 4, events: 80).events)
            try await bench.project()
            let events = try await bench.events()
            var tally = Tally()
            for (entity, own) in try touching(try bench.definition(.outcomes, "v1"), events) {
                for horizon in ["1d", "14d", "45d", "expiry"] {
                    let row = RowKey(entity.parts.map(\.text) + [horizon])
                    try await check(bench, .outcomes, row, own, "outcomes \(row)", &tally)
                }
            }
            // A mark at one horizon changes nothing at another.
            #expect(tally.changed > 5 && tally.unchanged > 5)
        }
    }

    @Test func `what holds later in the world is not there, and pins end the walk`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let row = try sampleRow("T1")
            try await bench.append([recorded(row), updated(try sampleRow("T1", updatedAt: 60, price: "13"), from: row, previous: 1)])
            try await bench.project()
            let events = try await bench.events().filter { $0.stream.hasPrefix("execution-") }
            var request = try StepsRequest(view: "trades", key: ["T1"])
            request.effectiveAt = try instant("2026-01-10T14:29:59Z")
            let before = try await StepReader(bench.ledger).steps(request)
            let rows = before.document.root["steps"]?.elements.flatMap { $0["sides"]?.elements.map { $0["rows"]?.integer } ?? [] }
            #expect(rows == [0, 0])
            request.effectiveAt = nil
            request.asOfPosition = events[0].position
            let first = try await StepReader(bench.ledger).steps(request)
            #expect(first.document.root["count"]?.integer == 1 && first.position == events[0].position)
            request.asOfPosition = events[0].position - 1
            await #expect(throws: ExplainError.self) { try await StepReader(bench.ledger).steps(request) }
        }
    }

    @Test func `an entity with more events than may be read is refused, and pages go either way`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            var row = try sampleRow("T1")
            var events = [recorded(row)]
            for version in 1..<9 {
                let next = try sampleRow("T1", updatedAt: version, quantity: 10 + version)
                events.append(updated(next, from: row, previous: Int64(version)))
                row = next
            }
            try await bench.append(events)
            try await bench.project()
            let positions = try await bench.events().filter { $0.stream.hasPrefix("execution-") }.map(\.position)
            var request = try StepsRequest(view: "lifecycles", key: [try await position(of: "T1", bench)])
            request.maximumEvents = 8
            await #expect(throws: ExplainError.self) { try await StepReader(bench.ledger).steps(request) }
            request.maximumEvents = 9
            request.limit = 4
            request.from = positions[5]
            let middle = try await StepReader(bench.ledger).steps(request).document.root
            #expect(middle["steps"]?.elements.compactMap { $0["step"]?.integer } == [6, 7, 8, 9])
            #expect(middle["previous_from"]?.integer == positions[1] && middle["next_from"]?.isNull == true)
            request.from = positions[1]
            let first = try await StepReader(bench.ledger).steps(request).document.root
            #expect(first["steps"]?.elements.compactMap { $0["step"]?.integer } == [2, 3, 4, 5])
            #expect(first["previous_from"]?.integer == positions[0] && first["next_from"]?.integer == positions[5])
            request.cursor = first["next_cursor"]?.string
            let next = try await StepReader(bench.ledger).steps(request).document.root
            #expect(next["steps"]?.elements.compactMap { $0["step"]?.integer } == [6, 7, 8, 9])
            // A cursor is of its own walk.
            request.from = positions[2]
            await #expect(throws: ViewError.badCursor) { try await StepReader(bench.ledger).steps(request) }
            request.cursor = nil
            request.from = positions[8] + 1
            let beyond = try await StepReader(bench.ledger).steps(request).document.root
            #expect(beyond["steps"]?.count == 0 && beyond["previous_from"]?.integer == positions[5])
        }
    }

    /// The id of the position that holds a trade.
    private func position(of trade: String, _ bench: TimeTravelBench) async throws -> String {
        let page = try await ViewReader(bench.ledger).page(.lifecycles, ViewRequest())
        return try #require(try page.rows.map { try JSONDocument(parsing: $0).root["position_id"]?.string }.first ?? nil)
    }
}
