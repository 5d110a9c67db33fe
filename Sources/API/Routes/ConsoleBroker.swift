import Console
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension API {
    /// The most dispatches of a mode among which open orders are looked for, the latest first.
    private static let openOrdersLimit = 200

    /// Orders through a broker: intents, open orders, positions, and a decision on what nobody intended.
    func brokerPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(
            self, request, parameters: RowList.parameters(of: .dispatches) + BrokerPage.whatIfParameters, rules: .of(.dispatches))
        let dispatches = try await rowList(asked, .dispatches)
        let pin = (try? dispatches.list.get()).flatMap { Basis($0)?.shown }
        var open: [Loaded] = []
        for mode in [ExecutionMode.unresolved, .alpacaPaper, .alpacaLive, .sampleBroker] {
            let extra = [("state", mode.rawValue), ("sort", "-created_at"), ("limit", "\(Self.openOrdersLimit)")]
            open.append(await asked.view(View.dispatches.segments, filters: [], extra: extra, pin: pin, isUnderRules: false))
        }
        let positions = await asked.view(
            View.brokerPositions.segments, filters: [], extra: [("limit", "1000")], pin: pin, isUnderRules: false)
        let page = BrokerPage(
            context: try asked.context, dispatches: dispatches, open: open, positions: positions,
            accounts: await document(["api", "broker", "account"]), whatIf: await whatIf(asked), source: brokerSource)
        return asked.answer(page.html(), about: dispatches.list)
    }

    /// One intent, at the page's moment and under its rules, and under each version that has rows.
    func orderPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["id", "source"], rules: .of(.dispatches))
        guard let id = asked["id"] else { throw Problem(.badParameter, "id: expected an intent's id") }
        let source = try asked["source"].map { try Self.brokerSource($0, .badParameter) } ?? brokerSource
        let row = [("view", View.dispatches.name), ("key", KeyText.of([source.rawValue, id]))]
        func explained(_ moment: [(name: String, value: String)]) async -> Loaded {
            await document(["api", "ledger", "explain"], row + moment.map { ($0.name, $0.value) }, isForPerson: true)
        }
        let shown = await explained(asked.time.parameters + asked.time.rulesParameter)
        var story: Loaded?
        var byVersion: [(version: String, row: Loaded)] = []
        if let pin = (try? shown.get()).flatMap({ Basis($0)?.shown }) {
            story = await document(
                ["api", "broker", "intents", id], [("source", source.rawValue), ("as_of_position", "\(pin.position)")])
            let known = await versions(of: .dispatches)
            for version in known where known.count > 1 {
                byVersion.append(
                    (version, await explained([("as_of_position", "\(pin.position)"), ("as_of", pin.asOf), ("rules", version)])))
            }
        }
        let page = OrderPage(
            context: try asked.context, source: source.rawValue, intentID: id, row: shown, story: story, versions: byVersion)
        return asked.answer(page.html(), about: shown)
    }

    /// The answer to the page's own question, or to what this session asked the broker last.
    private func whatIf(_ asked: ConsoleRequest) async -> Loaded? {
        guard let ticker = asked["if_ticker"] else { return console.session(of: asked.request)?.whatIf }
        let names = [("instrument_type", "if_type"), ("strategy", "if_strategy"), ("source", "if_source")]
        let given = names.compactMap { name, parameter in asked[parameter].map { (name, $0) } }
        return await document(["api", "broker", "what-if"], [("ticker", ticker)] + given)
    }

    /// Halts, resumes, cancels, or asks the broker for a decision, for a session that may trade.
    func brokerForm(_ request: APIRequest, _ action: String) async throws -> APIResponse {
        do {
            let form = try form(request, ["source", "why", "intent_id", "ticker", "type", "strategy"])
            let token = try console.trader(request, form)
            let source = try Self.brokerSource(form["source"], .badBody)
            if action == "what-if" {
                let answer = await liveWhatIf(form, source)
                console.sessions.update(token) { $0.whatIf = answer }
                return .redirect(to: Address(["broker"], fragment: "what-if"))
            }
            let who = console.sessions.session(token)?.actor ?? "trade key"
            let notice: Notice
            do {
                notice = Notice(.done, try await act(action, form, BrokerDesk(ledger, source: source), who))
            } catch let error as BrokerError {
                notice = Notice(.refused, "\(action): \(ledger.redact("\(error)"))")
            }
            console.sessions.update(token) { $0.notice = notice }
            return .redirect(to: Address(["broker"]))
        } catch {
            return problemPage(error, request)
        }
    }

    private func act(_ action: String, _ form: Parameters, _ desk: BrokerDesk, _ who: String) async throws -> String {
        let (source, why) = (desk.source.rawValue, form["why"] ?? "")
        switch action {
        case "halt":
            return try await desk.halt(requestedBy: who, why: why) ? "\(source) is halted: no order leaves" : "\(source) is halted already"
        case "resume":
            return try await desk.resume(requestedBy: who, why: why) ? "\(source): orders may leave again" : "\(source) is not halted"
        case "cancel":
            let id = form["intent_id"] ?? ""
            let recorded = try await desk.cancel(id, requestedBy: who, why: why)
            return recorded == "IntentCancelled" ? "\(id) is cancelled" : "the broker is asked to cancel the order of \(id)"
        default: throw Problem(.notFound, "there is nothing at this path")
        }
    }

    private func liveWhatIf(_ form: Parameters, _ source: BrokerSource) async -> Loaded {
        let members = [("ticker", form["ticker"]), ("instrument_type", form["type"]), ("strategy", form["strategy"])]
            .compactMap { name, value in value.map { (name, JSONNode.string($0)) } }
        let body = JSONNode.object(members + [("source", .string(source.rawValue))])
        return await document(["api", "broker", "what-if"], method: "POST", body: body.httpBytes())
    }
}
