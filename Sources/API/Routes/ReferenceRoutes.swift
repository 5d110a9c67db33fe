import Console
import LedgerValues
import Operations
import Synchronization

extension API {
    /// The documents of the project that readers of figures need first.
    private static let firstDocuments = ["model.md", "research.md"]

    /// The paths of the documents below `docs`, in the order of the list.
    private func documentPaths() throws -> [String] {
        let paths = try ledger.resources.documents()
        let first = Self.firstDocuments.filter(paths.contains)
        let guides = paths.filter { !$0.contains("/") && !first.contains($0) }
        return first + guides + paths.filter { $0.contains("/") }
    }

    private func document(_ path: String) throws -> ReferenceDocument {
        ReferenceDocument(path: path, text: String(decoding: try ledger.resources.document(path), as: UTF8.self))
    }

    /// Where the names of figures lead to.
    ///
    /// - Parameter sections: those that speak of the figures, the first one first; what is not installed is left out
    func figureReferences(_ sections: [(document: String, slug: String)], fallback: Address) -> FigureReferences {
        FigureReferences(places: sections.compactMap { place($0.document, $0.slug) }, fallback: fallback)
    }

    private func place(_ document: String, _ slug: String) -> FigureReferences.Place? {
        let name = "\(document)#\(slug)"
        if let known = console.places.withLock({ $0[name] }) { return known }
        let place = known(document)?.place(slug)
        console.places.withLock { $0[name] = place }
        return place
    }

    private func known(_ name: String) -> ReferenceDocument? {
        if let known = console.documents.withLock({ $0[name] }) { return known }
        guard let document = try? document("\(name).md") else { return nil }
        console.documents.withLock { $0[name] = document }
        return document
    }

    func referenceIndex(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["q"])
        let documents = try documentPaths().map { try document($0) }
        return PageAnswer(ReferenceIndexPage(context: try asked.context, documents: documents).html())
    }

    /// - Parameter folder: the folder below `docs`; nil for `docs` itself
    func referencePage(_ request: APIRequest, _ name: String, of folder: String?) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: [])
        let paths = try documentPaths()
        let path = (folder.map { "\($0)/" } ?? "") + "\(name).md"
        // Only what is listed is read, whatever a name says.
        guard paths.contains(where: { $0.isBytewiseEqual(to: path) }) else {
            throw Problem(.notFound, "there is no such document; /reference lists them")
        }
        let known = Set(paths.map { String($0.dropLast(3)) })
        return PageAnswer(ReferencePage(context: try asked.context, document: try document(path), known: known).html())
    }
}
