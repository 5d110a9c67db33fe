import Foundation
import LedgerJSON
import Synchronization

/// A browser under the DevTools protocol.
package final class Browser: Sendable {
    private struct State {
        var next: Int64 = 1
        var waiting: [Int64: CheckedContinuation<JSONValue, any Error>] = [:]
        var listeners: [String: @Sendable (String, JSONValue) -> Void] = [:]
        var isOver = false
    }

    /// What the browser refused, or could not do.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    private let process: BrowserProcess
    private let state = Mutex(State())

    private init(_ process: BrowserProcess) { self.process = process }

    package static func start() throws -> Browser {
        let browser = Browser(try BrowserProcess())
        Thread.detachNewThread {
            browser.process.receive { browser.take($0) }
            browser.end()
        }
        return browser
    }

    package func stop() { process.stop() }

    /// A page with cookies and storage of its own.
    package func newPage() async throws -> BrowserPage {
        let context = try await call("Target.createBrowserContext")["browserContextId"]?.string ?? ""
        let target =
            try await call(
                "Target.createTarget", [("url", .string("about:blank")), ("browserContextId", .string(context))])["targetId"]?.string ?? ""
        let session =
            try await call(
                "Target.attachToTarget", [("targetId", .string(target)), ("flatten", .bool(true))])["sessionId"]?.string ?? ""
        let page = BrowserPage(self, session: session, context: context)
        try await page.enable()
        return page
    }

    func listen(_ session: String, _ listener: @escaping @Sendable (String, JSONValue) -> Void) {
        state.withLock { $0.listeners[session] = listener }
    }

    func call(_ method: String, _ parameters: [(String, JSONNode)] = [], session: String? = nil) async throws -> JSONValue {
        try await withCheckedThrowingContinuation { continuation in
            let id = state.withLock { state -> Int64? in
                if state.isOver { return nil }
                defer { state.next += 1 }
                state.waiting[state.next] = continuation
                return state.next
            }
            guard let id else { return continuation.resume(throwing: Failure("the browser has ended")) }
            var members: [(String, JSONNode)] = [("id", .integer(id)), ("method", .string(method)), ("params", .object(parameters))]
            if let session { members.append(("sessionId", .string(session))) }
            process.send(JSONNode.object(members).httpBytes())
        }
    }

    private func take(_ message: [UInt8]) {
        guard let root = (try? JSONDocument(parsing: message, maximumDepth: 200))?.root else { return }
        if let id = root["id"]?.integer {
            let continuation = state.withLock { $0.waiting.removeValue(forKey: id) }
            if let error = root["error"] {
                continuation?.resume(throwing: Failure(error["message"]?.string ?? error.sourceText))
            } else if let result = root["result"] {
                continuation?.resume(returning: result)
            }
        } else if let session = root["sessionId"]?.string, let method = root["method"]?.string, let parameters = root["params"] {
            state.withLock { $0.listeners[session] }?(method, parameters)
        }
    }

    private func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(throwing: Failure("the browser has ended")) }
    }
}
