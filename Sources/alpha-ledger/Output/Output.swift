import Glibc
import Operations
import Synchronization

/// What goes to standard output and standard error.
enum Output {
    private static let pending = Mutex<[UInt8]>([])
    /// What ended standard output before its time: an `errno`.
    private static let outputError = Mutex<Int32?>(nil)
    private static let redactor = Mutex(Redactor([]))
    private static let bufferSize = 64 << 10

    /// Prints a line on standard output.
    static func line(_ text: String) { bytes(Array(text.utf8) + [UInt8(ascii: "\n")]) }

    static func bytes(_ bytes: [UInt8]) {
        let isFull = pending.withLock { buffer in
            buffer.append(contentsOf: bytes)
            return buffer.count >= bufferSize
        }
        if isFull { flush() }
    }

    /// Writes what is pending. What a reader that went away (`| head`) does not take is dropped, so that the command
    /// still ends in order.
    static func flush() {
        let bytes = pending.withLock { buffer in
            defer { buffer.removeAll(keepingCapacity: true) }
            return buffer
        }
        if isClosed { return }
        let code = write(bytes, to: STDOUT_FILENO)
        if code != 0 { outputError.withLock { $0 = code } }
    }

    /// Nobody reads on: there is nothing more to print.
    static var isClosed: Bool { outputError.withLock { $0 != nil } }

    /// Why not all was written; nil also where the reader went away by its own will.
    static var fault: String? {
        outputError.withLock { code in code.flatMap { $0 == EPIPE ? nil : String(cString: strerror($0)) } }
    }

    /// Has these secrets replaced in every error from now on.
    static func redact(_ secrets: Redactor) { redactor.withLock { $0 = secrets } }

    /// One line, whatever an upstream or a server put into it.
    static func error(_ message: String) { errorLine("error", message) }

    /// The same of what does not end the command.
    static func warning(_ message: String) { errorLine("warning", message) }

    private static func errorLine(_ kind: String, _ message: String) {
        errorText(escaped("\(kind): \(redactor.withLock { $0 }.redact(message))"))
    }

    static func errorText(_ text: String) {
        flush()
        _ = write(Array((text + "\n").utf8), to: STDERR_FILENO)
    }

    /// Text without a line's end, on standard error.
    fileprivate static func errorPart(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// 0, or the `errno` that stopped it.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            done += count
        }
        return 0
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Control characters and what could steer a terminal, written as escapes.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A table within the terminal's width: columns as wide as their widest cell, numbers to the right.
    static func table(_ header: [String], _ rows: [[String]], rightAligned: Set<Int> = []) {
        let layout = TableLayout(header, rows.map { $0.map(escaped) }, rightAligned: rightAligned)
        for text in layout.lines(width: width) { line(text) }
    }

    /// How many letters a line of standard output takes: what COLUMNS says, else what the terminal does; nil for a file or
    /// a program, which take any.
    private static var width: Int? {
        if let text = getenv("COLUMNS").map({ String(cString: $0) }), let columns = Int(text), columns > 0 { return columns }
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// Progress of long work, on a terminal only: one line that is written over.
final class ProgressLine: Sendable {
    func show(_ text: String) {
        if Output.isTerminal { Output.errorPart("\r\u{1b}[K\(text)") }
    }

    func end() {
        if Output.isTerminal { Output.errorPart("\r\u{1b}[K") }
    }
}
