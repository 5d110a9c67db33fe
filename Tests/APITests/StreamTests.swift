import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

@testable import API

/// Server-sent events over real sockets.
@Suite struct StreamTests {
    private let path = "/api/ledger/events/stream"

    /// An open stream, read as it comes.
    final class Reader: @unchecked Sendable {
        private let socket: FileHandle
        private var bytes: [UInt8] = []
        private(set) var head = ""

        static func open(_ service: RunningService, _ target: String, headers: String = "") async throws -> Reader {
            try await blocking { try Reader(service, target, headers) }
        }

        private init(_ service: RunningService, _ target: String, _ headers: String) throws {
            socket = try service.connect()
            try socket.write(contentsOf: Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n".utf8))
            let end = Array("\r\n\r\n".utf8)
            while bytes.firstRange(of: end) == nil { guard fill() else { return } }
            let range = bytes.firstRange(of: end) ?? 0..<0
            head = String(decoding: bytes[..<range.lowerBound], as: UTF8.self)
            bytes.removeFirst(range.upperBound)
        }

        private func fill() -> Bool {
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(socket.fileDescriptor, &buffer, buffer.count, 0)
            if count <= 0 { return false }
            bytes += buffer[..<count]
            return true
        }

        /// The next event, comments skipped; nil at the end.
        func next() async throws -> [String: String]? {
            while let block = try await nextBlock() {
                let lines = block.split(separator: "\n").filter { !$0.hasPrefix(":") && !$0.hasPrefix("retry:") }
                if lines.isEmpty { continue }
                return Dictionary(
                    uniqueKeysWithValues: lines.map { line in
                        let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                        return (parts[0], parts[1])
                    })
            }
            return nil
        }

        private var text: [UInt8] = []

        /// The next block up to a blank line, out of the chunks.
        func nextBlock() async throws -> String? { try await blocking { self.readBlock() } }

        private func readBlock() -> String? {
            let blank = Array("\n\n".utf8)
            while true {
                if let range = text.firstRange(of: blank) {
                    defer { text.removeFirst(range.upperBound) }
                    return String(decoding: text[..<range.lowerBound], as: UTF8.self)
                }
                guard let chunk = nextChunk(), !chunk.isEmpty else { return nil }
                text += chunk
            }
        }

        private func nextChunk() -> [UInt8]? {
            let line = Array("\r\n".utf8)
            while true {
                if let range = bytes.firstRange(of: line),
                    let size = Int(String(decoding: bytes[..<range.lowerBound], as: UTF8.self), radix: 16),
                    bytes.count >= range.upperBound + size + 2
                {
                    let chunk = Array(bytes[range.upperBound..<range.upperBound + size])
                    bytes.removeFirst(range.upperBound + size + 2)
                    return chunk
                }
                guard fill() else { return nil }
            }
        }

        func close() { try? socket.close() }
    }

    private func append(_ ids: [String], _ service: RunningService) async throws {
        try await service.ledger.log.append(try ids.map { recorded(try sampleRow($0)) }, runID: service.ledger.newID())
    }

    @Test func `a stream gives what is there, then what comes, each event as its address gives it`() async throws {
        try await withService(projectors: false) { service in
            try await append(["a", "b"], service)
            let reader = try await Reader.open(service, "\(path)?after=\(activations)")
            #expect(reader.head.hasPrefix("HTTP/1.1 200") && reader.head.lowercased().contains("content-type: text/event-stream"))
            for position in activations + 1...activations + 2 {
                let event = try #require(try await reader.next())
                #expect(event["id"] == "\(position)" && event["event"] == "AlphaExecutionRecorded")
                let alone = try await service.ask("/api/ledger/events/\(position)")
                #expect(Array((event["data"] ?? "").utf8) == alone.body)
            }
            try await append(["c"], service)
            #expect(try await reader.next()?["id"] == "\(activations + 3)")
            reader.close()
            // Without a position it begins with the next event.
            let fresh = try await Reader.open(service, path)
            try await append(["d"], service)
            #expect(try await fresh.next()?["id"] == "\(activations + 4)")
            fresh.close()
        }
    }

