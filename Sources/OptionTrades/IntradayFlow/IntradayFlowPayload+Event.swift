package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// Where trades of options come from.
package enum FlowSource: String, Sendable, CaseIterable {
    /// A tape that was captured while it ran.
    case stream
    /// A past day's trades. Its quotes can't be had.
    case rest
    /// Observations of `option_print`, each with the quote before it.
    case prints
}

/// What a summary was made from.
package enum FlowInputs: Sendable, Equatable {
    /// At least one, by path.
    case files([FlowFile])
    /// The positions of the prints' events, ascending.
    case prints([Int64])

    fileprivate var node: JSONNode {
        switch self {
        case .files(let files): .array(files.map { FieldCoder.node($0) })
        case .prints(let positions): .array(positions.map { .integer($0) })
        }
    }

    fileprivate static func read(_ value: JSONValue, _ pointer: String) throws(PayloadError) -> FlowInputs {
        guard value.kind == .array else { throw PayloadError(pointer: pointer, problem: "is not an array") }
        var files: [FlowFile] = []
        var positions: [Int64] = []
        for (index, element) in value.elements.enumerated() {
            if let position = element.integer {
                positions.append(position)
            } else {
                files.append(try FieldCoder.object(element, "\(pointer)/\(index)"))
            }
        }
        guard files.isEmpty || positions.isEmpty else { throw PayloadError(pointer: pointer, problem: "mixes files and positions") }
        return files.isEmpty ? .prints(positions) : .files(files)
    }
}

extension FieldCoder {
    package mutating func inputs(_ key: String, _ value: inout FlowInputs) throws(PayloadError) {
        try field(key, &value, { $0.node }, FlowInputs.read)
    }
}

extension IntradayFlowPayload: CodedPayload {
    package static let type = EventType.intradayFlowSummarized

    /// The SHA-256 of all but the rules: rules that give the same figures from the same inputs say nothing new.
    package var contentDigest: Digest32 {
        var content = self
        content.rules = []
        return Digest32(sha256Of: content.encode())
    }

    package var stream: String { Streams.flow(source: source.rawValue, symbol: symbol, date: marketDate) }

    /// `IntradayFlowSummarized` after the given version of its stream (0 for the first).
    ///
    /// - Parameters:
    ///   - previousVersion: of the stream.
    ///   - effectiveAt: the last trade's time, or the end of the market date without trades.
    package func event(previousVersion: Int64, effectiveAt: Instant) -> NewEvent {
        NewEvent(
            .intradayFlowSummarized,
            identity: Identity.flowSummarized(
                source: source.rawValue, symbol: symbol, date: marketDate, previous: previousVersion, digest: contentDigest),
            stream: stream, effectiveAt: effectiveAt, payload: encode(), expectedVersion: previousVersion)
    }
}
