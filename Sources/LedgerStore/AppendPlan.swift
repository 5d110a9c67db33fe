public import LedgerEvents
public import LedgerValues

/// A request to append events, all or none, with the run that they belong to.
public struct AppendRequest: Sendable {
    public let events: [NewEvent]
    public let runID: UniqueID

    public init(events: [NewEvent], runID: UniqueID) {
        self.events = events
        self.runID = runID
    }
}

/// The place of a request's event in the log.
public struct AppendedEvent: Sendable, Equatable {
    public let position: Int64
    public let streamVersion: Int64
    /// False if the log already had the same identity with an equal payload.
    public let isNew: Bool

    public init(position: Int64, streamVersion: Int64, isNew: Bool) {
        self.position = position
        self.streamVersion = streamVersion
        self.isNew = isNew
    }
}

/// The part of the log's state that a group of requests depends on.
struct LogState {
    /// A payload, or the SHA-256 of one.
    enum Content {
        case payload([UInt8])
        case digest(Digest32)

        func isEqual(to payload: [UInt8]) -> Bool {
            switch self {
            case .payload(let known): known == payload
            case .digest(let known): known == Digest32(sha256Of: payload)
            }
        }
    }

    struct Existing {
        let position: Int64
        let streamVersion: Int64
        let content: Content
    }

    var head: Int64
    var existing: [UniqueID: Existing]
    /// The latest version of each stream; a stream without events is absent.
    var streamVersions: [ByteKey: Int64]
}

/// Decides, under the append lock, which events of a group of requests are appended, and where.
///
/// Pure: it takes the log's state, and gives the events to insert and each request's outcome. A request that conflicts
/// leaves no trace; the requests after it are decided as if it had not been there.
struct AppendPlan {
    struct Placed {
        let request: Int
        let event: NewEvent
        let position: Int64
        let streamVersion: Int64
    }

    private(set) var placed: [Placed] = []
    private(set) var outcomes: [Result<[AppendedEvent], LedgerError>] = []

    init(requests: [AppendRequest], state: LogState) {
        var state = state
        outcomes.reserveCapacity(requests.count)
        placed.reserveCapacity(requests.reduce(0) { $0 + $1.events.count })
        for (index, request) in requests.enumerated() {
            outcomes.append(place(request, index, &state))
        }
    }

    private mutating func place(
        _ request: AppendRequest, _ index: Int, _ state: inout LogState
    ) -> Result<[AppendedEvent], LedgerError> {
        let firstPlaced = placed.count
        let headBefore = state.head
        var touched: [(stream: ByteKey, version: Int64?)] = []
        var answers: [AppendedEvent] = []
        answers.reserveCapacity(request.events.count)

        for event in request.events {
            // The identity is checked first: a repeated append is a no-op whatever version it expects.
            if let existing = state.existing[event.eventID] {
                guard existing.content.isEqual(to: event.payload) else {
                    undo(to: firstPlaced, touched, headBefore, &state)
                    return .failure(
                        .identityConflict(eventID: event.eventID, stream: event.stream, position: existing.position))
                }
                answers.append(
                    AppendedEvent(position: existing.position, streamVersion: existing.streamVersion, isNew: false))
                continue
            }
            let stream = ByteKey(event.stream)
            let version = state.streamVersions[stream]
            if let expected = event.expectedVersion, expected != version ?? 0 {
                undo(to: firstPlaced, touched, headBefore, &state)
                return .failure(.versionConflict(stream: event.stream, expected: expected, actual: version ?? 0))
            }
            touched.append((stream, version))
            state.head += 1
            let next = (version ?? 0) + 1
            state.streamVersions[stream] = next
            state.existing[event.eventID] = LogState.Existing(
                position: state.head, streamVersion: next, content: .payload(event.payload))
            placed.append(Placed(request: index, event: event, position: state.head, streamVersion: next))
            answers.append(AppendedEvent(position: state.head, streamVersion: next, isNew: true))
        }
        return .success(answers)
    }

    private mutating func undo(
        to firstPlaced: Int, _ touched: [(stream: ByteKey, version: Int64?)], _ head: Int64, _ state: inout LogState
    ) {
        for entry in placed[firstPlaced...] { state.existing[entry.event.eventID] = nil }
        for (stream, version) in touched.reversed() { state.streamVersions[stream] = version }
        placed.removeSubrange(firstPlaced...)
        state.head = head
    }
}
