import Foundation
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing

/// Every call of `docs/backend.md`, run as it stands there.
@Suite struct BackendGuideTests {
    @Test func `every call of the guide works as it is written`() async throws {
        let guide = try String(contentsOfFile: projectRoot + "/docs/backend.md", encoding: .utf8)
        var calls: [String] = []
        var isShell = false
        for line in guide.components(separatedBy: "\n") {
            if line.hasPrefix("```") { isShell = line == "```sh" } else if isShell { calls.append(line) }
        }
        #expect(calls.count > 12)
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: "feed-key")
        let settings = [
            "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests", "ALPHA_TRADE_FEED_URL": feed.url, "ALPHA_TRADE_FEED_API_KEY": "feed-key",
            "ALPHA_TRADE_FEED_PORTFOLIOS": "IMST,ICOI",
        ]
        let commands = calls
        try await withService(settings) { service in
            try await service.ledger.log.append(
                try (0..<60).map { recorded(try sampleRow("T\($0)")) }, runID: service.ledger.newID())
            // A trade's document stands on the projection that is last.
            let head = try await service.ask("/api/ledger/head").json()["position"]?.integer ?? 0
            for view in View.all { _ = try await service.askSettled("\(view.path)?as_of_position=\(head)&limit=1") }
            for call in commands {
                let command = call.replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(service.port)")
                let (status, output) = try await blocking {
                    let process = Process()
                    process.executableURL = URL(filePath: "/bin/bash")
                    process.arguments = ["-c", command]
                    process.environment = ProcessInfo.processInfo.environment.merging(["ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests"]) {
                        $1
                    }
                    let pipe = Pipe()
                    process.standardOutput = pipe
                    process.standardError = pipe
                    try process.run()
                    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    return (process.terminationStatus, String(decoding: data.prefix(400), as: UTF8.self))
                }
                #expect(status == 0, "\(call): \(output)")
            }
        }
        await feed.stop()
    }
}
