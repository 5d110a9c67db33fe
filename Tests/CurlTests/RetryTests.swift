import Curl
import LoopbackServer
import Synchronization
import Testing

/// Remembers the sleeps that it is asked for instead of sleeping.
final class RecordedSleeps: Sendable {
    private let recorded = Mutex<[Double]>([])

    var seconds: [Double] { recorded.withLock { $0 } }

    func policy(now: Double = 0, random: Double = 0) -> RetryPolicy {
        RetryPolicy(
            now: { now }, random: { random }, sleep: { seconds in self.recorded.withLock { $0.append(seconds) } })
    }
}

@Suite("Retries", .timeLimit(.minutes(1)))
struct RetryTests {
    let transport = CurlTransport()
    let sleeps = RecordedSleeps()

    private func get(_ server: LoopbackServer, _ policy: RetryPolicy? = nil) async throws -> HTTPResponse {
        try await transport.get(
            HTTPRequestSpec(url: server.url, timeoutSeconds: 1), retries: policy ?? sleeps.policy())
    }

    @Test(arguments: [429, 503])
    func `A retried status waits as long as Retry-After says`(status: Int) async throws {
        let server = try LoopbackServer { request in
            request.number < 3 ? .status(status, [("Retry-After", request.number == 1 ? "7" : "0")]) : .json("{}")
        }
        #expect(try await get(server).status == 200)
        #expect(sleeps.seconds == [7, 0])
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `Retry-After may be a date in any of its three forms`(date: String) async throws {
        let server = try LoopbackServer { $0.number == 1 ? .status(429, [("Retry-After", date)]) : .json("{}") }
        #expect(try await get(server, sleeps.policy(now: 784_111_768)).status == 200)
        #expect(sleeps.seconds == [9])
    }

    @Test func `A date that has passed waits no time`() async throws {
        let server = try LoopbackServer {
            $0.number == 1 ? .status(429, [("Retry-After", "Fri, 02 Jan 1970 00:00:09 GMT")]) : .json("{}")
        }
        #expect(try await get(server, sleeps.policy(now: 1e9)).status == 200)
        #expect(sleeps.seconds == [0])
    }

    @Test(arguments: ["", "soon", "-5", "1.5", "Monday", "12:00"])
    func `A Retry-After that is none counts as absent`(value: String) async throws {
        let server = try LoopbackServer { $0.number == 1 ? .status(503, [("Retry-After", value)]) : .json("{}") }
        #expect(try await get(server).status == 200)
        #expect(sleeps.seconds == [0.25])
    }

    @Test(arguments: [(0.0, [0.25, 0.5, 1, 2, 4]), (1.0, [0.5, 1, 2, 4, 8])])
    func `Without Retry-After the back-off doubles, within its jitter, and ends after five retries`(
        random: Double, expected: [Double]
    ) async throws {
        let server = try LoopbackServer { _ in .status(503) }
        #expect(try await get(server, sleeps.policy(random: random)).status == 503)
        #expect(sleeps.seconds == expected)
        #expect(server.requests.count == 6)
    }

    @Test(arguments: ["301", "100000000000000000000000000"])
    func `A Retry-After beyond all patience is final`(value: String) async throws {
        let server = try LoopbackServer { _ in .status(429, [("Retry-After", value)]) }
        #expect(try await get(server).status == 429)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [400, 401, 403, 404, 408, 410, 422, 500, 502, 504])
    func `Any other status is final at once`(status: Int) async throws {
        let server = try LoopbackServer { _ in .status(status, [("Retry-After", "0")]) }
        #expect(try await get(server).status == status)
        #expect(server.requests.count == 1)
        #expect(sleeps.seconds.isEmpty)
    }

    @Test(arguments: [500, 502, 503, 504, 507, 599])
    func `Where errors of the server are retried, each has its Retry-After or the back-off, five times`(
        status: Int
    ) async throws {
        var policy = sleeps.policy()
        policy.retriesServerErrors = true
        let server = try LoopbackServer { $0.number == 1 ? .status(status, [("Retry-After", "9")]) : .status(status) }
        #expect(try await get(server, policy).status == status)
        #expect(sleeps.seconds == [9, 0.5, 1, 2, 4])
    }

    @Test(arguments: [200, 400, 401, 403, 404, 408, 499, 600])
    func `Where errors of the server are retried, others are still final`(status: Int) async throws {
        var policy = sleeps.policy()
        policy.retriesServerErrors = true
        policy.tooManyRequestsSeconds = 10
        let server = try LoopbackServer { _ in .status(status, [("Retry-After", "0")]) }
        #expect(try await get(server, policy).status == status)
        #expect(server.requests.count == 1 && sleeps.seconds.isEmpty)
    }

    @Test func `Too many requests may have a wait of their own, before which Retry-After goes`() async throws {
        var policy = sleeps.policy()
        policy.tooManyRequestsSeconds = 10
        let server = try LoopbackServer { request in
            switch request.number {
            case 1: .status(429)
            case 2: .status(429, [("Retry-After", "3")])
            case 3: .status(503)
            case 4: .status(429, [("Retry-After", "soon")])
            default: .json("{}")
            }
        }
        #expect(try await get(server, policy).status == 200)
        #expect(sleeps.seconds == [10, 3, 1, 10])
    }

    @Test func `A broken connection is tried again`() async throws {
        let server = try LoopbackServer { $0.number == 1 ? .steps([.reset]) : .json("{}") }
        #expect(try await get(server).status == 200)
        #expect(sleeps.seconds == [0.25])
    }

    @Test func `A connection that breaks every time is given up after two retries`() async throws {
        let server = try LoopbackServer { _ in .steps([.reset]) }
        await #expect { _ = try await get(server) } throws: { ($0 as? TransportError)?.code == .connectionLost }
        #expect(server.requests.count == 3)
    }

    @Test func `An upstream that is not there is not asked again, nor is one that is too slow`() async throws {
        let port = try LoopbackServer.unusedPort()
        await #expect {
            _ = try await transport.get(HTTPRequestSpec(url: "http://127.0.0.1:\(port)"), retries: sleeps.policy())
        } throws: {
            ($0 as? TransportError)?.code == .unreachable
        }
        let server = try LoopbackServer { _ in .steps([.pause(milliseconds: 3000), .close]) }
        await #expect { _ = try await get(server) } throws: { ($0 as? TransportError)?.code == .timedOut }
        #expect(server.requests.count == 1)
        #expect(sleeps.seconds.isEmpty)
    }

    @Test func `A task cancelled between two tries stops waiting`() async throws {
        let server = try LoopbackServer { _ in .status(503, [("Retry-After", "60")]) }
        let transport = transport
        let task = Task {
            try await transport.get(HTTPRequestSpec(url: server.url), retries: RetryPolicy())
        }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let result = await task.result
        #expect(throws: TransportError(.cancelled, "the request was cancelled")) { try result.get() }
    }

    @Test func `Each retry is told with its number, delay and reason`() async throws {
        let server = try LoopbackServer { $0.number < 3 ? .status(429) : .json("{}") }
        let told = Mutex<[String]>([])
        _ = try await transport.get(HTTPRequestSpec(url: server.url), retries: sleeps.policy()) { retry in
            told.withLock { $0.append("\(retry.number) \(retry.delaySeconds) \(retry.reason)") }
        }
        #expect(told.withLock { $0 } == ["1 0.25 status 429", "2 0.5 status 429"])
    }
}
