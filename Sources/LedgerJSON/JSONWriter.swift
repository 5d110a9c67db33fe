/// Appends JSON to bytes, without white space, escaping as RFC 8785 does. The writer sets the commas itself.
///
/// By default the caller writes keys in canonical order (UTF-16 code units), which debug builds check.
public struct JSONWriter: Sendable {
    /// The written bytes, followed by spare bytes without meaning. Writing into an array that is long enough costs a
    /// fraction of appending to it.
    private var room: [UInt8]
    /// The number of bytes written.
    public private(set) var count = 0

    /// A copy of the written bytes.
    public var bytes: [UInt8] {
        get { Array(room[..<count]) }
        set {
            room = newValue
            count = newValue.count
        }
    }

    /// Calls `body` with the written bytes, in place.
    public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try room.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[..<count])) }
    }

    /// Forgets the written bytes, and keeps the storage.
    public mutating func removeAll() {
        count = 0
        lines = 0
        beginAlike()
    }

    /// The number of documents ended with ``endLine()``.
    public private(set) var lines = 0

    /// The order in which the caller writes the keys of an object.
    public enum KeyOrder: Sendable {
        /// By UTF-16 code units, each key once, as RFC 8785 requires.
        case canonical
        /// Any order the caller likes.
        case given
    }

    /// How decimals are written.
    public enum DecimalForm: Sendable {
        /// As strings, `"12.1"`: in events.
        case strings
        /// As numbers, `12.1`: in HTTP and on the command line.
        case numbers
    }

    #if DEBUG
        private let keyOrder: KeyOrder
        private var previousKeys: [[UInt8]?] = []
    #endif

    /// The keys of members that are left out of a document's own object.
    private let omitted: [[UInt8]]
    /// How many arrays and objects are open.
    private var depth = 0
    /// The offset at which the member being left out began; -1 if no member is being left out.
    private var omittedFrom = -1
    /// The ranges of the runs of members that documents share. The first document writes them; `nextRun` is the run
    /// that a later document copies next.
    private var runs: [Range<Int>] = []
    private var nextRun: Int?

    /// An empty writer with room for that many bytes.
    ///
    /// - Parameters:
    ///   - capacity: the number of bytes that it holds before it grows.
    ///   - keyOrder: the order in which the caller writes the keys of an object.
    ///   - omitting: the keys of a document's own members that are left out, whatever the caller writes for them.
    public init(reservingCapacity capacity: Int = 256, keyOrder: KeyOrder = .canonical, omitting: [String] = []) {
        #if DEBUG
            self.keyOrder = keyOrder
        #endif
        room = [UInt8](repeating: 0, count: capacity)
        omitted = omitting.map { Array($0.utf8) }
    }

    /// The bytes that `body` writes into an empty writer with room for that many bytes.
    public static func bytes(reservingCapacity capacity: Int, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: capacity)
        body(&out)
        return out.bytes
    }

    /// Whether an object that begins here is a document of which members are left out.
    var leavesOutMembersHere: Bool { depth == 0 && !omitted.isEmpty }

    /// Ends the member being left out, before the next member of a document's own object.
    @inline(__always)
    private mutating func endOmitted() {
        if omittedFrom >= 0, depth == 1 {
            count = omittedFrom
            omittedFrom = -1
        }
    }

    @inline(__always)
    private mutating func beginMember(_ key: UnsafeBufferPointer<UInt8>) {
        endOmitted()
        if !omitted.isEmpty, depth == 1, omitted.contains(where: { $0.count == key.count && $0.elementsEqual(key) }) {
            omittedFrom = count
        }
    }

    /// Ends a document with a line break; another document may follow.
    public mutating func endLine() {
        write(UInt8(ascii: "\n"))
        lines &+= 1
        if !runs.isEmpty { nextRun = 0 }
    }

    /// Starts a group of documents that share the members written by ``shared(_:)`` with each other, and with no earlier
    /// document.
    public mutating func beginAlike() {
        runs.removeAll(keepingCapacity: true)
        nextRun = nil
    }

    /// Writes a run of a document's own members that is the same in all documents since ``beginAlike()``. All of these
    /// documents must call this equally often: the first writes the run, the others copy its bytes.
    @inline(__always)
    public mutating func shared(_ members: (inout JSONWriter) -> Void) {
        assert(depth == 1, "only a document's own members are shared")
        endOmitted()
        if let run = nextRun { return copy(run) }
        let start = count
        members(&self)
        endOmitted()
        runs.append(start..<count)
    }

    private mutating func copy(_ number: Int) {
        let (run, start) = (runs[number], count)
        nextRun = number + 1
        write(atMost: run.count) { out, _ in
            out.update(from: out - (start - run.lowerBound), count: run.count)
            return run.count
        }
    }

    /// Opens an object.
    public mutating func beginObject() {
        write(separated: UInt8(ascii: "{"))
        depth &+= 1
        #if DEBUG
            previousKeys.append(nil)
        #endif
    }

    /// Closes the object.
    public mutating func endObject() {
        endOmitted()
        depth &-= 1
        write(UInt8(ascii: "}"))
        #if DEBUG
            assert(previousKeys.popLast() != nil, "no object is open")
        #endif
    }

    /// Opens an array.
    public mutating func beginArray() {
        write(separated: UInt8(ascii: "["))
        depth &+= 1
    }

    /// Closes the array.
    public mutating func endArray() {
        depth &-= 1
        write(UInt8(ascii: "]"))
    }

    /// Writes a key that needs no escaping, as names in code never do; its value comes next.
    public mutating func key(_ key: StaticString) {
        let text = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        assert(!text.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }, "\(key) needs escaping")
        checkOrder(of: text.span)
        beginMember(text)
        write(atMost: text.count &+ 4) { out, needsComma in
            var at = 0
            if needsComma {
                out[0] = UInt8(ascii: ",")
                at = 1
            }
            out[at] = UInt8(ascii: "\"")
            (out + (at &+ 1)).update(from: key.utf8Start, count: text.count)
            at &+= text.count &+ 1
            out[at] = UInt8(ascii: "\"")
            out[at &+ 1] = UInt8(ascii: ":")
            return at &+ 2
        }
    }

    /// Writes a key; its value comes next. For a key in code use `StaticString`, which costs less.
    @_disfavoredOverload
    public mutating func key(_ key: String) {
        self.key(utf8: key.utf8Span.span)
    }

    /// Writes a key of well-formed UTF-8; its value comes next.
    public mutating func key(utf8 key: Span<UInt8>) {
        checkOrder(of: key)
        key.withUnsafeBufferPointer { beginMember($0) }
        string(utf8: key)
        write(UInt8(ascii: ":"))
    }

    private mutating func checkOrder(of key: Span<UInt8>) {
        #if DEBUG
            assert(!previousKeys.isEmpty, "a key outside an object")
            let current = key.withUnsafeBufferPointer { [UInt8]($0) }
            if keyOrder == .canonical, let previous = previousKeys[previousKeys.count - 1] {
                assert(
                    precedesInUTF16(previous.span, key),
                    "key \(String(decoding: current, as: UTF8.self)) does not come after "
                        + String(decoding: previous, as: UTF8.self))
            }
            previousKeys[previousKeys.count - 1] = current
        #endif
    }
}

