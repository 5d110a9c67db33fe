import Console

/// A page with its status, which is that of its main document. Clients that do not read the text can therefore tell an
/// unknown subject (404) from a bad request (400).
struct PageAnswer {
    let html: [UInt8]
    let problem: PageProblem?
    /// What the browser is to remember.
    var cookies: [(name: String, value: String)] = []

    /// - Parameter main: the main document of the page. Other documents do not affect the status.
    init<Value>(_ html: [UInt8], about main: Result<Value, PageProblem>) {
        self.html = html
        problem = if case .failure(let problem) = main { problem } else { nil }
    }

    init(_ html: [UInt8]) {
        self.html = html
        problem = nil
    }

    var response: APIResponse {
        var response = APIResponse.page(html, status: problem?.status ?? 200)
        response.problem = problem.flatMap { Problem.Code(rawValue: $0.code) }
        response.headers += cookies
        return response
    }
}
