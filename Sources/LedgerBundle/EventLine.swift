public import LedgerEvents
public import LedgerJSON
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

    /// Reads the columns of a line without its newline. It does not check that the line has the exact form of
    /// ``append(_:hash:to:)``: the caller compares the line with the one that the event gives.
    public static func event(_ line: [UInt8]) throws(EventLineError) -> RecordedEvent {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: line)
        } catch {
            throw .notJSON(error)
        }
        let root = document.root
        func text(_ name: String) throws(EventLineError) -> String {
            guard let text = root[name]?.string else { throw .badMember(name) }
            return text
        }
        func number(_ name: String) throws(EventLineError) -> Int64 {
            guard let number = root[name]?.integer else { throw .badMember(name) }
            return number
        }
        func id(_ name: String) throws(EventLineError) -> UniqueID {
            guard let id = UniqueID(try text(name)) else { throw .badMember(name) }
            return id
        }
        func instant(_ name: String) throws(EventLineError) -> Instant {
            guard let instant = Instant(try text(name)) else { throw .badMember(name) }
            return instant
        }
        guard let payload = root["payload"], let effective = root["effective_at"] else { throw .badMember("payload") }
        guard let hash = Digest32(hex: try text("leaf_hash")) else { throw .badMember("leaf_hash") }
        guard let schemaVersion = Int(exactly: try number("schema_version")) else { throw .badMember("schema_version") }
        return RecordedEvent(
            position: try number("position"), eventID: try id("event_id"), stream: try text("stream"),
            streamVersion: try number("stream_version"), type: try text("type"), schemaVersion: schemaVersion,
            recordedAt: try instant("recorded_at"), effectiveAt: effective.isNull ? nil : try instant("effective_at"),
            runID: try id("run_id"), payload: Array(line[payload.sourceRange]), leafHash: hash)
    }
}

/// Why a line is not an event.
public enum EventLineError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    /// A member is absent or malformed.
    case badMember(String)

    public var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .badMember(let name): "`\(name)` is missing or malformed"
        }
    }
}
