import Console
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension API {
    /// Leads to a page of a list by its number.
    ///
    /// The rows before it are walked at the position and the moment of the list that the form was on, so that the number means what
    /// it meant there, whatever was recorded since. The page's cursor then holds both.
    func jump(_ request: APIRequest) async throws -> APIResponse {
        do {
            let form = try Parameters(request.query, allowed: ["list", "position", "as_of", "page"])
            let list = try page(form["list"], named: "list")
            let view = try Self.listedView(list)
            guard let position = try form.integer("position", in: 0...Int64.max), let asOf = try form.instant("as_of") else {
                throw Problem(.badParameter, "position, as_of: expected those of the list")
            }
            guard let number = try form.integer("page", in: 1...Pager.lastPage) else {
                throw Problem(.badParameter, "page: expected a number, 1 to \(Pager.lastPage)")
            }
            var asking = request
            let parts = list.text.split(separator: "?", maxSplits: 1).map(String.init)
            (asking.path, asking.query) = (parts[0], parts.count > 1 ? parts[1] : nil)
            let asked = try await ConsoleRequest(self, asking, parameters: RowList.parameters(of: view), rules: .of(view))
            let pin = TimeFrame.Shown(position: position, asOf: "\(asOf)")
            guard let cursor = try await cursor(asked, view, after: (number - 1) * Pager.pageLength, pin) else {
                return .redirect(to: list.with([("cursor", nil), ("row", nil)]))
            }
            return .redirect(to: list.with([("cursor", cursor.text), ("row", "\(cursor.rows + 1)")]))
        } catch {
            return problemPage(error, request)
        }
    }

    /// The view whose rows a page lists.
    private static func listedView(_ list: Address) throws(Problem) -> View {
        if list.path == ["trades"] { return .trades }
        if list.path.count == 2, list.path[0] == "performance", let view = View.named(list.path[1]),
            View.performance.contains(where: { $0.name == view.name })
        {
            return view
        }
        throw Problem(.badParameter, "list: expected the address of a list of rows")
    }

    /// The cursor after a number of rows, and how many these are; nil for none. Throws if the list ends before.
    private func cursor(
        _ asked: ConsoleRequest, _ view: View, after count: Int64, _ pin: TimeFrame.Shown
    ) async throws -> (text: String, rows: Int64)? {
        var order: [(String, String)] = []
        if asked["sort"] == nil, let usual = RowList.order(of: view) { order = [("sort", usual)] }
        var found: (text: String, rows: Int64)?
        var done: Int64 = 0
        while done < count {
            let limit = min(count - done, Int64(ViewReader.maximumLimit))
            let extra = order + [("limit", "\(limit)")] + (found.map { [("cursor", $0.text)] } ?? [])
            let document = try await asked.view(view.segments, filters: view.offeredFilters + ["sort"], extra: extra, pin: pin).get()
            let rows = Int64(document.root["rows"]?.count ?? 0)
            guard let next = document.root["next_cursor"]?.string else { throw Problem(.badParameter, "page: the list has fewer pages") }
            done += rows
            found = (next, done)
        }
        return found
    }
}
