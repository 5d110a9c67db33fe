/// Where the figures of an analysis's document lead to: each to the page that explains it.
struct ExplainedDocument {
    /// The analysis's name.
    let analysis: String
    /// What was asked of it, and the moment.
    let parameters: [(name: String, value: String)]

    /// - Parameter path: where the figure stands in the document
    func address(_ path: [String]) -> Address {
        Address(["explain", analysis], parameters + [("field", path.joined(separator: "."))])
    }
}
