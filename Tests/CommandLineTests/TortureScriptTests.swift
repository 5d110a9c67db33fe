import Foundation
import TestSupport
import Testing

/// `scripts/torture`, for as long as a break or two take, and `scripts/patroni-torture` if it is asked for.
@Suite struct TortureScriptTests {
    @Test(.timeLimit(.minutes(10)))
    func `a ledger that is broken at random keeps what it acknowledged, and nothing is left running`() async throws {
        try await withDirectory { directory in
            let torture = Program(directory: directory, executable: projectRoot + "/scripts/torture")
            let ended = try await torture.run(
                "--minutes", "0.2", "--seed", "6", "--only", "kill,stop,cut,hold,upstream,memory,full disk,read-only", "--program",
                Program.path, "--directory", directory)
            #expect(ended.code == 0, "\(ended.output)\n\(ended.errors)")
            #expect(ended.output.contains(" breaks, ") && ended.output.contains("nothing was lost"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    /// It takes root, Debian's packages and minutes: CLUSTER_TORTURE asks for it.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CLUSTER_TORTURE"] != nil), .timeLimit(.minutes(15)))
    func `a cluster that fails over and then loses a tail keeps what it acknowledged and signs nothing over what is gone`() async throws {
        try await withDirectory { directory in
            let torture = Program(directory: directory, executable: projectRoot + "/scripts/patroni-torture")
            let ended = try await torture.run(
                "--failovers", "2", "--only", "kill,freeze", "--tails", "1", "--seconds", "3", "--rate", "100", "--program", Program.path,
                "--directory", directory)
            #expect(ended.code == 0, "\(ended.output)\n\(ended.errors)")
            #expect(ended.output.contains("failover 3, tail: ") && !ended.output.contains("FAULT"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }
}
