public import LedgerEvents
import LedgerJSON
public import LedgerValues

/// An event's form in a bundle: its leaf with the leaf hash inserted, one canonical JSON object per line.
///
/// Without the member `"leaf_hash":"…",` a line is the leaf itself, byte for byte, so any program can hash it.
public enum EventLine {
    /// Appends the line of the current leaf, with its newline.
    public static func append(_ leaf: LeafBuffer, hash: Digest32, to out: inout [UInt8]) {
        leaf.withBytes { bytes in
            out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<leaf.hashOffset]))
            out.append(contentsOf: "\"leaf_hash\":\"".utf8)
            out.append(contentsOf: hash.description.utf8)
            out.append(contentsOf: "\",".utf8)
            out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[leaf.hashOffset...]))
        }
        out.append(UInt8(ascii: "\n"))
    }

    /// Why a line is not an event.
    public struct Problem: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// Reads the columns of a line without its newline. It does not check that the line has the exact form of
    /// ``append(_:hash:to:)``: the caller compares the line with the one that the event gives.
    public static func event(_ line: [UInt8]) throws(Problem) -> RecordedEvent {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: line)
        } catch {
            throw Problem(description: "not JSON: \(error)")
        }
        let root = document.root
        func fail(_ name: String) -> Problem { Problem(description: "`\(name)` is missing or malformed") }
        func text(_ name: String) throws(Problem) -> String {
            guard let text = root[name]?.string else { throw fail(name) }
            return text
        }
        func number(_ name: String) throws(Problem) -> Int64 {
            guard let number = root[name]?.integer else { throw fail(name) }
            return number
        }
        func id(_ name: String) throws(Problem) -> UniqueID {
            guard let id = UniqueID(try text(name)) else { throw fail(name) }
            return id
        }
        func instant(_ name: String) throws(Problem) -> Instant {
            guard let instant = Instant(try text(name)) else { throw fail(name) }
            return instant
        }
        guard let payload = root["payload"], let effective = root["effective_at"] else { throw fail("payload") }
        guard let hash = Digest32(hex: try text("leaf_hash")) else { throw fail("leaf_hash") }
        guard let schemaVersion = Int(exactly: try number("schema_version")) else { throw fail("schema_version") }
        return RecordedEvent(
            position: try number("position"), eventID: try id("event_id"), stream: try text("stream"),
            streamVersion: try number("stream_version"), type: try text("type"), schemaVersion: schemaVersion,
            recordedAt: try instant("recorded_at"), effectiveAt: effective.isNull ? nil : try instant("effective_at"),
            runID: try id("run_id"), payload: Array(line[payload.sourceRange]), leafHash: hash)
    }
}
