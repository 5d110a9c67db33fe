/// Why the embedded server could not be used, in one sentence.
public struct EmbeddedPostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    private enum Kind: Sendable {
        case binaries, version, directory, busy, initialization, start, system
    }

    private let kind: Kind
    public let description: String

    private init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether the user has to change something (a directory, an installation) before a start can succeed.
    public var isConfigurationProblem: Bool {
        switch kind {
        case .binaries, .version, .directory: true
        case .busy, .initialization, .start, .system: false
        }
    }

    /// Whether no suitable server programs were found.
    public var isMissingBinaries: Bool { kind == .binaries }

    /// Whether the data directory was made by another major version than that of the server programs.
    public var isVersionMismatch: Bool { kind == .version }

    /// Whether the server's user can't use the data directory.
    public var isDirectoryProblem: Bool { kind == .directory }

    static func binaries(_ text: String) -> EmbeddedPostgresError { .init(.binaries, text) }
    static func version(_ text: String) -> EmbeddedPostgresError { .init(.version, text) }
    static func directory(_ text: String) -> EmbeddedPostgresError { .init(.directory, text) }
    static func busy(_ text: String) -> EmbeddedPostgresError { .init(.busy, text) }
    static func initialization(_ text: String) -> EmbeddedPostgresError { .init(.initialization, text) }
    static func start(_ text: String) -> EmbeddedPostgresError { .init(.start, text) }
    static func system(_ text: String) -> EmbeddedPostgresError { .init(.system, text) }
}