// MARK: - Storage

extension JSONWriter {
    /// Calls `body` with the address of the next byte, where it may write at most `length` bytes; `body` returns how
    /// many it wrote. It also receives whether the next value needs a comma before it. No comma is needed after an
    /// opening bracket, a colon, or a line break between documents, and no value ends in one of these.
    @inline(__always)
    mutating func write(atMost length: Int, _ body: (UnsafeMutablePointer<UInt8>, _ needsComma: Bool) -> Int) {
        if length > room.count &- count { grow(by: length) }
        let start = count
        count &+= room.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var needsComma = false
            if start > 0 {
                switch base[start &- 1] {
                case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: "\n"): break
                default: needsComma = true
                }
            }
            return body(base + start, needsComma)
        }
        assert(count - start <= length, "more was written than there was room for")
    }

    @inline(__always)
    mutating func write(_ byte: UInt8) {
        write(atMost: 1) { out, _ in
            out[0] = byte
            return 1
        }
    }

    @inline(__always)
    mutating func write(separated byte: UInt8) {
        write(atMost: 2) { out, needsComma in
            if needsComma {
                out[0] = UInt8(ascii: ",")
                out[1] = byte
                return 2
            }
            out[0] = byte
            return 1
        }
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        let wanted = max(2 * room.count, count + length, 64)
        room.append(contentsOf: [UInt8](repeating: 0, count: wanted - room.count))
    }

    /// Appends raw bytes that are valid JSON at this place: a comma and a key, for example.
    public mutating func append(_ json: StaticString) {
        append(UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// Appends raw bytes that are valid JSON at this place.
    public mutating func append(_ json: UnsafeBufferPointer<UInt8>) {
        guard let start = json.baseAddress else { return }
        write(atMost: json.count) { out, _ in
            out.update(from: start, count: json.count)
            return json.count
        }
    }
}
