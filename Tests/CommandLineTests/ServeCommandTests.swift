import Foundation
import TestSupport
import Testing

@Suite struct ServeCommandTests {
    /// What `serve` says of an address that can't be listened on: one line that names the setting.
    @Test func `an address that can't be listened on is one line that names its setting`() async throws {
        try await withDirectory { directory in
            try await withDatabase { uri in
                let program = Program(
                    directory: directory, environment: ["DATABASE_URL": uri, "ALPHA_LEDGER_READ_KEY": "reader-key-of-tests"])
                #expect(try await program.run("db", "migrate").code == 0)
                // A label of more than 63 bytes is no name, whatever a name server would say; the other is nobody's address.
                let nobody = String(repeating: "nohost", count: 11) + ".invalid"
                for (host, why) in [(nobody, "the name can't be resolved"), ("192.0.2.1", "it is no address of this machine")] {
                    let ended = try await program.run("serve", "--host", host, "--port", "0")
                    #expect(ended.code == 2, "\(ended.errors)")
                    #expect(ended.errors == "error: --host or ALPHA_LEDGER_HOST: \(host) can't be listened on: \(why)\n", "\(ended.errors)")
                }
                let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(taken) }
                let port = try listen(taken)
                let ended = try await program.run("serve", "--port", "\(port)")
                #expect(ended.code == 1, "\(ended.errors)")
                #expect(
                    ended.errors
                        == "error: the service can't listen on 127.0.0.1:\(port): the address is in use (--port or ALPHA_LEDGER_PORT)\n",
                    "\(ended.errors)")
            }
        }
    }

    @Test func `a service that shall dispatch and lacks credentials, or the second switch for live orders, does not start`() async throws {
        try await withDirectory { directory in
            var program = Program(directory: directory)
            for arguments in [["serve", "--dispatch"], ["serve", "--dispatch", "--live"], ["serve", "--sample"]] {
                let ended = try await program.run(arguments)
                #expect(ended.code == 2, "\(arguments): \(ended.code) \(ended.errors)")
            }
            #expect(try await program.run("serve", "--dispatch").errors.contains("ALPACA_PAPER_API_KEY_ID"))
            #expect(try await program.run("serve", "--dispatch", "--live").errors.contains("ALPACA_LIVE: expected true beside --live"))
            program.environment = ["ALPACA_LIVE": "true"]
            #expect(try await program.run("serve", "--dispatch", "--live").errors.contains("ALPACA_LIVE_API_KEY_ID"))
        }
    }
}
