import Curl
import LoopbackServer
import Testing

@Suite("Curl cancellation", .timeLimit(.minutes(1)))
struct CancellationTests {
    let transport = CurlTransport()

    private func code(_ task: Task<HTTPResponse, any Error>) async -> TransportError.Code? {
        do {
            _ = try await task.value
            return nil
        } catch {
            return (error as? TransportError)?.code
        }
    }

    @Test func `A cancelled task aborts its request at once, and the transport goes on`() async throws {
        let server = try LoopbackServer {
            $0.target == "/slow" ? .steps([.pause(milliseconds: 10_000), .close]) : .json("{}")
        }
        let transport = transport
        let task = Task { try await transport.get(HTTPRequestSpec(url: "\(server.url)/slow")) }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await code(task) == .cancelled)
        #expect(try await transport.get(HTTPRequestSpec(url: server.url)).status == 200)
    }

    @Test func `A task cancelled before it asks is not answered`() async throws {
        let server = try LoopbackServer { _ in .json("{}") }
        let transport = transport
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await transport.get(HTTPRequestSpec(url: server.url))
        }
        #expect(await code(task) == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test func `Tasks cancelled while they wait for their turn never reach the upstream`() async throws {
        let server = try LoopbackServer { _ in .steps([.pause(milliseconds: 10_000), .close]) }
        let transport = transport
        let tasks = (0..<20).map { number in
            Task { try await transport.get(HTTPRequestSpec(url: "\(server.url)/\(number)")) }
        }
        while server.requests.count < CurlTransport.maximumConcurrentRequests {
            try await Task.sleep(for: .milliseconds(5))
        }
        // Those that wait come first: one that runs would make room for them.
        let running = Set(server.requests.map(\.target))
        let waiting = tasks.indices.filter { !running.contains("/\($0)") }
        for number in waiting { tasks[number].cancel() }
        for number in waiting { #expect(await code(tasks[number]) == .cancelled) }
        for task in tasks { task.cancel() }
        for task in tasks { #expect(await code(task) == .cancelled) }
        #expect(server.requests.count == CurlTransport.maximumConcurrentRequests)
    }

    @Test func `Random cancellations leave no request without an end`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let server = try LoopbackServer {
            $0.number % 3 == 0 ? .steps([.pause(milliseconds: 5), .close]) : .json("{}")
        }
        let transport = transport
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let task = Task { try await transport.get(HTTPRequestSpec(url: server.url, timeoutSeconds: 20)) }
                    let random = (seed &+ UInt64(index)) &* 0x9e37_79b9_7f4a_7c15
                    if random >> 63 == 0 {
                        try? await Task.sleep(for: .microseconds(Int64(random >> 52 & 2047)))
                        task.cancel()
                    }
                    _ = await task.result
                }
            }
        }
        // Every task has ended, or the suite's time limit says so; the transport still answers.
        let healthy = try LoopbackServer { _ in .json("{}") }
        #expect(try await transport.get(HTTPRequestSpec(url: healthy.url)).status == 200, "seed \(seed)")
    }
}
