import Curl

/// Why Amberdata gave no data, in a sentence without the key.
package struct AmberdataError: Error, Sendable, Equatable, CustomStringConvertible {
    private enum Kind: Sendable, Equatable {
        case status(Int)
        case transport(TransportError.Code)
        case malformed
        case configuration
        case cancelled
    }

    private let kind: Kind
    package let description: String

    /// Refused with 401 or 403, whatever the answer says.
    package var isNotEntitled: Bool { kind == .status(401) || kind == .status(403) }

    /// No answer at all.
    package var isUnreachable: Bool {
        if case .transport(let code) = kind { return TransportError(code, "").isUnreachable }
        return false
    }

    /// Nothing could be sent with these settings.
    package var isConfiguration: Bool { kind == .configuration }

    /// The asking task was cancelled.
    package var isCancelled: Bool { kind == .cancelled }

    static func status(_ status: Int, _ text: String) -> AmberdataError {
        AmberdataError(
            kind: .status(status), description: "Amberdata answered \(status)\(text.isEmpty ? "" : ": \(text)")")
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

    /// The same error, with what was asked.
    func asked(_ target: String) -> AmberdataError {
        isCancelled || isConfiguration ? self : AmberdataError(kind: kind, description: "\(description) (asked for \(target))")
    }

    static let cancelled = AmberdataError(kind: .cancelled, description: "the request was cancelled")
}

extension AmberdataError {
    /// The longest text that is shown of an answer, in bytes.
    private static let maximumBytes = 500

    /// The same error fit for logs and events: on one line, of bounded length, and without these texts, which an
    /// answer may repeat.
    func shown(without secrets: [String]) -> AmberdataError {
        var text = description
        for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: "[redacted]") }
        var line = String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }, as: UTF8.self)
        if line.utf8.count > Self.maximumBytes {
            line = String(decoding: line.utf8.prefix(Self.maximumBytes), as: UTF8.self) + "…"
        }
        return AmberdataError(kind: kind, description: line)
    }
}
