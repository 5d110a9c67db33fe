/// Writes structs in Thrift's compact protocol, as headers of pages and the footer have it.
struct ThriftWriter {
    private(set) var bytes: [UInt8] = []
    /// The number of the last field of each open struct.
    private var last: [Int] = []

    /// The types of the protocol.
    private enum Kind: UInt8 {
        case yes = 1
        case no = 2
        case int32 = 5
        case int64 = 6
        case binary = 8
        case list = 9
        case structure = 12
    }

    /// A whole struct.
    static func bytes(_ body: (inout ThriftWriter) -> Void) -> [UInt8] {
        var writer = ThriftWriter()
        writer.element(body)
        return writer.bytes
    }

    /// A struct without a header: the outermost one, or an element of a list.
    mutating func element(_ body: (inout ThriftWriter) -> Void) {
        last.append(0)
        body(&self)
        last.removeLast()
        bytes.append(0)
    }

    mutating func int32(_ field: Int, _ value: Int) {
        header(field, .int32)
        signed(value)
    }

    mutating func int64(_ field: Int, _ value: Int) {
        header(field, .int64)
        signed(value)
    }

    mutating func bool(_ field: Int, _ value: Bool) { header(field, value ? .yes : .no) }

    mutating func binary(_ field: Int, _ value: some Collection<UInt8>) {
        header(field, .binary)
        binary(value)
    }

    mutating func string(_ field: Int, _ value: String) { binary(field, value.utf8) }

    mutating func structure(_ field: Int, _ body: (inout ThriftWriter) -> Void = { _ in }) {
        header(field, .structure)
        element(body)
    }

    /// A list of structs.
    mutating func structures<Element>(_ field: Int, _ elements: [Element], _ body: (inout ThriftWriter, Element) -> Void) {
        list(field, elements.count, .structure)
        for element in elements { self.element { body(&$0, element) } }
    }

    /// A list of `i32`.
    mutating func int32s(_ field: Int, _ values: [Int]) {
        list(field, values.count, .int32)
        for value in values { signed(value) }
    }

    /// A list of texts.
    mutating func strings(_ field: Int, _ values: [String]) {
        list(field, values.count, .binary)
        for value in values { binary(value.utf8) }
    }

    private mutating func list(_ field: Int, _ count: Int, _ kind: Kind) {
        header(field, .list)
        if count < 15 {
            bytes.append(UInt8(count) << 4 | kind.rawValue)
        } else {
            bytes.append(0xf0 | kind.rawValue)
            bytes.appendVarint(UInt64(count))
        }
    }

    private mutating func header(_ field: Int, _ kind: Kind) {
        let delta = field - (last.last ?? 0)
        if 1...15 ~= delta {
            bytes.append(UInt8(delta) << 4 | kind.rawValue)
        } else {
            bytes.append(kind.rawValue)
            signed(field)
        }
        if !last.isEmpty { last[last.count - 1] = field }
    }

    private mutating func binary(_ value: some Collection<UInt8>) {
        bytes.appendVarint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func signed(_ value: Int) { bytes.appendVarint(UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }
}

extension [UInt8] {
    /// Appends a number in groups of seven bits, the lowest first.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends a number in four bytes, the lowest first.
    mutating func appendLittleEndian(_ value: UInt32) {
        for place in 0..<4 { append(UInt8(truncatingIfNeeded: value >> UInt32(8 * place))) }
    }
}
