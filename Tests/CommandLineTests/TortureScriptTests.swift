import Foundation
import TestSupport
import Testing

/// `scripts/torture`, for as long as a break or two take.
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
}
