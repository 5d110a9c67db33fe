import Glibc
import Operations
import Synchronization

/// Standard output and standard error.
enum Output {
    private static let pending = Mutex<[UInt8]>([])
    /// The `errno` that ended standard output early.
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

    /// Writes pending output. If the reader has gone away (`| head`), the output is dropped, so that the command still
    /// ends in an orderly way.
    static func flush() {
        let bytes = pending.withLock { buffer in
            defer { buffer.removeAll(keepingCapacity: true) }
            return buffer
        }
        if isClosed { return }
        let code = write(bytes, to: STDOUT_FILENO)
        if code != 0 { outputError.withLock { $0 = code } }
    }

    /// Whether the reader is gone, so that further printing is pointless.
    static var isClosed: Bool { outputError.withLock { $0 != nil } }

    /// The reason why output was lost. Nil if nothing was lost or the reader closed the pipe itself.
    static var fault: String? {
        outputError.withLock { code in code.flatMap { $0 == EPIPE ? nil : String(cString: strerror($0)) } }
    }

    /// Replaces these secrets in every error from now on.
    static func redact(_ secrets: Redactor) { redactor.withLock { $0 = secrets } }

    /// Prints an error as a single line, even if it contains text from an upstream or a server.
    static func error(_ message: String) { errorLine("error", message) }

    /// Prints a warning, which does not end the command, in the same way.
    static func warning(_ message: String) { errorLine("warning", message) }

    private static func errorLine(_ kind: String, _ message: String) {
        errorText(escaped("\(kind): \(redactor.withLock { $0 }.redact(message))"))
    }

    static func errorText(_ text: String) {
        flush()
        _ = write(Array((text + "\n").utf8), to: STDERR_FILENO)
    }

    /// Writes text without a line break to standard error.
    fileprivate static func errorPart(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Returns 0, or the `errno` that stopped the write.
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

    /// The text with control characters, and others that could steer a terminal, replaced by escapes.
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

    /// Prints a table within the terminal's width. Columns are as wide as their widest cell, and numbers are right-aligned.
    static func table(_ header: [String], _ rows: [[String]], rightAligned: Set<Int> = []) {
        let layout = TableLayout(header, rows.map { $0.map(escaped) }, rightAligned: rightAligned)
        for text in layout.lines(width: width) { line(text) }
    }

    /// The width of standard output in characters: the value of COLUMNS, else the terminal's width. Nil for a file or a
    /// program, which take any width.
    private static var width: Int? {
        if let text = getenv("COLUMNS").map({ String(cString: $0) }), let columns = Int(text), columns > 0 { return columns }
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// Progress of long work, on a terminal only: one line that is overwritten.
final class ProgressLine: Sendable {
    func show(_ text: String) {
        if Output.isTerminal { Output.errorPart("\r\u{1b}[K\(text)") }
    }

    func end() {
        if Output.isTerminal { Output.errorPart("\r\u{1b}[K") }
    }
}
