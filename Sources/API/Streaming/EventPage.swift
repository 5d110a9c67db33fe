import Events
import NIOCore
import Values

/// Events as a stream sends them, encoded once for whoever reads them.
struct EventPage: Sendable {
    /// The positions `first`, `first + 1`, …
    private(set) var first: Int64
    private var frames: [[UInt8]] = []
    private(set) var byteCount = 0
    /// Of the event at ``last``; nil where it holds none.
    private(set) var lastHash: Digest32?

    init(after position: Int64) { first = position + 1 }

    init(after position: Int64, _ events: [RecordedEvent]) {
        self.init(after: position)
        for event in events { append(event) }
    }

    /// The last position that it holds; the one before `first` where it holds none.
    var last: Int64 { first + Int64(frames.count) - 1 }

    /// The event at the next position.
    mutating func append(_ event: RecordedEvent) {
        let frame = Self.frame(event)
        byteCount += frame.count
        frames.append(frame)
        lastHash = event.leafHash
    }

    /// Forgets the oldest events beyond so many events and bytes.
    mutating func trim(events: Int, bytes: Int) {
        var count = 0
        var left = byteCount
        while frames.count - count > events || left > bytes && count < frames.count {
            left -= frames[count].count
            count += 1
        }
        // Seldom and many at once, since removing from the front moves all the others.
        if count < events / 4 && byteCount <= bytes + bytes / 4 { return }
        frames.removeFirst(count)
        first += Int64(count)
        byteCount = left
    }

    /// The frames after a position, about `bytes` of them at most and one at least; nil where it holds none.
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

    /// `id: <position>`, `event: <type>`, `data: <the event as /api/ledger/events/{position} gives it>`. JSON holds no line
    /// break, so that one data line holds it.
    private static func frame(_ event: RecordedEvent) -> [UInt8] {
        Array("id: \(event.position)\nevent: \(event.type)\ndata: ".utf8) + event.json() + Array("\n\n".utf8)
    }
}

/// A part of a stream, and the position that it ends with. All streams that read it share its bytes.
struct EventPiece: Sendable {
    let bytes: ByteBuffer
    let last: Int64
}
