/// Splits bytes into CSV records (RFC 4180). Commas separate cells. A cell with commas, quotes or line breaks is
/// quoted, and a quote inside quotes is doubled. CR LF or LF ends a record.
///
/// The reader takes the bytes in pieces of any size and holds at most one record. A record that breaks the rules is
/// reported and skipped; reading resumes after the next line break.
struct CSVReader {
    /// A record, with its cells one after another in one buffer.
    struct Record {
        /// The line that the record starts on, from 1.
        var line = 1
        var bytes: [UInt8] = []
        /// The end of each cell in ``bytes``.
        var ends: [Int] = []

        var count: Int { ends.count }

        /// Whether the record is an empty line.
        var isEmpty: Bool { ends.count == 1 && bytes.isEmpty }

        func range(_ cell: Int) -> Range<Int> { (cell == 0 ? 0 : ends[cell - 1])..<ends[cell] }

        fileprivate mutating func clear(line: Int) {
            self.line = line
            bytes.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
        }
    }

    private enum State {
        /// Before the first byte of a cell.
        case cellStart
        /// In a cell without quotes.
        case plain
        case quoted
        /// After a quote inside quotes, which is either the end of the cell or the first half of a doubled quote.
        case quoteInQuoted
        /// After a CR, which ends a record if an LF follows.
        case carriageReturn
        /// In a broken record, up to the end of its line.
        case skipping
    }

    private var state = State.cellStart
    private var record = Record()
    private var line = 1
    private var fault: LineFault?
    /// Whether any byte of the current record was read.
    private var hasBegun = false

    /// Reads a piece. `body` receives each record that ends in it, or the record's fault.
    mutating func read(_ piece: Span<UInt8>, _ body: (Record, LineFault?) throws -> Void) rethrows {
        for index in piece.indices {
            let byte = piece[index]
            if byte == UInt8(ascii: "\n"), state != .quoted {
                line += 1
                if state != .skipping { endCell() }
                try endRecord(body)
                continue
            }
            take(byte)
        }
    }

    /// Reads the end of the input, which may end a last record without a line break.
    mutating func finish(_ body: (Record, LineFault?) throws -> Void) rethrows {
        guard hasBegun else { return }
        if state == .quoted { fault = fault ?? LineFault("a quoted cell has no end") }
        if state == .carriageReturn { fault = fault ?? Self.strayReturn }
        endCell()
        try endRecord(body)
    }

    private static let strayReturn = LineFault("a carriage return stands alone")

    private mutating func take(_ byte: UInt8) {
        hasBegun = true
        switch state {
        case .cellStart:
            if byte == UInt8(ascii: "\"") { state = .quoted } else { takePlain(byte) }
        case .plain:
            takePlain(byte)
        case .quoted:
            if byte == UInt8(ascii: "\"") {
                state = .quoteInQuoted
            } else {
                if byte == UInt8(ascii: "\n") { line += 1 }
                append(byte)
            }
        case .quoteInQuoted:
            switch byte {
            case UInt8(ascii: "\""):
                append(byte)
                if state != .skipping { state = .quoted }
            case UInt8(ascii: ","):
                endCell()
                state = .cellStart
            case UInt8(ascii: "\r"): state = .carriageReturn
            default: skip(LineFault("something follows a closing quote"))
            }
        case .carriageReturn: skip(Self.strayReturn)
        case .skipping: break
        }
    }

    private mutating func takePlain(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: ","):
            endCell()
            state = .cellStart
        case UInt8(ascii: "\r"): state = .carriageReturn
        case UInt8(ascii: "\""): skip(LineFault("a quote stands inside a cell without quotes"))
        default:
            state = .plain
            append(byte)
        }
    }

    private mutating func append(_ byte: UInt8) {
        if record.bytes.count == maximumRecordLength {
            skip(LineFault("is longer than \(maximumRecordLength) bytes"))
        } else {
            record.bytes.append(byte)
        }
    }

    private mutating func skip(_ fault: LineFault) {
        self.fault = fault
        state = .skipping
    }

    private mutating func endCell() {
        if record.ends.count < 1024 {
            record.ends.append(record.bytes.count)
        } else {
            skip(LineFault("has more than 1024 cells"))
        }
    }

    private mutating func endRecord(_ body: (Record, LineFault?) throws -> Void) rethrows {
        defer {
            record.clear(line: line)
            fault = nil
            state = .cellStart
            hasBegun = false
        }
        try body(record, fault)
    }
}
