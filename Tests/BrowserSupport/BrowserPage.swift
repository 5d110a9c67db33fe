import Foundation
package import LedgerJSON
import Synchronization

/// A page of a browser: real clicks and keys, and what a reader would find.
package final class BrowserPage: Sendable {
    private struct State {
        var problems: [String] = []
        /// Path → what the service's answer is turned into.
        var tampering: [String: @Sendable (String) -> String] = [:]
        var runsScripts = true
        var clicks = 0
    }

    private let browser: Browser
    private let session: String
    private let context: String
    private let state = Mutex(State())
    /// How long something that must come may take.
    private static let patience: Duration = .seconds(90)

    init(_ browser: Browser, session: String, context: String) {
        self.browser = browser
        self.session = session
        self.context = context
    }

    func enable() async throws {
        browser.listen(session) { [weak self] method, parameters in self?.take(method, parameters) }
        for domain in ["Page", "Runtime", "Log", "Network"] { try await call("\(domain).enable") }
        try await view(width: 1440, height: 900)
    }

    package func close() async { _ = try? await browser.call("Target.disposeBrowserContext", [("browserContextId", .string(context))]) }

    @discardableResult
    private func call(_ method: String, _ parameters: [(String, JSONNode)] = []) async throws -> JSONValue {
        try await browser.call(method, parameters, session: session)
    }

    // MARK: What went wrong

    private func take(_ method: String, _ parameters: JSONValue) {
        switch method {
        case "Runtime.exceptionThrown":
            note("exception: \(parameters["exceptionDetails"]?["exception"]?["description"]?.string ?? parameters.sourceText)")
        case "Runtime.consoleAPICalled" where ["error", "warning", "assert"].contains(parameters["type"]?.string):
            note("console: \(parameters["args"]?.sourceText ?? "")")
        case "Log.entryAdded" where ["error", "warning"].contains(parameters["entry"]?["level"]?.string):
            note("log: \(parameters["entry"]?["text"]?.string ?? "") \(parameters["entry"]?["url"]?.string ?? "")")
        case "Fetch.requestPaused": Task { await self.tamper(parameters) }
        default: break
        }
    }

    private func note(_ problem: String) { state.withLock { $0.problems.append(problem) } }

    /// Errors and warnings of the console since the last call.
    package func takeProblems() -> [String] {
        state.withLock { state in
            defer { state.problems = [] }
            return state.problems
        }
    }

    /// How often the reader has clicked since the last call, each way through the pages by `g` and a letter counted as one.
    package func takeClicks() -> Int {
        state.withLock { state in
            defer { state.clicks = 0 }
            return state.clicks
        }
    }

    /// Goes to a section of the console as its keys do: `g` and the section's letter.
    package func goto(_ letter: String) async throws {
        state.withLock { $0.clicks += 1 }
        try await leave {
            try await press("g")
            try await press(letter)
        }
    }

    /// Turns the service's answers to a path into others before the page's scripts see them.
    package func tamper(with path: String, _ change: @escaping @Sendable (String) -> String) async throws {
        state.withLock { $0.tampering[path] = change }
        try await call(
            "Fetch.enable",
            [("patterns", .array([.object([("urlPattern", .string("*\(path)*")), ("requestStage", .string("Response"))])]))])
    }

    package func stopTampering() async throws {
        state.withLock { $0.tampering = [:] }
        try await call("Fetch.disable")
    }

    private func tamper(_ parameters: JSONValue) async {
        guard let id = parameters["requestId"]?.string, let url = parameters["request"]?["url"]?.string else { return }
        let change = state.withLock { state in state.tampering.first { url.contains($0.key) }?.value }
        guard let change, let body = try? await call("Fetch.getResponseBody", [("requestId", .string(id))]),
            let text = body["body"]?.string,
            let original = body["base64Encoded"]?.bool == true ? Data(base64Encoded: text) : Data(text.utf8)
        else {
            _ = try? await call("Fetch.continueRequest", [("requestId", .string(id))])
            return
        }
        let changed = Data(change(String(decoding: original, as: UTF8.self)).utf8).base64EncodedString()
        _ = try? await call(
            "Fetch.fulfillRequest",
            [
                ("requestId", .string(id)), ("responseCode", .integer(200)),
                ("responseHeaders", .array([.object([("name", .string("Content-Type")), ("value", .string("application/json"))])])),
                ("body", .string(changed)),
            ])
    }

    // MARK: Looking

    package func view(width: Int, height: Int, isDark: Bool = false, isPhone: Bool = false) async throws {
        try await call(
            "Emulation.setDeviceMetricsOverride",
            [
                ("width", .integer(Int64(width))), ("height", .integer(Int64(height))), ("deviceScaleFactor", .integer(1)),
                ("mobile", .bool(isPhone)),
            ])
        try await call(
            "Emulation.setEmulatedMedia",
            [
                (
                    "features",
                    .array([.object([("name", .string("prefers-color-scheme")), ("value", .string(isDark ? "dark" : "light"))])])
                )
            ])
    }

    /// Switches the scripts of later documents off or on. What a test evaluates still runs, but no callback of it.
    package func runScripts(_ areOn: Bool) async throws {
        state.withLock { $0.runsScripts = areOn }
        try await call("Emulation.setScriptExecutionDisabled", [("value", .bool(!areOn))])
    }

    /// What an expression of the page's language gives, as JSON. A promise is awaited.
    package func evaluate(_ expression: String) async throws -> JSONValue {
        let answer = try await call(
            "Runtime.evaluate",
            [("expression", .string(expression)), ("awaitPromise", .bool(true)), ("returnByValue", .bool(true))])
        if let problem = answer["exceptionDetails"] {
            throw Browser.Failure("\(expression): \(problem["exception"]?["description"]?.string ?? problem.sourceText)")
        }
        guard let value = answer["result"]?["value"] else { return try JSONDocument(parsing: Array("null".utf8)).root }
        return value
    }

    package func text(_ selector: String) async throws -> String {
        try await evaluate("document.querySelector(\(Self.literal(selector)))?.innerText ?? ''").string ?? ""
    }

    package func texts(_ selector: String) async throws -> [String] {
        try await evaluate("[...document.querySelectorAll(\(Self.literal(selector)))].map(e => e.innerText)").elements.compactMap(\.string)
    }

    package func count(_ selector: String) async throws -> Int {
        Int(try await evaluate("document.querySelectorAll(\(Self.literal(selector))).length").integer ?? 0)
    }

    /// The page's path and query.
    package func location() async throws -> String { try await evaluate("location.pathname + location.search").string ?? "" }

    /// Writes what is shown as WebP. Of a page of text it is a quarter of a PNG's size.
    package func screenshot(_ path: String) async throws {
        let answer = try await call("Page.captureScreenshot", [("format", .string("webp")), ("quality", .integer(30))])
        guard let data = answer["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else { throw Browser.Failure("no screenshot") }
        try data.write(to: URL(fileURLWithPath: path))
    }

    // MARK: Doing

    /// Goes to an address and waits until it is there.
    package func go(_ address: String) async throws {
        let answer = try await call("Page.navigate", [("url", .string(address))])
        if let problem = answer["errorText"]?.string { throw Browser.Failure("\(address): \(problem)") }
        try await settle()
    }

    /// Waits until the document and its scripts are there.
    package func settle() async throws { try await wait(for: "document.readyState === 'complete' && location.href !== 'about:blank'") }

    /// Waits until an expression holds, across navigations.
    package func wait(for expression: String) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            // A page that is just being left can't be asked.
            if let value = try? await evaluate(expression), value.bool == true { return }
            if ContinuousClock.now > deadline { throw Browser.Failure("never came: \(expression)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Presses the left button in the middle of an element, as a person would, after scrolling to it.
    package func click(_ selector: String) async throws {
        try await wait(for: "document.querySelector(\(Self.literal(selector))) !== null")
        // The browser drops what is clicked before it has painted the page.
        if state.withLock({ $0.runsScripts }) {
            _ = try await evaluate(
                "Promise.race([new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))), new Promise((done) => setTimeout(done, 2000))]).then(() => true)"
            )
        } else {
            try await Task.sleep(for: .milliseconds(500))
        }
        let place = try await evaluate(
            """
            (() => { const e = document.querySelector(\(Self.literal(selector))); e.scrollIntoView({block: 'center', inline: 'center'});
            const r = e.getBoundingClientRect(); const x = r.x + r.width / 2, y = r.y + r.height / 2;
            const top = document.elementFromPoint(x, y);
            return {x: Math.round(x), y: Math.round(y), hits: top !== null && (e.contains(top) || top.contains(e))}; })()
            """)
        guard place["hits"]?.bool == true, let x = place["x"]?.integer, let y = place["y"]?.integer else {
            throw Browser.Failure("\(selector) can't be clicked: something covers it, or it is not shown")
        }
        state.withLock { $0.clicks += 1 }
        for type in ["mousePressed", "mouseReleased"] {
            try await call(
                "Input.dispatchMouseEvent",
                [
                    ("type", .string(type)), ("x", .integer(x)), ("y", .integer(y)), ("button", .string("left")),
                    ("clickCount", .integer(1)),
                ])
        }
    }

    /// Clicks something that leads to another document, and waits for that.
    package func follow(_ selector: String) async throws {
        try await leave { try await click(selector) }
    }

    /// Opens the menu of the header that has a link, and follows the link.
    package func followInMenu(_ link: String) async throws {
        try await click(".top nav .menu:has(\(link)) > summary")
        try await follow(".top nav \(link)")
    }

    /// Does something that leads to another document, and waits for that.
    package func leave(_ action: () async throws -> Void) async throws {
        _ = try await evaluate("document.documentElement.dataset.left = 'not yet'; true")
        try await action()
        try await wait(for: "document.documentElement.dataset.left === undefined && document.readyState === 'complete'")
    }

    /// Types text where the focus is.
    package func type(_ text: String) async throws { try await call("Input.insertText", [("text", .string(text))]) }

    /// Presses Tab until an element has the focus, as somebody without a mouse would.
    package func tab(to selector: String, atMost limit: Int = 400) async throws {
        for _ in 0..<limit {
            try await press("Tab")
            if try await evaluate("document.activeElement.matches(\(Self.literal(selector)))").bool == true { return }
        }
        throw Browser.Failure("\(selector) is not reached by \(limit) presses of Tab")
    }

    /// Presses a key: a character, or a name such as `Enter`, `Tab`, `ArrowLeft`.
    package func press(_ key: String) async throws {
        var members: [(String, JSONNode)] = [("key", .string(key))]
        if let code = Self.codes[key] {
            members += [("windowsVirtualKeyCode", .integer(code)), ("code", .string(key))]
            if key == "Enter" { members.append(("text", .string("\r"))) }
            if key == " " { members.append(("text", .string(" "))) }
        } else {
            members.append(("text", .string(key)))
        }
        try await call("Input.dispatchKeyEvent", [("type", .string("keyDown"))] + members)
        try await call("Input.dispatchKeyEvent", [("type", .string("keyUp"))] + members.filter { $0.0 != "text" })
    }

    private static let codes: [String: Int64] = [
        "Enter": 13, "Tab": 9, "Home": 36, "End": 35, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27,
        "PageUp": 33, "PageDown": 34, " ": 32,
    ]

    /// A text as a string of the page's language.
    package static func literal(_ text: String) -> String { String(decoding: JSONNode.string(text).httpBytes(), as: UTF8.self) }
}
