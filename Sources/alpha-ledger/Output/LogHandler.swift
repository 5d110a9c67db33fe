import Glibc
import Logging
import Operations

/// Log lines on standard error: time, level, label, message, key=value. Configured secrets are replaced.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String
    private let redactor: Redactor

    /// Sends every logger of the program through this handler. It must be called only once.
    static func install(level: Logger.Level, _ redactor: Redactor) {
        Output.redact(redactor)
        LoggingSystem.bootstrap { label in LineLogHandler(logLevel: level, label: label, redactor: redactor) }
    }

    init(logLevel: Logger.Level, label: String, redactor: Redactor) {
        self.logLevel = logLevel
        self.label = label
        self.redactor = redactor
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var pairs = metadata
        if let own = event.metadata { pairs.merge(own) { _, new in new } }
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var stamp = [CChar](repeating: 0, count: 32)
        let length = strftime(&stamp, stamp.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        let clock = String(decoding: stamp.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var text = "\(clock) \(event.level) \(label): \(event.message)"
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(Self.word("\(value)"))" }
        Output.errorText(Output.escaped(redactor.redact(text)))
    }

    /// A value, quoted if it is empty or contains a space, an equals sign or a quote.
    private static func word(_ value: String) -> String {
        guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "=" || $0 == "\"" }) else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
