import Foundation
import TestSupport
import Testing

/// The example, run as a reader of the library would.
@Suite struct AccountsTests {
    @Test func `Accounts has balances, their past, a rule change and a proof`() throws {
        let program = Process()
        program.executableURL = URL(filePath: projectRoot + "/.build/debug/Accounts")
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        program.waitUntilExit()
        #expect(program.terminationStatus == 0)
        #expect(
            text == """
                balances now
                  ann: 75 open
                  bob: -69.5 overdrawn
                before the last payment
                  ann: 75 open
                  bob: 30.5 open
                what rules v2 would change
                  bob: state "overdrawn" → "open"
                the last payment is in the log: true
                faults found: 0

                """)
    }
}
