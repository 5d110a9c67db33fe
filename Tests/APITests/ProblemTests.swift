import LedgerStore
import LedgerValues
import Testing

@testable import API

/// What clients are told of errors of the log.
@Suite struct ProblemTests {
    private static let id = UniqueID(high: 1, low: 2)

    @Test(
        arguments: [
            (.identityConflict(eventID: id, stream: "s", position: 3), "conflict", 409),
            (.versionConflict(stream: "s", expected: 1, actual: 2), "conflict", 409),
            (.versionHeld(projection: "trades", version: "v1/c1", owner: "o"), "conflict", 409),
            (.versionStopped(projection: "trades", version: "v1/c1", position: 3, problem: "p"), "conflict", 409),
            (.versionInUse(projection: "trades", version: "v1/c1", problem: "p"), "conflict", 409),
            (.viewInUse(view: "trades", columns: ["a"], dependents: ["b"]), "conflict", 409),
            (.historyReplaced(position: 3), "conflict", 409),
            (.leafTooLarge(eventID: id, stream: "s", type: "T", bytes: 70_000), "conflict", 409),
            (.positionUnknown(position: 9, head: 3), "position_unknown", 400),
            (.positionBeyondSize(position: 9, size: 3), "position_unknown", 400),
            (.versionUnknown(projection: "trades", version: "v9", isAmbiguous: false, known: ["v1/c1"]), "bad_parameter", 400),
            (.projectionBehind(projection: "trades", position: 9, checkpoint: 3), "projection_behind", 503),
            (.clockRegressed(head: .maximum, clock: .minimum), "clock_regressed", 503),
            (.notMigrated(problem: "p"), "not_ready", 503),
            (.schemaChanged(ledger: 9, program: 8), "not_ready", 503),
            (.schemasInUse(["audit"]), "not_ready", 503),
            (.unsafeServer(problem: "p"), "not_ready", 503),
            (.schemaViolation(type: "T", problem: "p"), "internal", 500),
            (.fileChanged(file: "f", recorded: "a", found: "b"), "internal", 500),
            (.corrupt(position: 3, problem: "p"), "internal", 500),
            (.leaseLost(projection: "trades"), "internal", 500),
        ] as [(LedgerError, String, Int)])
    func `an error of the log has its code and status`(error: LedgerError, code: String, status: Int) {
        let problem = Problem(error)
        #expect(problem.code.rawValue == code && problem.status == status)
        // What is damaged inside is nobody's business outside.
        if status == 500 { #expect(problem.detail == "the request failed; the log says why") }
    }
}
