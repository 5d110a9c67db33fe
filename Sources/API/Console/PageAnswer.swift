import Console

/// A page with its status: that of the document that the page is about, so that what is unknown is a 404 and what is
/// badly asked a 400 for whoever does not read the text.
struct PageAnswer {
    let html: [UInt8]
    let problem: PageProblem?

    /// - Parameter main: what the page is about; what stands beside it leaves the status alone.
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
        return response
    }
}
