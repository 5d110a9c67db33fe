/// Splits bytes into lines that end in LF. A CR before the LF is white space to JSON. The reader takes the bytes in
/// pieces of any size and holds at most one line.
struct LineReader {
    private var rest: [UInt8] = []
    private var isSkipping = false
    private var line = 1

    /// Reads a piece. `body` receives each line that ends in it, with the line's number from 1. A line longer than
    /// ``maximumRecordLength`` arrives as nil.
    mutating func read(_ piece: Span<UInt8>, _ body: (Int, [UInt8]?) throws -> Void) rethrows {
        var start = 0
        for index in piece.indices where piece[index] == UInt8(ascii: "\n") {
            take(piece.extracting(start..<index))
            try end(body)
            start = index + 1
        }
        take(piece.extracting(start..<piece.count))
    }

    /// Reads the end of the input, which may end a last line without a line break.
    mutating func finish(_ body: (Int, [UInt8]?) throws -> Void) rethrows {
        if isSkipping || !rest.isEmpty { try end(body) }
    }

    private mutating func take(_ bytes: Span<UInt8>) {
        if isSkipping { return }
        if rest.count + bytes.count > maximumRecordLength {
            isSkipping = true
            rest = []
        } else {
            bytes.withUnsafeBufferPointer { rest.append(contentsOf: $0) }
        }
    }

    private mutating func end(_ body: (Int, [UInt8]?) throws -> Void) rethrows {
        defer {
            rest = []
            isSkipping = false
            line += 1
        }
        try body(line, isSkipping ? nil : rest)
    }
}
