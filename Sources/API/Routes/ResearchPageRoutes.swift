import Console
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension Route {
    /// The page of research.
    static let researchPages = [Route.page("/research") { api, request, _ in try await api.researchPage(request) }]
}

extension API {
    /// Scenarios of more open contracts than these are not on the page.
    private static let shownPositions = 6

    /// Research of an underlying, all documents at one moment.
    func researchPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["underlying"])
        async let allChains = recorded(.optionChains, "underlying", asked)
        async let allBars = recorded(.bars, "symbol", asked)
        let (chains, bars) = (await allChains, await allBars)
        let underlyings = Set(chains + bars).sorted { $0.isBytewiseLess(than: $1) }
        guard let underlying = asked["underlying"] ?? chains.first ?? bars.first else {
            let page = ResearchPage(
                context: try asked.context, underlyings: [], underlying: nil, parts: [], hiddenPositions: 0, positionsProblem: nil)
            return asked.answer(page.html(), about: Result<Void, PageProblem>.success(()))
        }
        var parts = [await asked.research("iv-surface", [("underlying", underlying)], pin: nil)]
        let pin = parts[0].document.root(Basis.init)?.shown
        // All stand at the moment of the first, and none waits for another.
        async let levels = asked.research("levels", [("symbol", underlying)], pin: pin)
        async let positions = openPositions(on: underlying, asked, pin)
        let exposure = await asked.research("exposure", [("underlying", underlying)], pin: pin)
        parts.append(exposure)
        parts += await flow(of: underlying, on: exposure.document.root { $0.root["market_date"]?.string }, asked, pin)
        parts.append(await levels)
        var problem: PageProblem?
        var hidden = 0
        switch await positions {
        case .failure(let error): problem = error
        case .success(let (shown, count)):
            hidden = count - shown.count
            parts += await withTaskGroup(of: (Int, ResearchPage.Part).self) { group in
                for (place, id) in shown.enumerated() {
                    group.addTask { (place, await asked.research("scenarios", [("position_id", id)], pin: pin)) }
                }
                return await group.reduce(into: [(Int, ResearchPage.Part)]()) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
        var references: [String: FigureReferences] = [:]
        for kind in ResearchPage.kinds {
            let sections = ResearchPage.sections(of: kind)
            references[kind] = figureReferences(
                sections, fallback: ReferenceDocument.address("contract/research", slug: sections.last?.slug))
        }
        let page = ResearchPage(
            context: try asked.context, underlyings: underlyings, underlying: underlying, parts: parts, hiddenPositions: hidden,
            positionsProblem: problem, references: references)
        return asked.answer(page.html(), about: parts[0].document)
    }

    /// The flow of a date by strike and by time, or over all dates if there is none.
    private func flow(
        of underlying: String, on date: String?, _ asked: ConsoleRequest, _ pin: TimeFrame.Shown?
    ) async -> [ResearchPage.Part] {
        let next = date.flatMap { CalendarDate($0)?.advanced(byDays: 1) }
        let dates = next.map { [("from", date ?? ""), ("to", $0.description)] } ?? []
        var parts: [ResearchPage.Part] = []
        for (group, name) in [("strike", "By strike"), ("bucket_15m", "By time")] {
            let part = await asked.research("flow", [("underlying", underlying), ("group", group)] + dates, name: name, pin: pin)
            // An interface without flow says so once.
            if case .failure(let problem) = part.document, problem.status == 404 {
                return [ResearchPage.Part(kind: part.kind, document: part.document, address: part.address)]
            }
            parts.append(part)
        }
        return parts
    }

    /// What a column of a view's rows names, ascending. A view that can't be read names nothing.
    private func recorded(_ view: View, _ column: String, _ asked: ConsoleRequest) async -> [String] {
        let totals = await document(
            ["api", "ledger", "totals"], [("view", view.name), ("by", column)] + asked.knownMoment(nil), isForPerson: true)
        let groups = totals.root { $0.root["groups"] }?.elements.map { $0 } ?? []
        return groups.compactMap { group in group["key"]?.elements.compactMap(\.string).first }
            .sorted { $0.isBytewiseLess(than: $1) }
    }

    /// The ids of the open contracts on an underlying that are shown, and the number of all: those that expire next come first, those
    /// that have expired last.
    private func openPositions(
        on underlying: String, _ asked: ConsoleRequest, _ pin: TimeFrame.Shown?
    ) async -> Result<(shown: [String], count: Int), PageProblem> {
        var found: [TextGroup] = []
        for state in [Lifecycle.State.openLong, .openShort] {
            do {
                let query = [("underlying", underlying), ("state", state.rawValue)] + asked.knownMoment(pin)
                var request = APIRequest(method: "GET", path: "\(View.lifecycles.path)", isFromLoopback: true)
                request.query = Address([], query.map { (name: $0.0, value: $0.1) }).text.split(separator: "?").last.map(String.init)
                // The ids alone: a position's row has all its matches.
                found += try await ViewReader(ledger).firstTexts(
                    of: "position_id", by: "expiry", limit: Self.shownPositions, .lifecycles, try Self.viewRequest(.lifecycles, request))
            } catch {
                return .failure(pageProblem(error))
            }
        }
        let today = String(pin?.asOf.prefix(10) ?? "")
        var ids = found.flatMap { group in group.texts.map { (expiry: group.name, id: $0) } }
        ids.sort { left, right in
            let (leftIsPast, rightIsPast) = (left.expiry < today, right.expiry < today)
            return leftIsPast == rightIsPast ? (left.expiry, left.id) < (right.expiry, right.id) : rightIsPast
        }
        return .success((ids.prefix(Self.shownPositions).map(\.id), found.reduce(0) { $0 + $1.rowCount }))
    }
}

extension ConsoleRequest {
    /// The page's moment without valid time, which documents of research don't have.
    fileprivate func knownMoment(_ pin: TimeFrame.Shown?) -> [(String, String)] {
        if let pin { return [("as_of_position", "\(pin.position)"), ("as_of", pin.asOf)] }
        return [("as_of_position", time.asOfPosition), ("as_of", time.asOf)].compactMap { name, value in value.map { (name, $0) } }
    }

    /// A document of research at the page's moment, or at that of another one.
    fileprivate func research(
        _ kind: String, _ own: [(String, String)], name: String = "", pin: TimeFrame.Shown?
    ) async -> ResearchPage.Part {
        let parameters = own + knownMoment(pin)
        let document = await api.document(["api", "research", kind], parameters)
        let shown = own + knownMoment(document.root(Basis.init)?.shown ?? pin)
        return ResearchPage.Part(
            kind: kind, name: name, document: document,
            address: Address(["api", "research", kind], shown.map { (name: $0.0, value: $0.1) }))
    }
}

extension Loaded {
    /// Something of the document. Nil if there is none.
    fileprivate func root<Value>(_ read: (JSONDocument) -> Value?) -> Value? { (try? get()).flatMap(read) }
}
