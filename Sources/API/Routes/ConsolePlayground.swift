import Console
import LedgerJSON
import LedgerValues
import Operations

extension API {
    /// The served rules of a projection, to be edited.
    func playground(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["name"])
        guard let name = asked["name"] else { throw Problem(.badParameter, "name: expected a projection") }
        do {
            let draft = try await ledger.draft(of: name)
            return PageAnswer(PlaygroundPage(context: try asked.context, draft: Self.shown(draft, draft.text)).html())
        } catch let error as VersionError {
            throw Problem(error)
        }
    }

    /// Tries a draft over the ledger, or gives it back as a file. Nothing is stored, so whoever may read may send it.
    func playgroundForm(_ request: APIRequest) async throws -> APIResponse {
        do {
            let form = try form(request, ["name", "text", "action"])
            try console.checkReader(request, form, access)
            guard let name = form["name"] else { throw Problem(.badBody, "name: expected a projection") }
            // Browsers send a text's lines with CR LF.
            guard let text = form["text"]?.replacing("\r\n", with: "\n") else { throw Problem(.badBody, "text: expected a rule file") }
            let draft: RulesDraft
            do {
                draft = try await ledger.draft(of: name)
            } catch let error as VersionError {
                throw Problem(error)
            }
            switch form["action"] {
            case "download": return Self.file(draft.fileName, text)
            case "try": break
            default: throw Problem(.badBody, "action: expected try or download")
            }
            let asked = try await ConsoleRequest(self, request, parameters: [])
            var context = try asked.context
            context.address = PlaygroundPage.address.with([("name", name)])
            let trial = await trial(of: draft, text)
            return PageAnswer(PlaygroundPage(context: context, draft: Self.shown(draft, text), trial: trial).html(), about: trial).response
        } catch {
            return problemPage(error, request)
        }
    }

    private func trial(of draft: RulesDraft, _ text: String) async -> Loaded {
        do {
            return .success(try JSONDocument(parsing: try await ledger.trial(of: draft, text: text).document))
        } catch let error as RulesTrialError {
            switch error {
            case .unusable, .tooLong: return .failure(pageProblem(Problem(.badBody, "\(error)")))
            case .notFolded: return .failure(pageProblem(Problem(.foldTooLarge, "\(error)")))
            }
        } catch let error as VersionError {
            return .failure(pageProblem(Problem(error)))
        } catch {
            return .failure(pageProblem(error))
        }
    }

    private static func shown(_ draft: RulesDraft, _ text: String) -> PlaygroundPage.Draft {
        PlaygroundPage.Draft(projection: draft.projection, base: draft.base, fileName: draft.fileName, text: text)
    }

    private static func file(_ name: String, _ text: String) -> APIResponse {
        APIResponse(
            status: 200,
            headers: [
                ("Content-Type", "application/yaml"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                ("Content-Disposition", "attachment; filename=\"\(name)\""),
            ], body: Array(text.utf8))
    }
}
