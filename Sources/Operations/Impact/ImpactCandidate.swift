import LedgerEvents
package import LedgerJSON
import LedgerPostgres
import LedgerStore
package import LedgerValues
import OptionTrades

/// A candidate for appending: a row in the feed's form, or an event's payload.
///
/// A row is read under the contract of a sync and becomes the event that a sync would append. If the trade has these
/// values already, or newer ones, there is no event.
package struct ImpactCandidate: Sendable {
    private enum Content: Sendable {
        case execution(
            ExecutionRow, unknown: [(key: String, sourceText: String)], scopeKey: String, order: RowPrecedence, text: String)
        case event(any EventPayload)
    }

    private let content: Content

    fileprivate static let types =
        TradeEvents.executions + TradeEvents.presences + [
            .contextStamped, .executionBenchmarkRecorded, .forwardMarkRecorded, .assertionStated, .assertionWithdrawn,
        ]

    /// An event's payload, for operations that show what they would append.
    init(_ payload: any EventPayload) { content = .event(payload) }

    /// Reads a row of the feed, or `{"type": …, "payload": {…}}`.
    ///
    /// - Parameter settings: contains the portfolios in the scope of a sync; without any, the row's own portfolio is used
    package init(parsing bytes: [UInt8], _ settings: Settings) throws(ImpactCandidateError) {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw .notJSON(error)
        }
        let root = document.root
        guard root.kind == .object else { throw .notObject }
        if let type = root["type"], let payload = root["payload"] {
            for key in root.members.map(\.key) where key != "type" && key != "payload" {
                throw .unknownMember(key)
            }
            content = try Self.event(type, payload)
        } else {
            content = try Self.row(root, settings)
        }
    }

    private static func event(_ type: JSONValue, _ payload: JSONValue) throws(ImpactCandidateError) -> Content {
        guard let known = type.string.map({ EventType($0) }), types.contains(known) else { throw .unknownType }
        do {
            let read = try TradeEvents.registry.payload(type: known, schemaVersion: 1, bytes: try canonicalize(payload))
            guard let execution = read.payload(as: ExecutionPayload.self) else { return .event(read) }
            return .execution(
                execution.row, unknown: execution.unknownFields, scopeKey: execution.scopeKey, order: .byTime, text: payload.sourceText)
        } catch {
            throw .badPayload(problem: "\(error)")
        }
    }

    private static func row(_ root: JSONValue, _ settings: Settings) throws(ImpactCandidateError) -> Content {
        let reader: any ExecutionReader
        do throws(SettingProblem) {
            reader = try Ingestion.executions.standard.reader(settings.values, root)
        } catch {
            throw .settings(error)
        }
        switch reader.normalize(root) {
        case .accepted(let row, let unknown):
            return .execution(row, unknown: unknown, scopeKey: reader.scope.key, order: reader.order, text: root.sourceText)
        case .rejected(_, let reasons, _, _):
            throw .rejected(reasons: reasons)
        }
    }

    /// The event that would be appended next, given the current log.
    func event(_ session: PostgresSession) throws -> (verdict: Impact.Verdict, event: NewEvent?) {
        switch content {
        case .execution(let row, let unknown, let scopeKey, let order, let text):
            let local = try LocalTrades.load(ids: [row.sourceTradeID], source: row.source, session)
            let item = ChunkRow(row: row, unknown: unknown, text: text, group: 0, copies: 1)
            let chunk = try SyncChunk([item], local: local, scopeKey: scopeKey, order: order)
            switch chunk.verdicts.first {
            case .inserted: return (.inserted, chunk.events.first)
            case .updated: return (.updated, chunk.events.first)
            case .stale: return (.stale, nil)
            case .conflicting: return (.conflicting, nil)
            case .unchanged, nil: return (.unchanged, nil)
            }
        case .event(let payload):
            func version(_ stream: String) throws -> Int64 {
                try LogReader().latest(inStream: stream, upTo: .max, session)?.streamVersion ?? 0
            }
            if let presence = payload.payload(as: PresencePayload.self) {
                let stream = Streams.execution(source: presence.source, id: presence.sourceTradeID)
                return (.appended, presence.event(previousVersion: try version(stream)))
            }
            if let stamp = payload.payload(as: ContextStampedPayload.self) {
                let stream = Streams.context(source: stamp.source, id: stamp.sourceTradeID)
                return (
                    .appended,
                    stamp.event(previousVersion: try version(stream), effectiveAt: stamp.basis.tradeDate)
                )
            }
            if let benchmark = payload.payload(as: ExecutionBenchmarkPayload.self) {
                let stream = Streams.benchmark(source: benchmark.source, id: benchmark.sourceTradeID)
                return (.appended, benchmark.event(previousVersion: try version(stream)))
            }
            if let mark = payload.payload(as: ForwardMarkPayload.self) {
                let stream = Streams.mark(source: mark.source, id: mark.sourceTradeID, horizonKey: mark.horizonKey)
                return (.appended, mark.event(previousVersion: try version(stream)))
            }
            if let stated = payload.payload(as: AssertionStatedPayload.self) { return (.appended, stated.event()) }
            if let withdrawn = payload.payload(as: AssertionWithdrawnPayload.self) { return (.appended, withdrawn.event()) }
            return (.unchanged, nil)
        }
    }
}

/// Why a text is not a candidate.
package enum ImpactCandidateError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    case notObject
    /// A member beside those of an event.
    case unknownMember(String)
    /// The type is none of those whose events can be candidates.
    case unknownType
    case badPayload(problem: String)
    /// The settings name no scope that the row could be read under.
    case settings(SettingProblem)
    /// A sync would reject the row.
    case rejected(reasons: [String])

    package var description: String {
        switch self {
        case .notJSON(let error): "the file is not JSON: \(error)"
        case .notObject: "expected a JSON object: a row of the feed, or {\"type\": …, \"payload\": {…}}"
        case .unknownMember(let key): "\(key): unknown beside type and payload"
        case .unknownType: "type: expected one of \(ImpactCandidate.types.map(\.rawValue).sorted().joined(separator: ", "))"
        case .badPayload(let problem): "payload: \(problem)"
        case .settings(let problem): "\(problem)"
        case .rejected(let reasons):
            "the row breaks the feed's contract, a sync would reject it: \(reasons.joined(separator: ", "))"
        }
    }
}
