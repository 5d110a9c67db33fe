import Curl
import Synchronization

/// Sends questions again that the vendor could not answer now: reading twice has no effect.
package final class Patience: Sendable {
    private static let maximumRetries = 4
    private struct State {
        var calls = 0
        var lastStatus: Int?
    }

    private let once: AlpacaClient.Send
    private let sleep: @Sendable (_ seconds: Double) async throws -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - send: sends a request once.
    ///   - sleep: waits before a request is sent again; throws if the task is cancelled.
    package init(send: @escaping AlpacaClient.Send, sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void) {
        once = send
        self.sleep = sleep
    }

    /// A client whose questions are sent again.
    package func client(_ settings: AlpacaSettings) -> AlpacaClient {
        AlpacaClient(settings) { (request) async throws(TransportError) in try await self.send(request) }
    }

    var calls: Int { state.withLock { $0.calls } }

    /// The status of the last answer; nil if the last request had none.
    package var lastStatus: Int? { state.withLock { $0.lastStatus } }

    private func send(_ request: HTTPRequestSpec) async throws(TransportError) -> HTTPResponse {
        var retries = 0
        while true {
            state.withLock {
                $0.calls += 1
                $0.lastStatus = nil
            }
            var wait = Double(1 << retries)
            do throws(TransportError) {
                let response = try await once(request)
                state.withLock { $0.lastStatus = response.status }
                switch response.status {
                case 429: wait = AlpacaClient.resetSeconds(response)
                case 500...599: break
                default: return response
                }
                if retries == Self.maximumRetries { return response }
            } catch {
                guard error.code == .connectionLost, retries < Self.maximumRetries else { throw error }
            }
            retries += 1
            do { try await sleep(wait) } catch { throw TransportError(.cancelled, "the request was cancelled") }
        }
    }
}
