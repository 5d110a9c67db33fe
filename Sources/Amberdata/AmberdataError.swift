import Curl

/// Why Amberdata gave no data, in a sentence without the key.
public struct AmberdataError: Error, Sendable, Equatable, CustomStringConvertible {
    private enum Kind: Sendable, Equatable {
        case status(Int)
        case transport(TransportError.Code)
        case malformed
        case configuration
        case cancelled
    }

    private let kind: Kind
    public let description: String

    /// Refused with 401 or 403, whatever the answer says.
    public var isNotEntitled: Bool { kind == .status(401) || kind == .status(403) }

    /// No answer at all.
    public var isUnreachable: Bool {
        if case .transport(let code) = kind { return TransportError(code, "").isUnreachable }
        return false
    }

    /// The asking task was cancelled.
    public var isCancelled: Bool { kind == .cancelled }

    static func status(_ status: Int, _ text: String) -> AmberdataError {
        AmberdataError(kind: .status(status), description: "Amberdata answered \(status)\(text.isEmpty ? "" : ": \(text)")")
    }

    static func transport(_ error: TransportError) -> AmberdataError {
        if error.code == .cancelled { return .cancelled }
        return AmberdataError(kind: .transport(error.code), description: "Amberdata: \(error)")
    }

    static func malformed(_ problem: String) -> AmberdataError {
        AmberdataError(kind: .malformed, description: "Amberdata's answer \(problem)")
    }

    static func configuration(_ problem: String) -> AmberdataError {
        AmberdataError(kind: .configuration, description: problem)
    }

    static let cancelled = AmberdataError(kind: .cancelled, description: "the request was cancelled")
}
