import Foundation
import LedgerEvents
import LedgerJSON
import OptionTrades
import Testing

/// The repository's files that tests read.
enum TestFiles {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appending(path: path)))
    }

    /// The stored sample payload of a type and version, without the file's line end.
    static func sample(_ type: String, version: Int) throws -> [UInt8] {
        var bytes = try bytes("Tests/LedgerEventsTests/Samples/\(type).v\(version).json")
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return bytes
    }

    /// The schema files by name.
    static func schemaFiles() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        let directory = root.appending(path: "schema/events").resolvingSymlinksInPath()
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            files[file] = try bytes("schema/events/\(file)")
        }
        return files
    }

    static func schemas() throws -> EventSchemas {
        try EventSchemas(files: try schemaFiles(), patterns: TradeLedger.model.patterns)
    }
}

/// The types that have payloads so far, each with its versions.
let payloadVersions: [(type: EventType, version: Int)] =
    [
        (.alphaExecutionRecorded, 1), (.alphaExecutionUpdated, 1), (.alphaExecutionMissing, 1),
        (.alphaExecutionReappeared, 1), (.alphaRowRejected, 1), (.alphaRowRejected, 2), (.alphaSyncCompleted, 1), (.alphaSyncCompleted, 2),
        (.alphaSyncFailed, 1), (.alphaSyncFailed, 2), (.backfillCompleted, 1),
        (.projectionPromoted, 1), (.marketObserved, 1), (.marketObserved, 2), (.marketObserved, 3), (.contextStamped, 1),
        (.executionBenchmarkRecorded, 1),
        (.forwardMarkRecorded, 1), (.executionRecorded, 1), (.executionUpdated, 1), (.executionMissing, 1), (.executionReappeared, 1),
        (.rowRejected, 1), (.rowRejected, 2), (.syncCompleted, 1), (.syncCompleted, 2), (.syncFailed, 1), (.syncFailed, 2),
        (.snapshotCaptured, 1), (.captureFailed, 1),
        (.assertionStated, 1), (.assertionWithdrawn, 1), (.reportPublished, 1), (.alertRaised, 1), (.alertCleared, 1), (.alertDelivered, 1),
        (.alertDeliveryFailed, 1), (.alertSilenced, 1), (.alertsEvaluated, 1), (.intradayFlowSummarized, 1),
    ] + brokerVersions

/// Those of orders through a broker.
private let brokerVersions: [(type: EventType, version: Int)] =
    (BrokerEvents.ofIntents + BrokerEvents.ofSources).map { ($0, 1) }

extension EventType {
    /// The schema version of the payloads that ``RandomPayloads`` makes of the type.
    var randomVersion: Int { self == .marketObserved ? 2 : 1 }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Whether bytes are canonical JSON already.
func isCanonical(_ bytes: [UInt8]) throws -> Bool {
    try canonicalize(JSONDocument(parsing: bytes).root) == bytes
}
