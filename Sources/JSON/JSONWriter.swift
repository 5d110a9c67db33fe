/// Appends JSON to bytes, without white space, escaping as RFC 8785 does. Commas are its own concern.
///
/// By default the caller writes keys in canonical order (UTF-16 code units), which debug builds check.
public struct JSONWriter {
    /// What has been written.
    public var bytes: [UInt8] = []

    /// The order in which the caller writes the keys of an object.
    public enum KeyOrder: Sendable {
        /// By UTF-16 code units, each once, as RFC 8785 wants.
        case canonical
        /// Whatever the caller likes.
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

    /// An empty writer with room for that many bytes.
    public init(reservingCapacity capacity: Int = 256, keyOrder: KeyOrder = .canonical) {
        #if DEBUG
            self.keyOrder = keyOrder
        #endif
        bytes.reserveCapacity(capacity)
    }

    /// Opens an object.
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        #if DEBUG
            previousKeys.append(nil)
        #endif
    }

    /// Closes the object.
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        #if DEBUG
            assert(previousKeys.popLast() != nil, "no object is open")
        #endif
    }

    /// Opens an array.
    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
    }

    /// Closes the array.
    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
    }

    /// Writes a key that has nothing to escape, as names in code have not; its value comes next.
    public mutating func key(_ key: StaticString) {
        let text = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        assert(!text.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }, "\(key) needs escaping")
        checkOrder(of: text.span)
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a key; its value comes next.
    public mutating func key(_ key: String) {
        self.key(utf8: key.utf8Span.span)
    }

    /// Writes a key of well-formed UTF-8; its value comes next.
    public mutating func key(utf8 key: Span<UInt8>) {
        checkOrder(of: key)
        string(utf8: key)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Puts a comma where another value came before. Only an opening bracket, a colon, or a line break
    /// between documents has none, and no value ends in one of these.
    mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: "\n"): break
        default: bytes.append(UInt8(ascii: ","))
        }
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