    @Test func `a reader that comes back goes on after what it has seen, across pages, with no gap and nothing twice`() async throws {
        try await withService(projectors: false) { service in
            try await append((0..<700).map { "t\($0)" }, service)
            var seen: [Int] = []
            var generator = SystemRandomNumberGenerator()
            let last = Int(activations) + 700
            while seen.last ?? 0 < last {
                let known = seen.last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
                // What the address says is older than what the reader has seen.
                let reader = try await Reader.open(service, "\(path)?after=0", headers: known)
                for _ in 0..<Int.random(in: 1...300, using: &generator) where seen.last ?? 0 < last {
                    seen.append(try #require(try await reader.next()?["id"].flatMap { Int($0) }))
                }
                reader.close()
            }
            #expect(seen == Array(1...last))
        }
    }

    @Test func `a stream ends if the log does not go on from what it was sent`() async throws {
        try await withService(projectors: false) { service in
            try await append(["a", "b"], service)
            let reader = try await Reader.open(service, "\(path)?after=\(activations)")
            for position in activations + 1...activations + 2 { #expect(try await reader.next()?["id"] == "\(position)") }
            let history = service.ledger.history
            // What a failover that lost the last event leaves.
            let kept = activations + 1
            let owner = try await PostgresConnection.open(PostgresConfiguration(uri: service.ledger.serviceConfiguration.uri))
            try await owner.run { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER ALL; ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER ALL;
                    DELETE FROM ledger.events WHERE position > \(kept); DELETE FROM ledger.merkle_nodes WHERE (index + 1) << level > \(kept);
                    UPDATE ledger.head SET position = \(kept), recorded_at = (SELECT recorded_at FROM ledger.events WHERE position = \(kept))
                    """)
            }
            await owner.close()
            try await append(["c", "d"], service)
            #expect(try await reader.next() == nil)
            reader.close()
            // Who comes anew gets the log that there is, and what was kept of the other is void.
            let fresh = try await Reader.open(service, "\(path)?after=\(kept)")
            let event = try #require(try await fresh.next())
            let alone = try await service.ask("/api/ledger/events/\(kept + 1)").body
            #expect(event["id"] == "\(kept + 1)" && Array((event["data"] ?? "").utf8) == alone)
            #expect(event["data"]?.contains("execution-alpha_sync:c") == true)
            #expect(service.ledger.history == history + 1)
            fresh.close()
        }
    }

    @Test func `many readers share their reads, and one above the limit is refused`() async throws {
        var limits = ServiceLimits()
        limits.eventStreams = 40
        try await withService(limits: limits, projectors: false) { service in
            try await append((0..<600).map { "t\($0)" }, service)
            let start = ContinuousClock.now
            var readers: [Reader] = []
            for _ in 0..<40 { readers.append(try await Reader.open(service, "\(path)?after=0")) }
            let refused = try await service.ask(path)
            #expect(refused.status == 503 && refused.headers["retry-after"] != nil)
            #expect(try refused.code() == "too_many_streams")
            for reader in readers { for position in 1...activations + 600 { #expect(try await reader.next()?["id"] == "\(position)") } }
            try await append(["last"], service)
            for reader in readers { #expect(try await reader.next()?["id"] == "\(activations + 601)") }
            let metrics = String(decoding: try await service.ask("/metrics").body, as: UTF8.self)
            #expect(metrics.contains("\nalpha_ledger_event_streams 40\n"))
            // Two whole pages and the tail, and a look for each second that it took or notification: not forty times that.
            let queries = try #require(metrics.split(separator: "\n").first { $0.hasPrefix("alpha_ledger_event_stream_queries_total ") })
            let count = try #require(Int(queries.split(separator: " ")[1]))
            #expect(count < 20 + 3 * Int((ContinuousClock.now - start).components.seconds))
            for reader in readers { reader.close() }
            for _ in 0..<500 {
                if try await service.ask(path, method: "HEAD").status == 200,
                    String(decoding: try await service.ask("/metrics").body, as: UTF8.self).contains("\nalpha_ledger_event_streams 0\n")
                {
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the places of readers that left were not given back")
        }
    }

    @Test func `a silent stream shows signs of life, and ends when the service does`() async throws {
        var limits = ServiceLimits()
        limits.heartbeat = .milliseconds(100)
        let reader = try await withService(limits: limits, projectors: false) { service in
            let reader = try await Reader.open(service, path)
            #expect(try await reader.nextBlock()?.hasPrefix(": events of the ledger after \(activations)") == true)
            #expect(try await reader.nextBlock() == ": alive")
            return reader
        }
        // The service is gone: what is left is its end, not a time-out.
        let start = ContinuousClock.now
        while try await reader.nextBlock() != nil {}
        #expect(ContinuousClock.now - start < .seconds(29))
        reader.close()
    }

    @Test func `a reader that stops reading is dropped, and holds nobody up`() async throws {
        var limits = ServiceLimits()
        limits.stallTimeout = .milliseconds(400)
        try await withService(limits: limits, projectors: false) { service in
            // More than the sockets' buffers hold.
            for batch in 0..<6 { try await append((0..<1000).map { "t\(batch)-\($0)" }, service) }
            let stalled = try await Reader.open(service, "\(path)?after=0")
            let other = try await Reader.open(service, "\(path)?after=6000")
            #expect(try await other.next()?["id"] == "6001")
            for _ in 0..<1000 {
                let metrics = String(decoding: try await service.ask("/metrics").body, as: UTF8.self)
                if metrics.contains("\nalpha_ledger_event_streams_dropped_total 1\n")
                    && metrics.contains("\nalpha_ledger_event_streams 1\n")
                {
                    stalled.close()
                    other.close()
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the reader that reads nothing was not dropped")
        }
    }

    @Test(arguments: [
        ("?after=-1", ""), ("?after=x", ""), ("?after=99", ""), ("?from=1", ""), ("", "Last-Event-ID: x\r\n"),
        ("", "Last-Event-ID: 99\r\n"), ("", "Last-Event-ID: 1\r\nLast-Event-ID: 2\r\n"),
    ])
    func `what is no position of the log is refused`(_ query: String, _ headers: String) async throws {
        try await withService(projectors: false) { service in
            let answer = try await service.raw(
                "GET \(path)\(query) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(headers)\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 400") && answer.contains("application/problem+json"), "\(answer)")
        }
    }
}
