import Console
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

extension API {
    /// Leads to the page that a time bar's form was sent from, at the moment that the form asks for.
    ///
    /// The form has wall-clock times of the reader's zone. Addresses have positions and instants in UTC.
    func moment(_ request: APIRequest) throws -> APIResponse {
        do {
            let form = try MomentForm(
                request, ["page", "known", "after", "happened", "rules", "was_known", "was_after", "was_happened"], self)
            let page = try page(form["page"])
            let known = try form.knowledge(position: "after", instant: "known", was: "was_after", "was_known")
            let moment: [(String, String?)] = [
                ("as_of_position", known.position), ("as_of", known.instant),
                ("effective_at", try form.instant("happened", was: form["was_happened"])), ("rules", form["rules"]),
            ]
            return .redirect(to: page.with(moment.map { (name: $0.0, value: $0.1) }))
        } catch {
            return problemPage(error, request)
        }
    }

    /// The address of a page of the console. Throws for any other text, so that a form leads nowhere else.
    func page(_ text: String?, named name: String = "page") throws(Problem) -> Address {
        let parts = (text ?? "").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let text, let path = parts.first, localPath(text) == text, ConsoleGate.isPage(String(path)) else {
            throw Problem(.badParameter, "\(name): expected the address of a page of the console")
        }
        var address = Address(path.split(separator: "/").map { PercentEncoding.decode($0) ?? "" })
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let name = PercentEncoding.decode(sides[0]), let value = PercentEncoding.decode(sides[1]) else {
                throw Problem(.badParameter, "\(name): expected a percent-encoded address")
            }
            address.query.append((name, value))
        }
        return address
    }

    // MARK: Two moments

    /// The changes of a view between two moments, each after an event or at an instant. The form's wall-clock times lead
    /// to the address with instants in UTC.
    func changesPage(_ request: APIRequest) async throws -> APIResponse {
        do {
            let form = try MomentForm(request, ["view", "from", "from_at", "was_from", "to", "to_at", "was_to"], self)
            guard form.hasAny(of: ["from_at", "was_from", "to_at", "was_to"]) else {
                return try await page(request) { try await changes($0) }
            }
            let asked = [("view", form["view"]), ("from", try form.moment("from")), ("to", try form.moment("to"))]
            return .redirect(to: Address(["changes"]).with(asked.map { (name: $0.0, value: $0.1) }))
        } catch {
            return problemPage(error, request)
        }
    }

    private func changes(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["view", "from", "to"])
        guard let view = View.named(asked["view"] ?? "trades") else {
            throw Problem(.badParameter, "view: expected one of \(View.all.map(\.name).joined(separator: ", "))")
        }
        let head = asked.time.head ?? 0
        let to = try Self.moment(asked, "to") ?? "\(head)"
        let before = Int64(to).map { max(0, $0 - 1) } ?? max(0, head - 1)
        let from = try Self.moment(asked, "from") ?? "\(before)"
        var (left, right) = (RowReader(asked: asked, view: view, at: from), RowReader(asked: asked, view: view, at: to))
        let changes = await changes(view, &left, &right)
        let page = ChangesPage(
            context: try asked.context, view: view, from: ChangesPage.Moment(asked: from, shown: left.shown),
            to: ChangesPage.Moment(asked: to, shown: right.shown), changes: changes)
        return asked.answer(page.html(), about: changes)
    }

    /// A position or an instant, as text.
    private static func moment(_ asked: ConsoleRequest, _ name: String) throws(Problem) -> String? {
        guard let text = asked[name] else { return nil }
        if let position = Parameters.wholeNumber(text), position >= 0 { return text }
        guard let instant = Instant(text) else {
            throw Problem(.badParameter, "\(name): expected a position, 0 or more, or \(Instant.expected(insteadOf: text))")
        }
        return instant.description
    }

    /// Reads both lists in key order, one page of each at a time.
    private func changes(_ view: View, _ left: inout RowReader, _ right: inout RowReader) async -> Result<RowChanges, PageProblem> {
        let money = ledger.registry.firstDefinition(view.projection)?.columns.columns.compactMap { column in
            if case .money(let unit) = column.role { (field: column.name, unit: unit) } else { nil }
        }
        var changes = RowChanges(key: view.key, money: money ?? [])
        do {
            var (old, new) = (try await left.next(), try await right.next())
            while old != nil || new != nil {
                let next = changes.take(old: old, new: new)
                if next.old { old = try await left.next() }
                if next.new { new = try await right.next() }
            }
        } catch {
            return .failure(error)
        }
        changes.isPartial = left.isCutOff || right.isCutOff
        return .success(changes)
    }
}

/// The fields of a form that asks for moments: wall-clock times of the reader's zone beside positions, and what the form
/// showed before.
///
/// A picker shows seconds only. A field that was left as it was therefore stands for the exact value that it showed.
private struct MomentForm {
    private let fields: Parameters
    private let clock: WallClock

    init(_ request: APIRequest, _ names: [String], _ api: API) throws {
        fields = try Parameters(request.query, allowed: names)
        clock = try api.clock(API.preferences(of: request).zone)
    }

    /// A field's text. Nil for an empty one.
    subscript(_ name: String) -> String? { fields[name].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 } }

    func hasAny(of names: [String]) -> Bool { names.contains { fields[$0] != nil } }

    /// The instant of a picker.
    func instant(_ name: String, was old: String?) throws(Problem) -> String? {
        guard let text = self[name] else { return nil }
        guard let instant = clock.instant(picked: text) else {
            throw Problem(.badParameter, "\(name): expected a date and a time that the clock shows, such as 2026-01-31T16:00:00")
        }
        if let old, clock.picked(old) == clock.picked(instant.description) { return old }
        return instant.description
    }

    /// What the ledger is asked to know: after an event, at an instant, or both. If only one of the two was changed, it
    /// stands for both.
    func knowledge(
        position: String, instant: String, was oldPosition: String, _ oldInstant: String
    ) throws(Problem) -> (position: String?, instant: String?) {
        let (newPosition, newInstant) = (self[position], try self.instant(instant, was: self[oldInstant]))
        let isMoved = newPosition != nil && newPosition != self[oldPosition]
        let isReset = newInstant != nil && newInstant != self[oldInstant]
        if isMoved && !isReset { return (newPosition, nil) }
        if isReset && !isMoved { return (nil, newInstant) }
        return (newPosition, newInstant)
    }

    /// One of two moments: a position or an instant, whichever was changed.
    func moment(_ name: String) throws(Problem) -> String? {
        let old = self["was_\(name)"]
        let newInstant = try instant("\(name)_at", was: old)
        if let newInstant, newInstant != old { return newInstant }
        return self[name] ?? newInstant
    }
}
