import LedgerEvents
package import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
package import OptionTrades

/// Summaries of trades against those of the log.
package struct FlowRecording: Sendable {
    /// How a summary stands to the log.
    package enum State: String, Sendable {
        /// The first of its stream.
        case new
        /// Its content differs from the latest one's.
        case superseding
        case unchanged
    }

    package let isDryRun: Bool
    package let rows: [(payload: IntradayFlowPayload, state: State)]

    /// `{"dry_run":…,"new":…,"superseding":…,"unchanged":…,"rows":[…]}`, decimals as numbers.
    package var node: JSONNode {
        func count(_ state: State) -> JSONNode { .integer(Int64(rows.count { $0.state == state })) }
        return .object([
            ("dry_run", .bool(isDryRun)), ("new", count(.new)), ("superseding", count(.superseding)), ("unchanged", count(.unchanged)),
            ("rows", .array(rows.map { .object([("state", .string($0.state.rawValue)), ("summary", FieldCoder.node($0.payload))]) })),
        ])
    }
}

/// A summary that the log does not have as it was made now.
package struct FlowDifference: Sendable, Equatable, CustomStringConvertible {
    /// `rest MSTR260220C00100000 2026-01-30`
    package let subject: String
    package let problem: String

    package var description: String { "\(subject): \(problem)" }
}

/// Compares summaries of trades with the log, and appends those that say something new.
package struct FlowRecorder: Sendable {
    /// Events of one append.
    private static let batch = 200

    private let ledger: Ledger

    package init(_ ledger: Ledger) { self.ledger = ledger }

    private struct Recorded {
        let version: Int64
        let payload: IntradayFlowPayload
    }

    /// Appends what the log does not say yet, unless it is a dry run.
    package func record(_ summaries: [FlowSummary], apply: Bool) async throws -> FlowRecording {
        let latest = try await latest(of: summaries)
        var events: [NewEvent] = []
        var rows: [(payload: IntradayFlowPayload, state: FlowRecording.State)] = []
        for (summary, recorded) in zip(summaries, latest) {
            guard let recorded else {
                events.append(summary.event(previousVersion: 0))
                rows.append((summary.payload, .new))
                continue
            }
            let isKnown = recorded.payload.contentDigest == summary.payload.contentDigest
            if !isKnown { events.append(summary.event(previousVersion: recorded.version)) }
            rows.append((summary.payload, isKnown ? .unchanged : .superseding))
        }
        if apply {
            let run = ledger.newID()
            for start in stride(from: 0, to: events.count, by: Self.batch) {
                try await ledger.log.append(Array(events[start..<min(events.count, start + Self.batch)]), runID: run)
            }
        }
        return FlowRecording(isDryRun: !apply, rows: rows)
    }

    /// What differs from the log, in the order of the summaries; then what the log has of the same sources and dates beside them.
    ///
    /// - Parameters:
    ///   - summaries: made anew.
    ///   - isWhole: whether they are all of their sources and market dates.
    package func verify(_ summaries: [FlowSummary], isWhole: Bool) async throws -> [FlowDifference] {
        var differences: [FlowDifference] = []
        for (summary, recorded) in zip(summaries, try await latest(of: summaries)) {
            guard let recorded else {
                differences.append(FlowDifference(summary.payload, "is not in the log"))
                continue
            }
            if let problem = Self.difference(recorded.payload, summary.payload) {
                differences.append(FlowDifference(summary.payload, problem))
            }
        }
        guard isWhole else { return differences }
        let days = Set(summaries.map { FlowDay($0.payload) })
        let known = Set(summaries.map { ByteKey($0.payload.stream) })
        let absent = try await ledger.pool.run { session in
            var absent: [FlowDifference] = []
            try LogReader().forEachLatest(
                of: [.intradayFlowSummarized], in: .prefixed(Streams.flows), upTo: .max, session
            ) { _, stored in
                guard let payload = try stored.decoded().payload(as: IntradayFlowPayload.self),
                    days.contains(FlowDay(payload)), !known.contains(ByteKey(payload.stream))
                else { return }
                absent.append(FlowDifference(payload, "is in the log and has no files"))
            }
            return absent
        }
        return differences + absent
    }

    /// The latest event of each summary's stream. Nil for none.
    private func latest(of summaries: [FlowSummary]) async throws -> [Recorded?] {
        let streams = summaries.map(\.payload.stream)
        return try await ledger.pool.run { session in
            var found = [Recorded?](repeating: nil, count: streams.count)
            try LogReader().forEachLast(inEach: streams, session) { index, version, stored in
                guard let payload = try stored.decoded().payload(as: IntradayFlowPayload.self) else { return }
                found[index] = Recorded(version: version, payload: payload)
            }
            return found
        }
    }

    /// Names the inputs that differ, else the figures. Nil if both payloads have one content.
    private static func difference(_ recorded: IntradayFlowPayload, _ made: IntradayFlowPayload) -> String? {
        if recorded.contentDigest == made.contentDigest { return nil }
        switch (recorded.inputs, made.inputs) {
        case (.files(let before), .files(let now)) where before != now:
            let paths = Set((before + now).map { ByteKey($0.path) }).sorted()
            let differing = paths.filter { path in
                func file(_ files: [FlowFile]) -> FlowFile? { files.first { ByteKey($0.path) == path } }
                return file(before) != file(now)
            }
            return "\(differing.map(\.text).joined(separator: ", ")) differs from what was summarized"
        case (.prints(let before), .prints(let now)) where before != now:
            let changed = Set(before).symmetricDifference(now).sorted().prefix(10).map { "\($0)" }
            return "the prints differ: events \(changed.joined(separator: ", "))"
        default: break
        }
        func members(_ payload: IntradayFlowPayload) -> [(String, JSONNode)] {
            if case .object(let members) = FieldCoder.node(payload) { members } else { [] }
        }
        let names = zip(members(recorded), members(made)).filter { before, now in before.0 != "rules" && before.1 != now.1 }.map { $0.0.0 }
        return "\(names.joined(separator: ", ")) differ under these rules"
    }
}

/// A source and a market date.
private struct FlowDay: Hashable {
    let source: FlowSource
    let date: CalendarDate

    init(_ payload: IntradayFlowPayload) { (source, date) = (payload.source, payload.marketDate) }
}

extension FlowDifference {
    fileprivate init(_ payload: IntradayFlowPayload, _ problem: String) {
        self.init(subject: "\(payload.source.rawValue) \(payload.symbol) \(payload.marketDate)", problem: problem)
    }
}

extension Ledger {
    /// The rules of flow that are served.
    package func flowRules() async throws -> IntradayFlowRules {
        let served = try await pool.run { session in try catalog.served(IntradayFlowRules.name, session) }
        let version = served.flatMap { registry.definition(of: $0) }?.identity.rulesVersion ?? 1
        return try IntradayFlowRules(version: version) { try resources.files.projectionFile($0) }
    }
}
