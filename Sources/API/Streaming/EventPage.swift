import LedgerEvents
import LedgerValues
import NIOCore

/// Events in the form of a stream, encoded once for all readers.
struct EventPage: Sendable {
    /// The positions `first`, `first + 1`, …
    private(set) var first: Int64
    private var frames: [[UInt8]] = []
    private(set) var byteCount = 0
    /// The hash of the event at ``last``. Nil for an empty page.
    private(set) var lastHash: Digest32?

    init(after position: Int64) { first = position + 1 }

    init(after position: Int64, _ events: [RecordedEvent]) {
        self.init(after: position)
        for event in events { append(event) }
    }

    /// The last position on the page. For an empty page, the position before `first`.
    var last: Int64 { first + Int64(frames.count) - 1 }

    /// Adds the event at the next position.
    mutating func append(_ event: RecordedEvent) {
        let frame = Self.frame(event)
        byteCount += frame.count
        frames.append(frame)
        lastHash = event.leafHash
    }

    /// Drops the oldest events beyond a number of events or bytes.
    mutating func trim(events: Int, bytes: Int) {
        var count = 0
        var left = byteCount
        while frames.count - count > events || left > bytes && count < frames.count {
            left -= frames[count].count
            count += 1
        }
        // Trimming is rare and takes many events at once, because removal from the front moves all the others.
        if count < events / 4 && byteCount <= bytes + bytes / 4 { return }
        frames.removeFirst(count)
        first += Int64(count)
        byteCount = left
    }

    /// The frames after a position: at least one, and about `bytes` in total at most. Nil without such frames.
    func piece(after position: Int64, bytes limit: Int) -> EventPiece? {
        guard position + 1 >= first, position < last else { return nil }
        var out: [UInt8] = []
        var next = position
        while next < last {
            let frame = frames[Int(next + 1 - first)]
            if !out.isEmpty && out.count + frame.count > limit { break }
            out += frame
            next += 1
        }
        return EventPiece(bytes: ByteBuffer(bytes: out), last: next)
    }

    /// `id: <position>`, `event: <type>`, `data: <the event in the form of /api/ledger/events/{position}>`. JSON
    /// contains no line break, so a single data line holds it.
    private static func frame(_ event: RecordedEvent) -> [UInt8] {
        Array("id: \(event.position)\nevent: \(event.type)\ndata: ".utf8) + event.json() + Array("\n\n".utf8)
    }
}

/// A part of a stream, and its last position. All streams that read it share its bytes.
struct EventPiece: Sendable {
    let bytes: ByteBuffer
    let last: Int64
}
