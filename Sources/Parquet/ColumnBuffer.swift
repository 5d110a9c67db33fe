/// The values of a column in the open row group.
///
/// Values go through a dictionary as long as that pays. Which of the two encodings a chunk has follows from its values alone.
struct ColumnBuffer {
    let column: ParquetColumn
    /// Whether each row has a value.
    private var levels: [UInt32] = []
    private(set) var nulls = 0
    private(set) var bounds = ColumnBounds()
    private var dictionary = ValueDictionary()
    private var indices: [UInt32] = []
    /// The values as PLAIN has them, from when the dictionary did not pay. For BOOLEAN a byte a value.
    private var plain: [UInt8] = []
    private var hasDictionary: Bool

    /// A dictionary beyond this many bytes does not pay.
    private static let largestDictionary = 1 << 20
    /// After so many values a dictionary that most of them have entered does not pay.
    private static let trial = 4096

    init(_ column: ParquetColumn) {
        self.column = column
        hasDictionary = column.type != .boolean
    }

    var rows: Int { levels.count }
    /// The bytes that the values take, compression aside.
    var size: Int { dictionary.bytes.count + indices.count + plain.count }

    mutating func appendNull() {
        levels.append(0)
        nulls += 1
    }

    mutating func append(_ value: Bool) {
        levels.append(1)
        plain.append(value ? 1 : 0)
        if column.hasBounds { bounds.add(value ? 1 : 0) }
    }

    /// A number of an INT32, INT64 or DECIMAL column.
    mutating func append(_ number: Int128) {
        levels.append(1)
        let isNew: Bool
        switch column.type {
        case .decimal:
            let width = column.type.width ?? 16
            isNew = withUnsafeBytes(of: number.bigEndian) {
                store(UnsafeRawBufferPointer(rebasing: $0[(16 - width)...]), isPrefixed: false)
            }
        default:
            let width = column.type.width ?? 8
            isNew = withUnsafeBytes(of: Int64(truncatingIfNeeded: number).littleEndian) {
                store(UnsafeRawBufferPointer(rebasing: $0[..<width]), isPrefixed: false)
            }
        }
        if isNew, column.hasBounds { bounds.add(number) }
    }

    /// A text or bytes.
    mutating func append(_ value: UnsafeRawBufferPointer) {
        levels.append(1)
        if store(value, isPrefixed: true), column.hasBounds { bounds.add(value) }
    }

    /// Keeps a value; false if the chunk has it already.
    private mutating func store(_ value: UnsafeRawBufferPointer, isPrefixed: Bool) -> Bool {
        if hasDictionary {
            let (index, isNew) = dictionary.index(of: value, isPrefixed: isPrefixed)
            indices.append(index)
            let isUseless = indices.count == Self.trial && dictionary.count * 4 > Self.trial * 3
            if isUseless || dictionary.bytes.count > Self.largestDictionary { spread() }
            return isNew
        }
        if isPrefixed { plain.appendLittleEndian(UInt32(value.count)) }
        plain.append(contentsOf: value)
        return true
    }

    /// Goes on without the dictionary.
    private mutating func spread() {
        hasDictionary = false
        for index in indices { plain.append(contentsOf: dictionary.plain(index)) }
        dictionary.removeAll()
        indices.removeAll(keepingCapacity: true)
    }

    /// The pages of the chunk: that of the dictionary, if it has one, and that of the values. The buffer is empty then.
    mutating func takePages() -> (dictionary: (bytes: [UInt8], count: Int)?, values: [UInt8]) {
        // A dictionary of values that hardly ever come again is longer than the values.
        if hasDictionary, dictionary.count * 2 > indices.count { spread() }
        var page: [UInt8] = []
        RunLength.append(levels, width: 1, to: &page)
        var body: [UInt8] = []
        body.reserveCapacity(page.count + plain.count + indices.count + 16)
        body.appendLittleEndian(UInt32(page.count))
        body.append(contentsOf: page)
        var entries: (bytes: [UInt8], count: Int)?
        if hasDictionary, !indices.isEmpty {
            let width = RunLength.width(of: UInt32(dictionary.count - 1))
            body.append(UInt8(width))
            RunLength.append(indices, width: width, to: &body)
            entries = (dictionary.bytes, dictionary.count)
        } else if column.type == .boolean {
            for start in stride(from: 0, to: plain.count, by: 8) {
                var byte: UInt8 = 0
                for (place, bit) in plain[start..<min(start + 8, plain.count)].enumerated() { byte |= bit << UInt8(place) }
                body.append(byte)
            }
        } else {
            body.append(contentsOf: plain)
        }
        clear()
        return (entries, body)
    }

    private mutating func clear() {
        levels.removeAll(keepingCapacity: true)
        (nulls, bounds) = (0, ColumnBounds())
        dictionary.removeAll()
        indices.removeAll(keepingCapacity: true)
        plain.removeAll(keepingCapacity: true)
        hasDictionary = column.type != .boolean
    }
}
