import LedgerEvents
import LedgerProjections
import LedgerValues
import TestSupport

/// Events in another order of arrival: those of a stream keep theirs.
func rewovenStreams(of events: [DecodedEvent], _ random: inout SeededGenerator) -> [DecodedEvent] {
    var streams: [[DecodedEvent]] = []
    var places: [ByteKey: Int] = [:]
    for event in events {
        let key = ByteKey(event.record.stream)
        if let place = places[key] {
            streams[place].append(event)
        } else {
            places[key] = streams.count
            streams.append([event])
        }
    }
    var woven: [DecodedEvent] = []
    while let place = streams.indices.filter({ !streams[$0].isEmpty }).randomElement(using: &random) {
        let event = streams[place].removeFirst()
        let old = event.record
        let record = EventHeader(
            position: Int64(woven.count + 1), eventID: old.eventID, stream: old.stream,
            streamVersion: old.streamVersion, type: old.type, schemaVersion: old.schemaVersion,
            recordedAt: old.recordedAt, effectiveAt: old.effectiveAt, runID: old.runID)
        woven.append(DecodedEvent(record: record, payload: event.payload))
    }
    return woven
}
